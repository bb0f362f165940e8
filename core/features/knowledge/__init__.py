"""Files and links that people send, and the knowledge sources made from them."""

"""The conversation: nouns, verbs and the ports they need from the world."""

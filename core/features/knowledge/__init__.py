"""Files and links that people send, and the knowledge sources made from them."""

from core.dialogue.feature import Feature

FEATURE = Feature(name="knowledge")

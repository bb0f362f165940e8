"""Voice notes in both directions."""

from core.dialogue.feature import Feature

FEATURE = Feature(name="voice")

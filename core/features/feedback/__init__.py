"""Ratings of answers."""

from core.dialogue.feature import Feature

FEATURE = Feature(name="feedback")

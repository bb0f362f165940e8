"""The separate meanings of a word, in a form that can be compared."""

import re
import unicodedata

_APART = re.compile(r"[,;/()“”\"…]| or | and ")
_LEADING = re.compile(r"^(?:to be|to|a|an|the|be|el|la|los|las|un|una|con|cái)\s+")


def key(text: str) -> str:
    """Words in comparable form: compatibility letters and case folded, spaces and outer punctuation gone."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split()).strip(" .,;:!?¿¡“”\"'()«»…")


def meanings(text: str) -> frozenset[str]:
    """What a gloss lists ("to eat, drink; food" → eat, drink, food)."""
    parts = (_LEADING.sub("", key(part)) for part in _APART.split(text))
    return frozenset(part for part in parts if part)

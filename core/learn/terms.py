"""The separate meanings of a word, in a form that can be compared."""

import re
import unicodedata

from core.learn.course import Word

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


def terms(word: Word) -> frozenset[str]:
    """Every meaning that the entry gives anywhere, in all its senses and languages."""
    texts = (*word.gloss.values(), *(sense.means for sense in word.senses))
    return frozenset().union(*(meanings(text) for text in texts))


def alike(one: Word, other: Word) -> bool:
    """Whether one could stand for the other: the same word, a synonym, or a meaning in common."""
    if one.word == other.word or other.word in (*one.also, one.same) or one.word in (*other.also, other.same):
        return True
    return (one.same is not None and one.same == other.same) or bool(terms(one) & terms(other))

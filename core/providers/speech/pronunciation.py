"""How answers sound to an English acoustic model, letter by letter where no dictionary knows them."""

import itertools
import unicodedata
from collections.abc import Callable, Iterable

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_LETTERS = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY", "h": "EY CH",
}  # fmt: skip

# Toki Pona's fourteen letters, then what other Latin spellings add. Vowels have the two nearest English sounds; a stop that begins a
# word has its voiced twin too, because outside English it is said without the puff of air that tells them apart there.
_SOUNDS: dict[str, tuple[str, ...]] = {
    "a": ("AA", "AH"), "e": ("EH", "EY"), "i": ("IY",), "o": ("OW", "AO"), "u": ("UW",), "j": ("Y",), "k": ("K",), "l": ("L",),
    "m": ("M",), "n": ("N",), "p": ("P",), "s": ("S",), "t": ("T",), "w": ("W",),
    "b": ("B",), "c": ("K",), "d": ("D",), "f": ("F",), "g": ("G",), "h": ("HH",), "q": ("K",), "r": ("R",), "v": ("V",),
    "x": ("K S",), "y": ("Y",), "z": ("Z",), "ch": ("CH",), "sh": ("SH",), "th": ("TH",), "ph": ("F",), "ng": ("NG",), "ll": ("Y",),
    "nh": ("N Y",), "qu": ("K",), "ñ": ("N Y",), "đ": ("D",),
}  # fmt: skip
_VOICED = {"p": "B", "t": "D", "k": "G", "c": "G"}
_MOST = 24

Lookup = Callable[[str], Iterable[str]]


def words(answer: str) -> tuple[str, ...]:
    """The words of an answer in lower case, digits as English words, without punctuation."""
    kept = "".join(c if c.isalnum() or c in "'’" or unicodedata.combining(c) else " " for c in answer.lower())
    return tuple(
        _DIGITS[int(word)] if word.isdecimal() and len(word) < 3 and int(word) < len(_DIGITS) else word
        for word in kept.split()
    )


def is_letter(said: tuple[str, ...]) -> bool:
    """Whether this is nothing but the name of a letter."""
    return len(said) == 1 and said[0] in _LETTERS


def sounds(word: str, lookup: Lookup, *, letter: bool = False) -> tuple[str, ...]:
    """Every way a word may be said, as ARPABET phones; empty when its script cannot be read.

    `lookup` gives a dictionary's pronunciations; `letter` means the name of a single letter instead.
    """
    if letter:
        return (_LETTERS[word],) if word in _LETTERS else ()
    found = [*lookup(word), *_spelled(word)]
    return tuple(dict.fromkeys(found))[:_MOST]


def _spelled(word: str) -> tuple[str, ...]:
    pieces: list[tuple[str, ...]] = []
    rest = _plain(word)
    while rest:
        piece = rest[:2] if rest[:2] in _SOUNDS else rest[:1]
        options = _SOUNDS.get(piece)
        if options is None:
            return ()
        pieces.append((*options, _VOICED[piece]) if not pieces and piece in _VOICED else options)
        rest = rest[len(piece) :]
    return tuple(" ".join(way) for way in itertools.islice(itertools.product(*pieces), _MOST)) if pieces else ()


def _plain(word: str) -> str:
    """Without tone and accent marks, but with ñ and đ, which are letters of their own."""
    kept = (
        c if c in "ñđ" else unicodedata.normalize("NFD", c)[0]
        for c in unicodedata.normalize("NFC", word)
        if c not in "'’"
    )
    return "".join(kept)

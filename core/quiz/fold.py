"""Bringing words that mean the same answer to the same form."""

import unicodedata

ARTICLES = {
    "en": frozenset({"a", "an", "the", "to"}),
    "es": frozenset({"el", "la", "los", "las", "un", "una", "unos", "unas"}),
    "fr": frozenset({"le", "la", "les", "un", "une", "des"}),
    "de": frozenset({"der", "die", "das", "ein", "eine"}),
    "vi": frozenset({"con", "cái", "một"}),
}
TONAL = frozenset({"vi", "zh", "th", "yo"})
UNSPACED = frozenset({"zh", "ja", "th"})
_APOSTROPHES = "'’ʼ‘`´"
_SELECTORS = dict.fromkeys((*range(0xFE00, 0xFE10), 0x20E3))
_SQUARED = {0x1F170: "a", 0x1F171: "b", 0x1F17E: "o", 0x1F17F: "p"}


def primary(language: str) -> str:
    """The language alone of a BCP 47 tag."""
    return language.lower().replace("_", "-").split("-")[0]


def fold(text: str, language: str = "") -> str:
    """Words in lower case, one space between them, without punctuation, emoji dress and a leading article of `language`."""
    words = _letters(text).split()
    if len(words) > 1 and words[0] in ARTICLES.get(primary(language), frozenset()):
        words = words[1:]
    return ("" if primary(language) in UNSPACED else " ").join(words)


def loose(text: str) -> str:
    """`fold` without a leading article of any language, for words that are matched against a few known ones."""
    words = fold(text).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] in frozenset().union(*ARTICLES.values()) else words)


def bare(folded: str) -> str:
    """The same without accents and tone marks."""
    apart = unicodedata.normalize("NFD", folded.replace("đ", "d"))
    return unicodedata.normalize("NFC", "".join(c for c in apart if unicodedata.category(c) != "Mn"))


def near(one: str, other: str) -> bool:
    """Whether one letter added, lost, changed or swapped with its neighbour turns one word into the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    start = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    swapped = short[start : start + 2] == long[start : start + 2][::-1] and short[start + 2 :] == long[start + 2 :]
    return swapped or short[start + 1 :] == long[start + 1 :]


def slipped(given: str, wanted: str) -> bool:
    """Whether folded words differ from the wanted ones only by small typing slips.

    A slip is one letter in a word of at least five; digits and characters that are words of their own never slip.
    """
    mine, theirs = given.split(), wanted.split()
    if len(mine) != len(theirs) or mine == theirs:
        return False
    return all(a == b or _slip(a, b) for a, b in zip(mine, theirs, strict=True))


def _slip(given: str, wanted: str) -> bool:
    spelled = len(wanted) >= 5 and all(_spells(c) for c in given + wanted)
    return spelled and bare(given) != bare(wanted) and near(bare(given), bare(wanted))


def _spells(character: str) -> bool:
    return unicodedata.category(character) in ("Ll", "Mn", "Mc") and ord(character) < 0x2E80


def _letters(text: str) -> str:
    dressed = text.translate(_SELECTORS).translate(_SQUARED)
    for mark in _APOSTROPHES:
        dressed = dressed.replace(mark, "")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", dressed).casefold())
    return "".join(_kept(character) for character in folded)


def _kept(character: str) -> str:
    match unicodedata.category(character)[0]:
        case "L" | "N" | "M":
            return character
        case "C" if unicodedata.category(character) == "Cf":
            return ""
        case _:
            return " "

"""The words of a text in any script, as they are counted and searched."""

import re
import unicodedata

_LONGEST = 64
# Scripts written without spaces: Thai and Lao, Myanmar, Khmer, Kana and Han.
_UNSPACED = (
    "\u0e01-\u0e4e\u0e81-\u0ede\u1000-\u103f\u1050-\u109d\u1780-\u17d3\u3005-\u3007\u3041-\u3096\u309d-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
# Signs inside words that Python does not count as letters: combining accents, vowel signs and points.
_SIGNS = "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0971-\u0df3\u0f71-\u0fbc"
_RUN = re.compile(rf"[{_UNSPACED}]+|(?:[^\W_{_UNSPACED}]|[{_SIGNS}])+")
_DENSE = re.compile(rf"[{_UNSPACED}]")


def words(text: str) -> list[str]:
    """The words in order, in lower case; where a script has no spaces, each two neighbouring characters are a word.

    Compatibility forms (full-width, ligatures) become the usual ones; a word's first 64 characters count.
    """
    found: list[str] = []
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if _DENSE.match(run):
            found += [run[place : place + 2] for place in range(max(1, len(run) - 1))]
        else:
            found.append(run[:_LONGEST])
    return found


def fold(word: str) -> str:
    """The word without accents and points: `canción` → `cancion`, `Mỹ` → `My`."""
    if word.isascii() or _DENSE.match(word):
        return word
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))
    return unicodedata.normalize("NFKC", bare) or word


def forms(word: str) -> set[str]:
    """Everything a word is found under: itself, without its accents, and each character of a pair."""
    return {word, *word} if _DENSE.match(word) else {word, fold(word)}


def clean(text: str) -> str:
    """The text without what a database cannot hold: NUL and halves of surrogate pairs."""
    return text.replace("\0", " ").encode("utf-8", "ignore").decode()

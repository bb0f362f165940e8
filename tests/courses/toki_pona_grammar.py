"""A small checker of Toki Pona sentences: it finds what is surely wrong, and does not prove the rest right."""

import re
from collections.abc import Iterator, Set
from itertools import pairwise

JOINTS = frozenset({"li", "e", "pi", "la", "en", "o", "anu"})
OPENERS = frozenset({"taso", "a", "kin", "n"})
_SYLLABLES = re.compile(r"[ptksmnljw]?[aeiou]n?(?:[ptksmnljw][aeiou]n?)*")
_FORBIDDEN = re.compile(r"ji|wu|wo|ti|nn|nm")


def faults(text: str, known: Set[str]) -> list[str]:
    """Everything wrong in a text of one or more sentences."""
    found: list[str] = []
    for clause in re.split(r"[.,:;!?]+", text):
        words = clause.split()
        found += [f"{fault} in “{clause.strip()}”" for fault in _clause(words, known)]
    return found


def _clause(words: list[str], known: Set[str]) -> Iterator[str]:
    yield from _spelling(words, known)
    while len(words) > 1 and words[0] in OPENERS:
        words = words[1:]
    if not words:
        return
    if words[0] in JOINTS - {"o", "anu"} or words[-1] in JOINTS - {"o"}:
        yield "a joint at the edge"
    parts: list[list[str]] = [[]]
    for word in words:
        if word == "la":
            parts.append([])
        else:
            parts[-1].append(word)
    for part in parts:
        yield from _part(part)


def _spelling(words: list[str], known: Set[str]) -> Iterator[str]:
    for place, word in enumerate(words):
        if word in known:
            continue
        if not word[:1].isupper():
            yield f"unknown word {word}"
            continue
        small = word.lower()
        if not _SYLLABLES.fullmatch(small) or _FORBIDDEN.search(small):
            yield f"{word} cannot be said"
        named = words[0] == "nimi" and words[place - 1] == "li"
        if place == 0 or (words[place - 1] in JOINTS and not named):
            yield f"the name {word} describes nothing"


def _part(words: list[str]) -> Iterator[str]:
    if not words:
        yield "nothing beside la"
        return
    for one, other in pairwise(words):
        if one in JOINTS - {"o"} and other in JOINTS and other != "o":
            yield f"{one} {other}"
        if one == "o" and other in JOINTS:
            yield f"o {other}"
    yield from _subject(words)
    yield from _object(words)
    yield from _groups(words)


def _subject(words: list[str]) -> Iterator[str]:
    verb = next((place for place, word in enumerate(words) if word in ("li", "o")), None)
    if verb is not None and words[verb] == "li" and words[:verb] in ([], ["mi"], ["sina"]):
        yield "li without a subject that takes it"
    joined = [place for place, word in enumerate(words) if word == "en"]
    if joined and (verb is None or joined[-1] > verb):
        yield "en outside the subject"


def _object(words: list[str]) -> Iterator[str]:
    if "e" not in words:
        return
    before = words[: words.index("e")]
    last = max((place for place, word in enumerate(before) if word in ("li", "o")), default=None)
    if last is None and (before[:1] not in (["mi"], ["sina"]) or len(before) < 2):
        yield "e without a verb"
    if last is not None and last + 1 == len(before):
        yield "e without a verb"


def _groups(words: list[str]) -> Iterator[str]:
    for place, word in enumerate(words):
        if word == "pi":
            rest = words[place + 1 :]
            length = next((at for at, one in enumerate(rest) if one in JOINTS), len(rest))
            if length < 2:
                yield "pi before fewer than two words"

"""Which terms stand in which passage how often, and the terms a query asks for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.rag.words import forms, words

_QUERY_TERMS = 64


@dataclass(frozen=True, slots=True)
class Posting:
    """A term of a document: in which passages (counted from 0) and how often in each."""

    term: str
    passages: tuple[int, ...]
    frequencies: tuple[int, ...]


Stems = Mapping[str, Sequence[str]]


def postings(passages: Sequence[Sequence[str]], stems: Stems, language: str) -> tuple[list[Posting], list[int]]:
    """The terms of a document, and how many words each passage counts. `passages` are lists of words.

    `stems` gives a word's stems, none for words too common to count; a missing word stands for itself. A term bears its
    language, so that a stem of one language is not taken for a word of another. A word with accents is kept
    with and without them: it is found when they are typed right, and when they are not typed at all.
    """
    lengths: list[int] = []
    found: dict[str, list[tuple[int, int]]] = {}
    for place, passage in enumerate(passages):
        stemmed = [stem for word in passage for stem in stems.get(word, (word,))]
        lengths.append(len(stemmed))
        for form, times in Counter(form for stem in stemmed for form in forms(stem)).items():
            found.setdefault(_term(language, form), []).append((place, times))
    listed = [Posting(term, *zip(*places, strict=True)) for term, places in found.items()]
    return listed, lengths


def asked(query: str) -> list[str]:
    """The words of a query, each once; of a very long query the first that differ."""
    return list(dict.fromkeys(words(query)))[:_QUERY_TERMS]


def terms(query: Iterable[str], stems: Mapping[str, Stems]) -> list[str]:
    """The terms that a query's words stand for in each language of `stems`."""
    return sorted(
        {
            _term(language, stem)
            for language, known in stems.items()
            for word in query
            for stem in known.get(word, (word,))
        }
    )


def _term(language: str, form: str) -> str:
    return f"{language}:{form}" if language else form

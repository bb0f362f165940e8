"""The loaded courses, and looking things up in them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from core.learn.course import Course, Section, Unit, Word
from core.learn.entry import entry_text
from core.learn.terms import key, meanings
from core.ports.knowledge import IndexableDocument, Passage

_GUESSED = 4
_SHORT = 3
"""Letters; words of other languages that are no longer (a, on, pan) look like a course's by chance."""
_QUESTION = 2000
"""What is read of a question about grammar, in characters."""
_LONGEST = 200
"""Characters; what is longer is no word, and every meaning listed in it would be looked for everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupResult:
    """Entries that answer a look-up, best first. `how` says by what they were found; `close` that it was spelled otherwise."""

    course: Course
    words: tuple[Word, ...]
    how: str
    close: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GrammarNote:
    """A section of a unit's grammar note."""

    course: Course
    unit: Unit
    section: Section


class Catalogue:
    """Courses by code, their dictionaries and their grammar."""

    def __init__(self, courses: Iterable[Course]) -> None:
        self.courses = tuple(courses)

    def course(self, name: str) -> Course | None:
        """The course with this code, title or number in the list (counting from 1), however it is written."""
        wanted = key(name).replace(" ", "-")
        for number, course in enumerate(self.courses, 1):
            names = (course.code, str(number), *(key(title).replace(" ", "-") for title in course.title.values()))
            if wanted in names:
                return course
        close = get_close_matches(wanted, [course.code for course in self.courses], n=1, cutoff=0.75)
        return self.course(close[0]) if close and close[0] != wanted else None

    def unit(self, course: Course, name: str) -> Unit | None:
        """The unit with this code, number or (part of a) title."""
        wanted = key(name)
        exact = course.unit(wanted.removeprefix("unit ").strip())
        if exact or not wanted:
            return exact
        titled = (unit for unit in course.units if any(wanted in key(title) for title in unit.title.values()))
        return next(titled, None)

    def card(self, card: str) -> tuple[Course, Word] | None:
        """The course and word that a card's key (`toki-pona/word/moku`) names."""
        code, kind, word = [*card.split("/", 2), "", ""][:3]
        course = next((course for course in self.courses if course.code == code), None)
        entry = course.word(word) if course and kind == "word" else None
        return (course, entry) if course and entry else None

    def look_up(self, text: str, course: str = "") -> LookupResult | None:
        """Entries for a word of the course's language, or for a meaning; slight misspellings are understood.

        Without `course` all courses are searched, the first that knows it answers.
        """
        wanted = key(text) if len(text) <= _LONGEST else ""
        among = [one for one in self.courses if course in ("", one.code)]
        searches = (self._by_word, self._by_meaning, self._by_likeness) if wanted else ()
        return next((found for search in searches for one in among if (found := search(one, wanted))), None)

    def words_in(self, text: str, limit: int = 10) -> tuple[tuple[Course, Word], ...]:
        """The entries whose words stand in a text, in its order; short ones only where most of the text is of a course's language."""
        said = [found.casefold() for found in re.findall(r"\w+", text[:_QUESTION])]
        known = {word: found for word in dict.fromkeys(said) if (found := self._entry(word))}
        mostly = sum(word in known for word in said) * 2 > len(said)
        chosen = {
            (found[0].code, found[1].word): found for word, found in known.items() if mostly or len(word) > _SHORT
        }
        return tuple(chosen.values())[:limit]

    def grammar(self, query: str, course: str = "", limit: int = 2) -> tuple[GrammarNote, ...]:
        """The sections that say most about the query, best first."""
        wanted = set(re.findall(r"\w+", key(query[:_QUESTION])))
        scored = [(_relevance(wanted, note), note) for note in self._notes(course)]
        scored = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])
        return tuple(note for _, note in scored[:limit])

    def documents(self) -> tuple[IndexableDocument, ...]:
        """The grammar notes (`course:<code>/unit/<unit>`) and the dictionary (`course:<code>/words`), to be searched and cited."""
        return tuple(document for course in self.courses for document in _documents(course))

    def _entry(self, word: str) -> tuple[Course, Word] | None:
        return next(((course, entry) for course in self.courses if (entry := course.word(word))), None)

    def _notes(self, course: str) -> Iterator[GrammarNote]:
        for one in self.courses:
            if course in ("", one.code):
                for unit in one.units:
                    yield from (GrammarNote(course=one, unit=unit, section=section) for section in unit.note)

    def _by_word(self, course: Course, wanted: str) -> LookupResult | None:
        entry = course.word(wanted)
        return LookupResult(course=course, words=(entry,), how="word") if entry else None

    def _by_meaning(self, course: Course, wanted: str) -> LookupResult | None:
        asked = meanings(wanted) or {wanted}
        first = [word for word in course.words if any(asked & meanings(text) for text in word.gloss.values())]
        further = [word for word in course.words if word not in first and asked & word.terms]
        inside = [
            word
            for word in course.words
            if any(re.search(rf"\b{re.escape(one)}\b", term) for one in asked for term in word.terms)
        ]
        words = tuple(first + further) or tuple(inside)
        return LookupResult(course=course, words=words[:6], how="meaning") if words else None

    def _by_likeness(self, course: Course, wanted: str) -> LookupResult | None:
        spelled = {name: word for word in course.words for name in (word.word, *word.also)}
        close = get_close_matches(wanted, spelled, n=3, cutoff=0.7)
        if close:
            return LookupResult(course=course, words=tuple(spelled[name] for name in close), how="word", close=True)
        if len(wanted) < _GUESSED:
            return None
        meant = {term: word for word in course.words for term in word.terms}
        close = get_close_matches(wanted, meant, n=3, cutoff=0.85)
        words = tuple({meant[term].word: meant[term] for term in close}.values())
        return LookupResult(course=course, words=words, how="meaning", close=True) if words else None


def _relevance(wanted: set[str], note: GrammarNote) -> float:
    heading = set(re.findall(r"\w+", key(f"{note.unit.name('en')} {note.section.heading}")))
    counts = Counter(re.findall(r"\w+", key(note.section.text)))
    text = sum(min(counts[word], 5) for word in wanted if len(word) > 3 or word in note.unit.words)
    return 6 * len(wanted & heading) + text


def _documents(course: Course) -> Iterator[IndexableDocument]:
    title = course.title["en"]
    for unit in course.units:
        passages = tuple(
            Passage(text=section.text, section=section.heading, position=place)
            for place, section in enumerate(unit.note)
        )
        yield IndexableDocument(
            uri=f"course:{course.code}/unit/{unit.code}",
            title=f"{title}: {unit.name('en')}",
            passages=passages,
            language="en",
        )
    entries = tuple(
        Passage(text=entry_text(word, "en"), section=word.word, position=place)
        for place, word in enumerate(course.words)
    )
    yield IndexableDocument(
        uri=f"course:{course.code}/words", title=f"{title}: dictionary", passages=entries, language="en"
    )

"""What a course is made of; the folder it is read from is checked against these types."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from core.learn.terms import meanings
from core.question import QuestionForm

Part = Literal[
    "noun", "verb", "modifier", "number", "pronoun", "particle", "preposition", "preverb", "conjunction", "interjection"
]


def _with_english(texts: dict[str, str]) -> dict[str, str]:
    if "en" not in texts:
        raise ValueError("the English text (en) is missing")
    return texts


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Localised = Annotated[dict[str, str], AfterValidator(_with_english)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class _Checked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, str_min_length=1)


class Example(_Checked):
    """A sentence of the course's language and what it means in English."""

    text: str
    means: str


class Sense(_Checked):
    """One meaning of a word, as the part of speech `part`."""

    part: Part
    means: str


class Word(_Checked):
    """A dictionary entry.

    `gloss` is the short meaning by locale, English always there; `also` are other spellings of the word, `same` is
    the word that it stands for where it is a synonym, `origin` the list it belongs to (`pu`, `later`).
    """

    word: str
    part: Part
    gloss: Localised
    senses: tuple[Sense, ...] = Field(min_length=1)
    examples: tuple[Example, ...] = Field(min_length=1)
    also: Texts = ()
    same: str | None = None
    origin: str = "pu"

    def meaning(self, locale: str) -> str:
        """The short meaning in the nearest language."""
        return nearest(self.gloss, locale)

    @cached_property
    def terms(self) -> frozenset[str]:
        """Every meaning that the entry gives anywhere, in all its senses and languages."""
        texts = (*self.gloss.values(), *(sense.means for sense in self.senses))
        return frozenset[str]().union(*(meanings(text) for text in texts))

    def alike(self, other: "Word") -> bool:
        """Whether one could stand for the other: the same word, a synonym, or a meaning in common."""
        mine, theirs = {self.word, *self.also}, {other.word, *other.also}
        if mine & theirs or self.same in theirs or other.same in mine:
            return True
        return (self.same is not None and self.same == other.same) or bool(self.terms & other.terms)


class HandwrittenItem(_Checked):
    """A question written by hand.

    `answer` holds every accepted answer, the best first; `wrong` the other choices; an ordering item takes its
    pieces from the best answer. `say` is what a listening item speaks; `word` the word whose card it counts for.
    """

    form: QuestionForm
    prompt: str
    answer: Texts = Field(min_length=1)
    wrong: Texts = ()
    say: str | None = None
    why: str = Field(default="", min_length=0)
    word: str | None = None
    language: str | None = None


class Section(BaseModel):
    """A part of a grammar note: its heading and its Markdown."""

    model_config = ConfigDict(frozen=True)

    heading: str
    text: str


class UnitFile(_Checked):
    """A unit as its YAML file holds it."""

    title: Localised
    words: tuple[str, ...] = Field(min_length=1)
    items: tuple[HandwrittenItem, ...] = ()


class Unit(BaseModel):
    """A unit with its grammar note; `number` counts from 1."""

    model_config = ConfigDict(frozen=True)

    code: str
    number: int
    title: Localised
    words: tuple[str, ...]
    items: tuple[HandwrittenItem, ...]
    note: tuple[Section, ...]

    def name(self, locale: str) -> str:
        """The title in the nearest language."""
        return nearest(self.title, locale)


class CourseFile(_Checked):
    """The course's own YAML file; `language` is the BCP 47 tag of what is taught."""

    title: Localised
    about: Localised
    language: str
    name: Localised


class Course(BaseModel):
    """A course as loaded. `name` is what the taught language is called."""

    model_config = ConfigDict(frozen=True)

    code: str
    title: Localised
    about: Localised
    language: str
    name: Localised
    words: tuple[Word, ...]
    units: tuple[Unit, ...]

    def word(self, word: str) -> Word | None:
        """The entry under exactly this word or one of its other spellings."""
        return next((entry for entry in self.words if word == entry.word or word in entry.also), None)

    def unit(self, code: str) -> Unit | None:
        """The unit with this code or number."""
        return next((unit for unit in self.units if code in (unit.code, str(unit.number))), None)

    def entries(self, unit: Unit) -> tuple[Word, ...]:
        """The unit's words in its order."""
        known = {entry.word: entry for entry in self.words}
        return tuple(known[word] for word in unit.words)


def nearest(texts: dict[str, str], locale: str) -> str:
    """The text for a locale, its language alone, or English."""
    return texts.get(locale) or texts.get(locale.split("-")[0]) or texts["en"]

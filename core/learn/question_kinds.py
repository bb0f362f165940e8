"""The kinds of question that can be made about a word, each from the word's own entry."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Protocol

from core.learn.check import GAP
from core.learn.course import Course, Example, Unit, Word
from core.learn.terms import meanings
from core.question import Question
from core.reply import Choice

CHOICES = 4
_EDGE = ' .,;:!?¿¡“”"()…'


class Wording(Protocol):
    """Words for people by key, in their language."""

    def __call__(self, key: str, **values: object) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionInput:
    """What a question is made from: the word in its course, for a person who reads `locale`."""

    course: Course
    word: Word
    locale: str
    rng: Random
    ask: Wording

    @property
    def card(self) -> str:
        return f"{self.course.code}/word/{self.word.word}"

    @property
    def meaning(self) -> str:
        return self.word.meaning(self.locale)

    @property
    def why(self) -> str:
        example = self.word.examples[0]
        return f"{self.word.word}: {self.meaning}. {example.text} = {example.means}"


def meaning(making: QuestionInput) -> Question | None:
    """Which of four meanings the word has."""
    others = [word.meaning(making.locale) for word in _others(making)]
    prompt = making.ask("study.ask.meaning", word=making.word.word)
    return _choosing(making, prompt, making.meaning, others, language=making.locale)


def naming(making: QuestionInput) -> Question | None:
    """Which of four words has the meaning."""
    prompt = making.ask("study.ask.word", language=_language(making), meaning=making.meaning)
    return _choosing(making, prompt, making.word.word, [word.word for word in _others(making)])


def hearing(making: QuestionInput) -> Question | None:
    """Which of four words is spoken; a single sound is too little to be told apart."""
    if len(making.word.word) < 2:
        return None
    others = [word.word for word in _others(making)]
    made = _choosing(making, making.ask("study.ask.heard"), making.word.word, others)
    return made and replace(made, form="listening", say=making.word.word)


def dictation(making: QuestionInput) -> Question | None:
    """A short sentence to be written down as it is spoken."""
    example = _example(making, lambda example: len(example.text.split()) <= 6)
    if example is None:
        return None
    why = f"{example.text} = {example.means}"
    made = _writing(making, making.ask("study.ask.dictation"), (example.text.strip(_EDGE),), why=why)
    return replace(made, form="listening", say=example.text)


def recall(making: QuestionInput) -> Question | None:
    """The word to be written from its meaning; any word with one of these meanings is accepted."""
    asked = meanings(making.meaning)
    same = [word.word for word in making.course.words if asked & meanings(word.meaning(making.locale))]
    answers = dict.fromkeys((making.word.word, *making.word.also, *same))
    prompt = making.ask("study.ask.recall", language=_language(making), meaning=making.meaning)
    return _writing(making, prompt, tuple(answers))


def cloze(making: QuestionInput) -> Question | None:
    """An example with the word left out, and its translation."""
    gap = re.compile(rf"(?<!\w){re.escape(making.word.word)}(?!\w)")
    example = _example(making, lambda one: len(gap.findall(one.text)) == 1 and len(one.text.split()) >= 3)
    if example is None:
        return None
    prompt = making.ask("study.ask.cloze", sentence=gap.sub(GAP, example.text), meaning=example.means)
    made = _writing(making, prompt, (making.word.word, *making.word.also), why=f"{example.text} = {example.means}")
    return replace(made, form="cloze")


def order(making: QuestionInput) -> Question | None:
    """An example whose words are to be put in order."""
    example = _example(making, lambda one: _can_be_ordered(one.text))
    if example is None:
        return None
    prompt = making.ask("study.ask.order", meaning=example.means)
    made = _writing(making, prompt, (example.text.strip(_EDGE),), why=f"{example.text} = {example.means}")
    return replace(made, form="ordering", choices=jumbled(example.text, making.rng))


QuestionKind = Callable[[QuestionInput], Question | None]
KINDS: Mapping[str, tuple[QuestionKind, ...]] = {
    "new": (meaning, naming, hearing),
    "young": (naming, cloze, order, hearing),
    "known": (recall, dictation, cloze, order),
}


SOUNDING = frozenset({hearing, dictation})
"""The kinds that are nothing without sound."""


def jumbled(sentence: str, rng: Random) -> tuple[Choice, ...]:
    """The sentence's words as pieces in an order that is not the sentence's own."""
    words = sentence.strip(_EDGE).split()
    places = list(range(len(words)))
    rng.shuffle(places)
    if [words[place] for place in places] == words:
        places = places[1:] + places[:1]
    return tuple(Choice(label=words[place].strip(_EDGE), value=str(place)) for place in places)


def chosen_among(right: str, wrong: list[str], rng: Random) -> tuple[Choice, ...]:
    """The right choice among the wrong ones, shuffled; every value is its label."""
    labels = [right, *wrong]
    rng.shuffle(labels)
    return tuple(Choice(label=label, value=label) for label in labels)


def _others(making: QuestionInput) -> list[Word]:
    """Words that could be mistaken for this one but never stand for it: the same unit and part of speech first."""
    unit = next((unit for unit in making.course.units if making.word.word in unit.words), None)
    words = [word for word in making.course.words if not word.alike(making.word)]
    making.rng.shuffle(words)
    return sorted(words, key=lambda word: (not _together(unit, word), word.part != making.word.part))


def _together(unit: Unit | None, word: Word) -> bool:
    return unit is not None and word.word in unit.words


def _example(making: QuestionInput, fits: Callable[[Example], bool]) -> Example | None:
    fitting = [example for example in making.word.examples if fits(example)]
    return making.rng.choice(fitting) if fitting else None


def _can_be_ordered(sentence: str) -> bool:
    """One clause of three to eight words that are not all the same few."""
    words = sentence.split()
    return len(words) <= 8 and len(set(words)) >= 3 and not re.search(r"[,:;.!?]\s", sentence)


def _language(making: QuestionInput) -> str:
    name = making.course.name
    return name.get(making.locale.split("-")[0], name["en"])


def _choosing(
    making: QuestionInput, prompt: str, right: str, others: list[str], *, language: str = ""
) -> Question | None:
    wrong = [label for label in dict.fromkeys(others) if label.casefold() != right.casefold()][: CHOICES - 1]
    if len(wrong) < 2:
        return None
    return Question(
        id="new",
        form="choice",
        prompt=prompt,
        answers=(right,),
        choices=chosen_among(right, wrong, making.rng),
        language=language or making.course.language,
        why=making.why,
        card=making.card,
    )


def _writing(making: QuestionInput, prompt: str, answers: tuple[str, ...], *, why: str = "") -> Question:
    return Question(
        id="new",
        form="typed",
        prompt=prompt,
        answers=answers,
        language=making.course.language,
        why=why or making.why,
        card=making.card,
    )

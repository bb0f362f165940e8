"""Quizzes made from a unit or from the cards that are due, with kinds that follow how well each word is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from core.card import Card
from core.learn.course import Course, HandwrittenItem, Unit, Word
from core.learn.question_kinds import KINDS, SOUNDING, QuestionInput, Wording, chosen_among, jumbled
from core.question import Question

UNIT_QUESTIONS = 8
HAND_WRITTEN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WordToAsk:
    """A word to be asked, with its card where it has one."""

    course: Course
    word: Word
    card: Card | None = None


def card_key(course: Course, word: str) -> str:
    """The key of a word's review card, `<course>/word/<word>`."""
    return f"{course.code}/word/{word}"


def from_unit(
    course: Course,
    unit: Unit,
    *,
    cards: Mapping[str, Card],
    rng: Random,
    locale: str,
    ask: Wording,
    count: int = UNIT_QUESTIONS,
    audible: bool = True,
) -> tuple[Question, ...]:
    """A quiz over a unit: hand-written items and made questions, words that are new or least practised first.

    `cards` are the person's cards by key; `ask` finds the wording of prompts. Where nothing is `audible` no question is for the ears.
    """
    fitting = [item for item in unit.items if audible or item.form != "listening"]
    items = _picked(fitting, min(HAND_WRITTEN, count // 2), rng)
    written = [from_item(course, item, rng) for item in items]
    taken = {item.word for item in items}
    words = [word for word in course.entries(unit) if word.word not in taken]
    rng.shuffle(words)
    asked = [WordToAsk(course=course, word=word, card=cards.get(card_key(course, word.word))) for word in words]
    asked.sort(key=lambda one: one.card.reps if one.card else 0)
    made = from_words(asked[: count - len(written)], rng=rng, locale=locale, ask=ask, audible=audible)
    questions = [*made, *written]
    rng.shuffle(questions)
    return tuple(questions)


def from_words(
    words: Sequence[WordToAsk], *, rng: Random, locale: str, ask: Wording, audible: bool = True
) -> tuple[Question, ...]:
    """One question a word, in the given order; neighbours are of different kinds where the words allow it."""
    made: list[Question] = []
    last = ""
    for asked in words:
        making = QuestionInput(course=asked.course, word=asked.word, locale=locale, rng=rng, ask=ask)
        kinds = list(KINDS[_stage(asked.card)])
        rng.shuffle(kinds)
        kinds.sort(key=lambda kind: kind.__name__ == last)
        for kind in (*kinds, *KINDS["new"]):
            question = kind(making) if audible or kind not in SOUNDING else None
            if question is not None:
                made.append(question)
                last = kind.__name__
                break
    return tuple(made)


def from_item(course: Course, item: HandwrittenItem, rng: Random) -> Question:
    """A hand-written item as a question; choices and pieces are shuffled."""
    right = item.answer[0]
    choices = chosen_among(right, list(item.wrong), rng) if item.wrong else ()
    return Question(
        id="new",
        form=item.form,
        prompt=item.prompt,
        answers=item.answer,
        choices=jumbled(right, rng) if item.form == "ordering" else choices,
        say=item.say or "",
        language=item.language or course.language,
        why=item.why,
        card=card_key(course, item.word) if item.word else "",
    )


def _picked(items: Sequence[HandwrittenItem], count: int, rng: Random) -> list[HandwrittenItem]:
    """Items of different forms about different words; plain choices, which are made anyway, come last."""
    shuffled = sorted(rng.sample(items, len(items)), key=lambda item: item.form == "choice")
    picked: list[HandwrittenItem] = []
    for item in shuffled:
        if all(item.form != other.form and item.word != other.word for other in picked):
            picked.append(item)
    return picked[:count]


def _stage(card: Card | None) -> str:
    if card is None or card.reps == 0:
        return "new"
    return "young" if card.reps < 3 else "known"

"""The identity of a question inside the values of its buttons."""

import re
from dataclasses import dataclass, replace

from core.question import Question
from core.reply import Choice

_VALUE = re.compile(r"q:([^:\s]{1,24}):(\d{1,2}(?:,\d{1,2})*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonValue:
    """What a button says: the question it belongs to and the places it names, counting from 0."""

    question: str
    places: tuple[int, ...]


def value(question: str, *places: int) -> str:
    """`q:<question>:<place>`, at most 40 bytes with a question id of `stamped`; several places name an order."""
    return f"q:{question}:{','.join(str(place) for place in places)}"


def parse(text: str) -> ButtonValue | None:
    """The stamp in a button's value, or `None` when it is no answer's button."""
    found = _VALUE.fullmatch(text)
    if found is None:
        return None
    return ButtonValue(question=found[1], places=tuple(int(place) for place in found[2].split(",")))


def stamped(question: Question, identity: str) -> Question:
    """The question under a new id, its choices carrying it; answers that named a choice name it still."""
    values = {choice.value: value(identity, place) for place, choice in enumerate(question.choices)}
    choices = tuple(Choice(label=choice.label, value=values[choice.value]) for choice in question.choices)
    answers = question.answers
    if question.form != "ordering":
        answers = tuple(values.get(answer, answer) for answer in answers)
    return replace(question, id=identity, choices=choices, answers=answers)

"""Questions, whatever they ask for, behind one type; and a quiz that is under way."""

from dataclasses import dataclass
from typing import Literal

from core.reply import Choice

QuestionForm = Literal["choice", "typed", "listening", "ordering", "cloze"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question with its key.

    `answers` holds every accepted answer in words, the best first; with `choices` the first answer is the
    `Choice.value` of the right one. For `ordering`, `choices` are the pieces and `answers` the whole sentence.
    `say` is what a listening question speaks; `language` (BCP 47) is that of `say` and of answers in words. `card` is the key of the review card
    that the answer counts for, or empty. `why` explains the right answer.
    """

    id: str
    form: QuestionForm
    prompt: str
    answers: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    say: str = ""
    language: str = ""
    why: str = ""
    card: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one question went. `given` is what the person answered, in words."""

    question: str
    correct: bool
    given: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuiz:
    """A quiz under way: what is asked now is `questions[len(verdicts)]`.

    `shown` is the id of the `reply.Quiz` that shows the current question; taps that name another are stale.
    """

    id: str
    title: str
    purpose: Literal["unit", "review", "made"]
    questions: tuple[Question, ...]
    verdicts: tuple[Verdict, ...] = ()
    shown: str = ""
    unit: str = ""

    @property
    def current(self) -> Question | None:
        position = len(self.verdicts)
        return self.questions[position] if position < len(self.questions) else None

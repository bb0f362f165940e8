"""From the first question to the summary; every step is a pure function of the open quiz."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from core.question import OpenQuiz, Question, Verdict
from core.quiz.button_value import stamped
from core.quiz.mark import Given, Judgement, judge, picks, right_words
from core.reply import Mark, Quiz

_AGAIN = "r"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTaken:
    """An answer was taken: the quiz as it goes on, the question it answered and how it was."""

    quiz: OpenQuiz
    question: Question
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedQuestion:
    """A question that was answered wrong at first, with the right answer in words."""

    question: Question
    given: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a quiz went. First tries count; `score` is between 0 and 1, 0 when nothing was answered."""

    right: int
    total: int
    missed: tuple[MissedQuestion, ...]

    @property
    def score(self) -> float:
        return self.right / self.total if self.total else 0.0


def begin(
    *,
    identity: str,
    title: str,
    purpose: Literal["unit", "review", "made"],
    questions: tuple[Question, ...],
    unit: str = "",
) -> OpenQuiz:
    """Open a quiz. Questions get ids made from the last ten characters of `identity`, and their choices carry them.

    Before this, a choice's value only has to differ from the others' of its question.
    """
    short = re.sub(r"[^A-Za-z0-9]", "", identity)[-10:]
    own = tuple(stamped(question, f"{short}.{number}") for number, question in enumerate(questions, 1))
    return _shown(OpenQuiz(id=identity, title=title, purpose=purpose, questions=own, unit=unit))


def show(quiz: OpenQuiz) -> Quiz | None:
    """The current question with its progress ("2/8", and "↻ 1/3" where missed ones come again), or `None` when all are answered."""
    question = quiz.current
    if question is None:
        return None
    return Quiz(
        id=question.id,
        question=question.prompt,
        form=question.form,
        choices=question.choices,
        say=question.say,
        language=question.language,
        progress=_progress(quiz, question),
        right=_right(question),
        why=question.why,
    )


def take(quiz: OpenQuiz, given: Given) -> AnswerTaken:
    """Judge an answer to the current question and go on; a question answered wrong comes back once, at the end.

    Raises `ValueError` when the quiz has no current question.
    """
    question = quiz.current
    if question is None:
        raise ValueError("the quiz is over")
    judgement = judge(question, given)
    verdict = Verdict(question=question.id, correct=judgement.correct, given=judgement.given)
    questions = quiz.questions
    if not judgement.correct and not is_repeat(question):
        questions = (*questions, _repeat(question))
    after = replace(quiz, questions=questions, verdicts=(*quiz.verdicts, verdict))
    return AnswerTaken(quiz=_shown(after), question=question, judgement=judgement)


def mark(taken: AnswerTaken, text: str, *, judged: bool = False) -> Mark:
    """The mark on the question as it was shown; `text` is what people read, `judged` as in `Mark`."""
    question, judgement = taken.question, taken.judgement
    return Mark(
        quiz=question.id,
        question=question.prompt,
        choices=question.choices,
        chosen=judgement.chosen,
        right=judgement.key,
        correct=judgement.correct,
        text=text,
        judged=judged,
    )


def is_repeat(question: Question) -> bool:
    """Whether the question is asked for the second time."""
    return question.id.endswith(_AGAIN)


def summary(quiz: OpenQuiz) -> Summary:
    """How the quiz went as far as it was answered."""
    answered = [
        (question, verdict)
        for question, verdict in zip(quiz.questions, quiz.verdicts, strict=False)
        if not is_repeat(question)
    ]
    missed = tuple(
        MissedQuestion(question=question, given=verdict.given, right=right_words(question))
        for question, verdict in answered
        if not verdict.correct
    )
    return Summary(right=len(answered) - len(missed), total=len(answered), missed=missed)


def _progress(quiz: OpenQuiz, question: Question) -> str:
    """Where the question stands among those of its round, so that a miss does not move the end away."""
    again = is_repeat(question)
    places = [one.id for one in quiz.questions if is_repeat(one) == again]
    return f"{'↻ ' if again else ''}{places.index(question.id) + 1}/{len(places)}"


def _right(question: Question) -> str:
    """The value of the one choice that is right; empty where none or several are."""
    rights = [choice.value for choice in question.choices if picks(question) and choice.value in question.answers]
    return rights[0] if len(rights) == 1 else ""


def _shown(quiz: OpenQuiz) -> OpenQuiz:
    return replace(quiz, shown=quiz.current.id if quiz.current else "")


def _repeat(question: Question) -> Question:
    """The same question under a new id, its choices moved on by one so that the place does not give it away."""
    moved = replace(question, choices=question.choices[1:] + question.choices[:1])
    return stamped(moved, question.id + _AGAIN)

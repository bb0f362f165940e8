"""Whether an answer is right, nearly right or wrong, and why."""

from dataclasses import dataclass
from typing import Literal

from core.question import Question
from core.quiz.fold import TONAL, bare, fold, primary, slipped

Grade = Literal["right", "close", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer in canonical form.

    `value` is a `Choice.value` where one is picked, and the person's words otherwise; `words` is what people read.
    `skipped` is true when they passed.
    """

    value: str
    words: str
    skipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How an answer was. `given` and `right` are words; `chosen` and `key` the choices' values, empty without choices."""

    grade: Grade
    given: str
    right: str
    chosen: str = ""
    key: str = ""
    why: str = ""

    @property
    def correct(self) -> bool:
        """A close answer counts as right."""
        return self.grade != "wrong"


def picks(question: Question) -> bool:
    """Whether one of the question's choices is the answer."""
    return bool(question.choices) and question.form != "ordering"


def judge(question: Question, given: Given) -> Judgement:
    """Hold an answer against the key."""
    if picks(question):
        return _picked(question, given)
    grade: Grade = "wrong" if given.skipped else compare(given.words, question)
    return Judgement(grade=grade, given=given.words, right=question.answers[0], why=question.why)


def compare(words: str, question: Question) -> Grade:
    """The best grade that written words reach against any accepted answer."""
    grades = {_compared(words, answer, question.language) for answer in question.answers}
    for grade in ("right", "close"):
        if grade in grades:
            return grade
    return "wrong"


def right_words(question: Question) -> str:
    """The right answer as people read it."""
    labels = {choice.value: choice.label for choice in question.choices}
    return labels.get(question.answers[0], question.answers[0])


def _picked(question: Question, given: Given) -> Judgement:
    right = not given.skipped and given.value in question.answers
    return Judgement(
        grade="right" if right else "wrong",
        given=given.words,
        right=right_words(question),
        chosen=given.value,
        key=given.value if right else question.answers[0],
        why=question.why,
    )


def _compared(words: str, answer: str, language: str) -> Grade:
    given, wanted = fold(words, language), fold(answer, language)
    if given == wanted:
        return "right"
    if bare(given) == bare(wanted):
        return _accented(given, language)
    return "close" if slipped(given, wanted) else "wrong"


def _accented(given: str, language: str) -> Grade:
    """Only accents differ: another word where they carry tone, unless the keyboard plainly had none."""
    if primary(language) not in TONAL:
        return "right"
    return "close" if given == bare(given) else "wrong"

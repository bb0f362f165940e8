"""The open question as it is shown."""

from dataclasses import replace

from core.phrases import phrase
from core.question import OpenQuiz
from core.quiz import session
from core.quiz.mark import picks
from core.reply import Quiz


def question(quiz: OpenQuiz | None, locale: str) -> Quiz | None:
    """The current question, with a label for writing the answer; `None` without an open quiz."""
    shown = session.show(quiz) if quiz else None
    if quiz is None or quiz.current is None or shown is None:
        return None
    return replace(shown, write="" if picks(quiz.current) else phrase("study.button.write", locale))

"""Courses: lessons, quizzes, reviews, cards and progress."""

from core.dialogue.feature import Feature
from core.dialogue.intent import Command, Intents, PlainWords

_WORDS = ("courses", "lesson", "next", "explain", "quiz", "review", "progress", "stop")

FEATURE = Feature(
    name="study",
    commands=(
        Command(name="lesson", aliases=("learn",), rank=20, option="unit", completes=True, threaded=True),
        Command(name="quiz", rank=30, option="unit", completes=True, threaded=True),
        Command(name="review", rank=40),
        Command(name="progress", private=True, rank=50),
        Command(name="word", aliases=("dictionary",), rank=60, option="word", completes=True),
        Command(name="card", private=True, rank=70, option="text"),
        Command(name="courses", aliases=("course",), rank=80, option="course", completes=True),
        Command(name="next", listed=False),
        Command(name="explain", listed=False, accepts=r"[0-9]*", otherwise="explain_text"),
    ),
    intents=Intents(
        words={name: PlainWords(phrase=f"study.words.{name}", numbered=name in ("lesson", "quiz")) for name in _WORDS},
        links={"courses": "course-"},
        reminders={"due": "review"},
    ),
)

"""What a person asks of the study side: by command, button, or a few plain words."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from core.event import Body, Due, Joined, Said, Spoke, Stopped, Tapped
from core.learn.terms import key
from core.phrases import phrase

StudyIntentName = Literal[
    "courses", "lesson", "next", "explain", "quiz", "review", "progress", "stop", "word", "card", "due"
]
_COMMANDS: dict[str, StudyIntentName] = {
    "course": "courses",
    "courses": "courses",
    "lesson": "lesson",
    "learn": "lesson",
    "next": "next",
    "explain": "explain",
    "quiz": "quiz",
    "review": "review",
    "progress": "progress",
    "stop": "stop",
    "word": "word",
    "dictionary": "word",
    "card": "card",
}
_LONGEST = 200
"""Characters; what is longer is no wish in plain words."""
_NOTHING = frozenset({"start", "list", "show", "next", "stop"})
_PLAIN: tuple[StudyIntentName, ...] = tuple(
    name for name in get_args(StudyIntentName) if name not in ("word", "card", "due")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyIntent:
    """What is asked for; `rest` is what it is about (a unit, a word, a course), perhaps empty."""

    name: StudyIntentName
    rest: str = ""


def wish(body: Body, locale: str) -> StudyIntent | None:
    """The wish in an event, or `None`. Plain words count when they are exactly one of the `study.words` phrases.

    `/explain` with words behind it is a question for who talks, not a wish for more of the lesson.
    """
    match body:
        case Said():
            return _command(body.text) or _plain(body.text, locale)
        case Spoke():
            return _plain(body.heard, locale)
        case Tapped():
            return _command(body.choice) or _button(body.choice)
        case Joined():
            return StudyIntent(name="courses", rest=body.start.removeprefix("course-")) if body.start else None
        case Due():
            return StudyIntent(name="due") if body.what == "review" else None
        case Stopped():
            return StudyIntent(name="stop")
        case _:
            return None


def _command(text: str) -> StudyIntent | None:
    found = re.fullmatch(r"/([a-z]+)(?:@\w+)?(?:\s+(.*))?", text.strip(), re.IGNORECASE | re.DOTALL)
    name = _COMMANDS.get(found[1].lower()) if found else None
    rest = (found[2] or "").strip() if found else ""
    if name is None or (name == "explain" and rest and not rest.isdecimal()):
        return None
    return StudyIntent(name=name, rest=rest)


def _button(choice: str) -> StudyIntent | None:
    """`lesson:next`, `lesson:explain:2`, `quiz:start`, `quiz:<unit>`, `course:<code>`, `review:start` and so on."""
    head, _, rest = choice.partition(":")
    if head == "lesson" and rest.startswith("explain"):
        return StudyIntent(name="explain", rest=rest.removeprefix("explain").removeprefix(":"))
    name = _COMMANDS.get(head)
    if name is None or not rest:
        return None
    if rest in ("next", "stop"):
        name = _COMMANDS[rest]
    return StudyIntent(name=name, rest="" if rest in _NOTHING else rest)


def _plain(text: str, locale: str) -> StudyIntent | None:
    if len(text) > _LONGEST:
        return None
    wanted, _, number = key(text).rpartition(" ")
    if number.isdecimal() and (named := _plain(wanted, locale)) and named.name in ("lesson", "quiz"):
        return StudyIntent(name=named.name, rest=named.rest or number)
    wanted = key(text)
    for tongue in dict.fromkeys((locale, "en")):
        for name in _PLAIN:
            if wanted and wanted in phrase(f"study.words.{name}", tongue).split("|"):
                return StudyIntent(name=name)
    return None

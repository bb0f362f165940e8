"""Small stand-ins for what a mind leans on: a clock that stands still, a shelf of passages, lessons, signs of life."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from core.address import Address
from core.conversation import Conversation, Learner
from core.errors import ToolFault
from core.ports.knowledge import Hit
from core.question import OpenQuiz, Question
from core.reply import Choice, Quiz
from core.tools.context import ToolOutcome


class StillClock:
    """Friday noon, a second later each time it is asked; ids count up."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self._ids = 0

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def id(self) -> str:
        self._ids += 1
        return f"id-{self._ids}"


class Shelf:
    """Gives the hits it was made with, whatever is asked, and keeps the questions."""

    def __init__(self, *hits: Hit) -> None:
        self.hits = hits
        self.asked: list[tuple[str, str]] = []

    async def search(self, query: str, *, owner: str, limit: int = 5) -> tuple[Hit, ...]:
        self.asked.append((query, owner))
        return self.hits[:limit]


def hit(text: str, *, title: str = "Notes", section: str = "", link: str = "", score: float = 0.8) -> Hit:
    return Hit(text=text, title=title, section=section, link=link, uri=f"file:{title}", score=score, passage=1)


QUESTION = Question(id="q1", form="choice", prompt="moku?", answers=("a",), choices=(Choice(label="food", value="a"),))


class Lectern:
    """Lessons that know one word, one rule and one quiz."""

    def gloss(self, text: str, locale: str) -> str:
        return "- **moku**: food" if "moku" in text.split() else ""

    def look_up(self, word: str, locale: str) -> str:
        return "**moku** food" if word.casefold() == "moku" else ""

    def grammar(self, query: str, locale: str) -> str:
        return "**li** stands before the verb." if "li" in query.casefold().split() else ""

    async def quiz(self, conversation: Conversation, unit: str) -> ToolOutcome:
        if unit not in ("", "1"):
            raise ToolFault(f"There is no unit {unit}.", again=True)
        quiz = OpenQuiz(id="quiz", title="Unit 1", purpose="unit", questions=(QUESTION,), shown="shown")
        shown = Quiz(id="shown", question=QUESTION.prompt, form="choice", choices=QUESTION.choices)
        return ToolOutcome(text="Begun.", conversation=replace(conversation, quiz=quiz), replies=(shown,))

    async def review(self, conversation: Conversation) -> ToolOutcome:
        return ToolOutcome(text="Nothing is due.")

    async def progress(self, conversation: Conversation) -> str:
        return "1 of 12 units"


@dataclass
class Signs:
    """What a person saw while a turn ran."""

    statuses: list[str] = field(default_factory=list[str])
    drafts: list[str] = field(default_factory=list[str])

    async def typing(self) -> None: ...

    async def status(self, text: str) -> None:
        self.statuses.append(text)

    async def draft(self, text: str) -> None:
        self.drafts.append(text)


@dataclass
class Reader:
    """Keeps what was put down to be read; the ids are `s1`, `s2` and so on, the same for the same uri."""

    read: list[tuple[str, str, str, str, str]] = field(default_factory=list[tuple[str, str, str, str, str]])

    async def __call__(self, uri: str, title: str, mime: str, *, owner: str, notify: str) -> str:
        self.read.append((uri, title, mime, owner, notify))
        return f"s{list(dict.fromkeys(known for known, *_ in self.read)).index(uri) + 1}"


def conversation(*, locale: str = "en", name: str = "", history: Iterable[object] = ()) -> Conversation:
    learner = Learner(id="learner-1", name=name, locale=locale, zone="Asia/Ho_Chi_Minh")
    return Conversation(address=Address("web", "c1"), learner=learner)

"""A person who talks to the study side alone, with a shelf of cards in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from core.address import Address
from core.card import Card, UnitProgress
from core.conversation import Conversation, Learner
from core.dialogue.draft import TurnDraft
from core.event import Body, Event, Said, Sender, Tapped
from core.features.study.lessons import LessonAnswerer
from core.features.study.quizzes import QuizAnswerer
from core.learn.catalogue import Catalogue
from core.question import Question
from core.reply import Choice, Mark, Quiz, Reply, Text
from tests.core.learn.bundled import toki_pona
from tests.fakes.dialogue import incoming

HERE = Address("web", "room")


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 9, tzinfo=UTC)
        self.count = 0

    def now(self) -> datetime:
        return self.time

    def id(self) -> str:
        self.count += 1
        return f"0190000000{self.count:017x}"


class Shelf:
    """The study port over plain dictionaries."""

    def __init__(self) -> None:
        self.kept: dict[str, Card] = {}
        self.taken: dict[tuple[str, str], UnitProgress] = {}

    async def due(self, learner: str, now: datetime, limit: int) -> tuple[Card, ...]:
        late = sorted((card for card in self.kept.values() if card.due <= now), key=lambda card: card.due)
        return tuple(late[:limit])

    async def cards(self, learner: str, keys: tuple[str, ...] = ()) -> tuple[Card, ...]:
        return tuple(card for key, card in self.kept.items() if not keys or key in keys)

    async def progress(self, learner: str) -> tuple[UnitProgress, ...]:
        return tuple(self.taken.values())

    def close(self, draft: TurnDraft) -> None:
        self.kept |= {card.key: card for card in draft.cards}
        for one in draft.progress:
            before = self.taken.get((one.course, one.unit))
            if before is None or one.score > before.score:
                self.taken[one.course, one.unit] = one


class Silent:
    async def typing(self) -> None: ...
    async def status(self, text: str) -> None: ...
    async def draft(self, text: str) -> None: ...


class Pupil:
    """Says and taps things, each a turn of its own, and remembers what came of the last one."""

    def __init__(self, *, locale: str = "en", seed: int = 1, audible: bool = True) -> None:
        self.clock, self.shelf = Hands(), Shelf()
        catalogue = self.catalogue = Catalogue([toki_pona()])
        self.quizzing = QuizAnswerer(
            catalogue=catalogue, study=self.shelf, clock=self.clock, rng=Random(seed), audible=lambda _: audible
        )
        self.lessons = LessonAnswerer(catalogue=catalogue, study=self.shelf, clock=self.clock, quizzing=self.quizzing)
        self.conversation = Conversation(address=HERE, learner=Learner(id="p", locale=locale))
        self.last: TurnDraft | None = None

    async def does(self, *bodies: Body, group: bool = False) -> tuple[Reply, ...] | None:
        """The replies of one turn over these events, `None` when nobody of the study side answered the last of them."""
        draft = TurnDraft(conversation=self.conversation)
        answered: TurnDraft | None = None
        for body in bodies:
            event = Event(id="web:1", address=HERE, sender=Sender(id="p"), at=self.clock.now(), body=body, group=group)
            answered = await self.quizzing.answer(incoming(event), draft, Silent())
            if answered is None:
                answered = await self.lessons.answer(incoming(event), draft, Silent())
            draft = answered or draft
        self.shelf.close(draft)
        self.conversation, self.last = draft.conversation, draft
        self.clock.time += timedelta(seconds=5)
        return None if answered is None else draft.replies

    async def says(self, text: str) -> tuple[Reply, ...]:
        return await self.does(Said(text=text)) or ()

    async def taps(self, value: str) -> tuple[Reply, ...]:
        return await self.does(Tapped(choice=value)) or ()

    @property
    def question(self) -> Question:
        assert self.conversation.quiz is not None
        assert self.conversation.quiz.current is not None
        return self.conversation.quiz.current

    async def answers_rightly(self) -> tuple[Reply, ...]:
        answer = self.question.answers[0]
        return await (self.taps(answer) if answer.startswith("q:") else self.says(answer))

    async def answers_wrongly(self) -> tuple[Reply, ...]:
        return await self.says("I don't know")

    async def finishes(self) -> tuple[Reply, ...]:
        replies: tuple[Reply, ...] = ()
        while self.conversation.quiz is not None:
            replies = await self.answers_rightly()
        return replies


def kinds(replies: Sequence[Reply]) -> list[str]:
    return [reply.kind for reply in replies]


def text(replies: Sequence[Reply]) -> str:
    return "\n".join(reply.text for reply in replies if isinstance(reply, Text | Mark))


def buttons(replies: Sequence[Reply]) -> list[str]:
    choices: tuple[Choice, ...] = ()
    for reply in replies:
        if isinstance(reply, Text):
            choices = reply.choices or choices
    return [choice.value for choice in choices]


def quiz(replies: Sequence[Reply]) -> Quiz:
    return next(reply for reply in replies if isinstance(reply, Quiz))

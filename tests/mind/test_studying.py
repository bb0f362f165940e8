"""The study side as tools see it, and putting things down to be read."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from core.address import Address
from core.errors import ToolFault
from core.mind.reading import Reading
from core.mind.studying import Studying
from core.mind.thought import Thought
from core.ports.knowledge import Document, Source, SourceStatus
from core.question import OpenQuiz
from core.reply import Text
from tests.fakes.world import QUESTION, StillClock, conversation


class Tutor:
    """Knows unit 1 and nothing that is due."""

    async def start_quiz(self, thought: Thought, course: str = "", unit: str = "") -> Thought:
        if unit not in ("", "1"):
            return thought.saying(Text(text="These are the units: 1"))
        quiz = OpenQuiz(id="quiz", title="Unit 1", purpose="unit", questions=(QUESTION,))
        return thought.with_conversation(replace(thought.conversation, quiz=quiz)).saying(Text(text="moku?"))

    async def start_review(self, thought: Thought) -> Thought:
        return thought.saying(Text(text="Nothing is due."))

    async def look_up(self, word: str, course: str = "", *, locale: str = "en") -> str:
        return f"{word} in {locale}"

    async def grammar(self, query: str, course: str = "", *, locale: str = "en") -> str:
        return f"on {query} in {locale}"

    async def progress(self, thought: Thought) -> str:
        return f"progress of {thought.conversation.learner.id}"


async def test_a_quiz_that_begins_is_an_outcome_with_its_question() -> None:
    outcome = await Studying(tutor=Tutor()).quiz(conversation(), "")
    assert outcome.conversation is not None
    assert outcome.conversation.quiz is not None
    assert outcome.replies == (Text(text="moku?"),)


async def test_a_unit_that_does_not_exist_is_a_fault_with_the_list_as_a_hint() -> None:
    with pytest.raises(ToolFault, match="These are the units: 1") as caught:
        await Studying(tutor=Tutor()).quiz(conversation(), "99")
    assert caught.value.again


async def test_a_review_with_nothing_due_says_so_and_changes_nothing() -> None:
    outcome = await Studying(tutor=Tutor()).review(conversation())
    assert outcome.text == "No review was begun. Nothing is due."
    assert (outcome.conversation, outcome.replies) == (None, ())


async def test_look_ups_speak_the_persons_language() -> None:
    studying = Studying(tutor=Tutor())
    assert await studying.look_up("moku", "vi") == "moku in vi"
    assert await studying.grammar("li", "es") == "on li in es"
    assert await studying.progress(conversation()) == "progress of learner-1"


class Board:
    """A library and a bell that keep what they were given."""

    def __init__(self) -> None:
        self.added: list[Source] = []
        self.rung: list[str] = []

    async def add(self, source: Source) -> str:
        self.added.append(source)
        return "known-id"

    async def take(self, source: str, lease: object) -> Source | None: ...

    async def note(self, status: SourceStatus) -> None: ...

    async def store(self, source: str, document: Document, vectors: object, embedder: str) -> None: ...

    async def statuses(self, owner: str, *, limit: int = 50) -> tuple[SourceStatus, ...]:
        return ()

    def turn(self, addresses: Iterable[Address]) -> None: ...

    def delivery(self, addresses: Iterable[Address]) -> None: ...

    def reading(self, sources: Iterable[str]) -> None:
        self.rung.extend(sources)

    async def stop(self, address: Address) -> None: ...


async def test_what_is_put_down_to_be_read_is_rung_for_under_the_id_it_has() -> None:
    board = Board()
    reading = Reading(library=board, wake=board, clock=StillClock())
    await reading("https://a.b", "A", "text/html", owner="learner-1", notify="web:c1")
    assert board.added == [
        Source(id="id-1", uri="https://a.b", title="A", mime="text/html", owner="learner-1", notify="web:c1")
    ]
    assert board.rung == ["known-id"]

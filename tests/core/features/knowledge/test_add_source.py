"""Putting things down to be read."""

from collections.abc import Iterable

from core.address import Address
from core.features.knowledge.add_source import SourceAdder
from core.ports.knowledge import IndexableDocument, KnowledgeSource, SourceStatus
from tests.fakes.collaborators import StillClock


class Board:
    """A library and a bell that keep what they were given."""

    def __init__(self) -> None:
        self.added: list[KnowledgeSource] = []
        self.rung: list[str] = []

    async def add(self, source: KnowledgeSource) -> str:
        self.added.append(source)
        return "known-id"

    async def take(self, source: str, lease: object) -> KnowledgeSource | None: ...

    async def note(self, status: SourceStatus, *, pause: object = None) -> None: ...

    async def store(self, source: str, document: IndexableDocument, vectors: object, embedder: str) -> None: ...

    async def statuses(self, owner: str, *, limit: int = 50) -> tuple[SourceStatus, ...]:
        return ()

    def turn(self, addresses: Iterable[Address]) -> None: ...

    def delivery(self, addresses: Iterable[Address]) -> None: ...

    def reading(self, sources: Iterable[str]) -> None:
        self.rung.extend(sources)

    async def stop(self, address: Address) -> None: ...


async def test_what_is_put_down_to_be_read_is_rung_for_under_the_id_it_has() -> None:
    board = Board()
    reading = SourceAdder(library=board, wake=board, clock=StillClock())
    assert await reading("https://a.b", "A", "text/html", owner="learner-1", notify="web:c1") == "known-id"
    assert board.added == [
        KnowledgeSource(id="id-1", uri="https://a.b", title="A", mime="text/html", owner="learner-1", notify="web:c1")
    ]
    assert board.rung == ["known-id"]

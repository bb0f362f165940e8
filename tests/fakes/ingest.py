"""A strict shelf, letterbox and bell in memory, and small stand-ins for what is costly."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from core.address import Address
from core.clock import Clock
from core.errors import Failure, Refused
from core.event import Event
from core.ports.documents import Fetched
from core.ports.knowledge import IndexableDocument, KnowledgeSource, Passage, SourceStatus


@dataclass
class Shelf:
    """`core.ports.knowledge.Library` as its words promise, with leases by the clock that is passed in."""

    clock: Clock
    source: KnowledgeSource | None = None
    until: datetime | None = None
    lease: timedelta = timedelta()
    notes: list[SourceStatus] = field(default_factory=list[SourceStatus])
    stored: list[IndexableDocument] = field(default_factory=list[IndexableDocument])
    vectors: NDArray[np.float32] | None = None

    async def add(self, source: KnowledgeSource) -> str:
        edition = self.source.edition + 1 if self.source else 1
        self.source = replace(source, edition=edition, attempt=0)
        self.until = None
        self.notes.clear()
        return source.id

    async def take(self, source: str, lease: timedelta) -> KnowledgeSource | None:
        held = self.until is not None and self.until > self.clock.now()
        ended = bool(self.notes) and self.notes[-1].state in ("ready", "failed")
        if self.source is None or self.source.id != source or held or ended:
            return None
        self.source = replace(self.source, attempt=self.source.attempt + 1)
        self.lease, self.until = lease, self.clock.now() + lease
        return self.source

    async def note(self, status: SourceStatus, *, pause: timedelta | None = None) -> None:
        self.notes.append(status)
        if status.state in ("reading", "embedding"):
            self.until = self.clock.now() + self.lease
        elif status.state == "waiting" and pause is not None:
            self.until = self.clock.now() + pause

    async def store(
        self, source: str, document: IndexableDocument, vectors: NDArray[np.float32], embedder: str
    ) -> None:
        assert vectors.shape[0] == len(document.passages)
        self.stored.append(document)
        self.vectors = vectors

    async def statuses(self, owner: str, *, limit: int = 50) -> tuple[SourceStatus, ...]:
        return tuple(self.notes[-1:])


@dataclass
class Letterbox:
    """`Inbox` and `Wake` in one; `broken` makes the next letter fail as if the worker died there."""

    events: list[Event] = field(default_factory=list[Event])
    rings: list[Address] = field(default_factory=list[Address])
    broken: bool = False

    async def accept(self, event: Event) -> bool:
        if self.broken:
            self.broken = False
            raise ConnectionError
        if event.id in {known.id for known in self.events}:
            return False
        self.events.append(event)
        return True

    def turn(self, addresses: Iterable[Address]) -> None:
        self.rings += addresses

    def delivery(self, addresses: Iterable[Address]) -> None:
        raise AssertionError("nobody delivers here")

    def reading(self, sources: Iterable[str]) -> None:
        raise AssertionError("nobody reads here")

    async def stop(self, address: Address) -> None:
        raise AssertionError("nobody stops here")


@dataclass
class Counter:
    """An embedder whose rows tell how long the texts are."""

    name: str = "counter"
    dimensions: int = 2
    texts: list[str] = field(default_factory=list[str])
    failure: Failure | None = None

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.failure:
            raise self.failure
        self.texts += texts
        return np.array([[len(text), 1] for text in texts], np.float32)


@dataclass
class Splitter:
    """A reader that makes a passage of every line; `failure` is raised instead, as often as it is set."""

    failures: list[Failure] = field(default_factory=list[Failure])
    asked: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])

    async def read(self, data: bytes, *, mime: str = "", name: str = "", link: str = "") -> IndexableDocument:
        self.asked.append((mime, name, link))
        if self.failures:
            raise self.failures.pop(0)
        lines = data.decode().splitlines()
        passages = tuple(Passage(text=text, section="S", position=n) for n, text in enumerate(lines))
        return IndexableDocument(uri=link, title="Read title", passages=passages, link=link)


@dataclass
class Pages:
    """A `Fetcher` and `Blobs` in one; `failure` is what every page fails with."""

    pages: dict[str, Fetched] = field(default_factory=dict[str, Fetched])
    failure: Failure | None = None

    async def fetch(self, url: str) -> Fetched:
        if self.failure:
            raise self.failure
        return self.pages[url]

    async def get(self, key: str) -> tuple[bytes, str]:
        if key not in self.pages:
            raise Refused("no such blob")
        return self.pages[key].data, self.pages[key].mime

    async def put(self, data: bytes, *, mime: str) -> str:
        key = f"blob:{len(self.pages)}"
        self.pages[key] = Fetched(data=data, mime=mime)
        return key

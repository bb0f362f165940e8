"""What Sona has read, and how it is searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    @property
    def name(self) -> str:
        """Names the model and everything that changes its vectors; stored beside each vector."""
        ...

    @property
    def dimensions(self) -> int: ...

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit-length row for each text. Raises `Unreachable` when the model is elsewhere and away."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of a document. `section` is the path of headings above it; `position` its order in the document.

    The words of `section` are searched with the text but are not part of what is quoted.
    """

    text: str
    section: str = ""
    position: int = 0
    page: int = 0
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexableDocument:
    """A document as read. `uri` identifies it (`course:toki-pona`, `file:…`, `https://…`), `owner` is a learner's id or empty for everyone's."""

    uri: str
    title: str
    passages: tuple[Passage, ...]
    language: str = ""
    link: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage found, with where it stands. `score` is between 0 and 1 and comparable within one search only."""

    text: str
    title: str
    section: str
    link: str
    uri: str
    score: float
    passage: int


class Retriever(Protocol):
    async def search(self, query: str, *, owner: str, limit: int = 5) -> tuple[Hit, ...]:
        """The best passages among everyone's documents and the owner's own, best first."""
        ...


SourceState = Literal["waiting", "reading", "embedding", "ready", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeSource:
    """Something to be read. `uri` is `https://…`, `blob:…` or `course:…`; `notify` the conversation that hears when it is done, or empty.

    `edition` grows each time the source is put down to be read; `attempt` counts how often this edition was taken.
    """

    id: str
    uri: str
    title: str
    mime: str = ""
    owner: str = ""
    notify: str = ""
    edition: int = 1
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """How far the reading of a source is. `done` and `total` count passages; `error` is for people."""

    id: str
    uri: str
    title: str
    state: SourceState
    done: int = 0
    total: int = 0
    error: str = ""


class Library(Protocol):
    """The shelf of sources: what is to be read, what has been, and its passages."""

    async def add(self, source: KnowledgeSource) -> str:
        """Put a source down to be read and return its id; the same uri and owner again means reading it anew."""
        ...

    async def take(self, source: str, lease: timedelta) -> KnowledgeSource | None:
        """Begin to read; `None` when it is read already, has failed for good or someone else is at it. Adds one to its `attempt`."""
        ...

    async def note(self, status: SourceStatus, *, pause: timedelta | None = None) -> None:
        """Write down how far the reading is.

        `reading` and `embedding` keep the lease for as long again, `ready` and `failed` end the reading. `waiting`
        lets it be taken again after `pause`, or when the lease has run out.
        """
        ...

    async def store(
        self, source: str, document: IndexableDocument, vectors: NDArray[np.float32], embedder: str
    ) -> None:
        """Replace the source's passages with these, searchable at once, in one transaction. `vectors` has a row for each passage. The reading ends only with `note`."""
        ...

    async def statuses(self, owner: str, *, limit: int = 50) -> tuple[SourceStatus, ...]:
        """How everyone's sources and the owner's own stand, the newest first."""
        ...


class SourceAdmin(Library, Protocol):
    """The library as whoever keeps it in order sees it."""

    async def standing(self, sources: Sequence[str]) -> tuple[SourceStatus, ...]:
        """How these sources stand, by their ids; those that are not there any more are left out."""
        ...

    async def move(self, source: str, uri: str, *, owner: str) -> bool:
        """Have a source be another edition of it, at another uri; false when this owner has no such source, or has the uri already."""
        ...

    async def remove(self, source: str, *, owner: str) -> bool:
        """Take a source and its passages away; false when this owner has no such source."""
        ...


class AddSource(Protocol):
    async def __call__(self, uri: str, title: str, mime: str, *, owner: str, notify: str) -> str:
        """Put a source down and return its id; `notify` is the address that hears when it is read. Raises `core.errors`."""
        ...

"""What Sona has read, and how it is searched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

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

    `heading` words are searched with the text but are not part of what is quoted.
    """

    text: str
    section: str = ""
    position: int = 0
    page: int = 0
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
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
class SourceStatus:
    """How far the reading of a source is. `done` and `total` count passages; `error` is for people."""

    id: str
    uri: str
    title: str
    state: SourceState
    done: int = 0
    total: int = 0
    error: str = ""

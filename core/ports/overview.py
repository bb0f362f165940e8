"""A person at a glance, for where a platform has a place to show it."""

from dataclasses import dataclass
from typing import Protocol

from core.conversation import Learner
from core.ports.knowledge import SourceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`progress` is Markdown in the learner's language; `due` counts the cards that wait, `documents` are the newest read."""

    learner: Learner
    progress: str
    due: int
    documents: tuple[SourceStatus, ...] = ()


class Identities(Protocol):
    async def learner(self, channel: str, sender: str) -> Learner | None:
        """Who writes from there under this id; `None` for whom nobody has met yet."""
        ...


class Overviews(Protocol):
    async def of(self, channel: str, sender: str, *, locale: str) -> Overview:
        """`locale` is the language for somebody who has not been met yet. Raises `Unreachable`."""
        ...

"""The numbered record that clients which hold a connection (web, terminal) read and read again."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from core.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """A durable line of the record. `seq` counts up from 1 without gaps in each conversation."""

    seq: int
    key: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSignal:
    """A passing sign (typing, status, draft) that is not kept."""

    body: Mapping[str, Any]


class Feed(Protocol):
    async def append(self, address: Address, key: str, body: Mapping[str, Any]) -> int:
        """Keep a line and tell who listens; the same key again changes nothing and gives the same number."""
        ...

    async def since(self, address: Address, after: int, limit: int = 200) -> tuple[FeedEntry, ...]:
        """Lines after number `after`, oldest first; a negative `after` means the last `limit` lines."""
        ...

    async def sign(self, address: Address, body: Mapping[str, Any]) -> None:
        """Tell who listens now; never raises."""
        ...

    def listen(self, address: Address) -> AbstractAsyncContextManager[AsyncIterator[FeedEntry | LiveSignal]]:
        """Lines and signs from the moment the context is entered."""
        ...

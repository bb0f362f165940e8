"""A record in memory that clients read and listen to."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from core.address import Address
from core.ports.feed import FeedEntry, LiveSignal
from storage.rows.json_values import storable


class FakeFeed:
    """`core.ports.feed.Feed`. `listening` is set once somebody does."""

    def __init__(self) -> None:
        self.listening = asyncio.Event()
        self.lines: dict[Address, list[FeedEntry]] = defaultdict(list)
        self.signs: list[Mapping[str, Any]] = []
        self._ears: dict[Address, list[asyncio.Queue[FeedEntry | LiveSignal]]] = defaultdict(list)

    async def append(self, address: Address, key: str, body: Mapping[str, Any]) -> int:
        lines = self.lines[address]
        for entry in lines:
            if entry.key == key:
                return entry.seq
        entry = FeedEntry(seq=len(lines) + 1, key=key, body=storable(body))
        lines.append(entry)
        self._tell(address, entry)
        return entry.seq

    async def since(self, address: Address, after: int, limit: int = 200) -> tuple[FeedEntry, ...]:
        lines = self.lines[address]
        return tuple(lines[-limit:] if after < 0 else lines[after : after + limit])

    async def sign(self, address: Address, body: Mapping[str, Any]) -> None:
        self.signs.append(body)
        self._tell(address, LiveSignal(body=body))

    @asynccontextmanager
    async def listen(self, address: Address) -> AsyncGenerator[AsyncIterator[FeedEntry | LiveSignal]]:
        ear: asyncio.Queue[FeedEntry | LiveSignal] = asyncio.Queue()
        self._ears[address].append(ear)
        self.listening.set()
        try:
            yield _heard(ear)
        finally:
            self._ears[address].remove(ear)

    def _tell(self, address: Address, news: FeedEntry | LiveSignal) -> None:
        for ear in self._ears[address]:
            ear.put_nowait(news)


async def _heard(ear: "asyncio.Queue[FeedEntry | LiveSignal]") -> AsyncIterator[FeedEntry | LiveSignal]:
    while True:
        yield await ear.get()

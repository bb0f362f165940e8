"""A record in memory that clients read and listen to."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from core.address import Address
from core.ports.feed import Entry, Sign
from storage.feed import storable


class FakeFeed:
    """`core.ports.feed.Feed`. `listening` is set once somebody does."""

    def __init__(self) -> None:
        self.listening = asyncio.Event()
        self.lines: dict[Address, list[Entry]] = defaultdict(list)
        self.signs: list[Mapping[str, Any]] = []
        self._ears: dict[Address, list[asyncio.Queue[Entry | Sign]]] = defaultdict(list)

    async def append(self, address: Address, key: str, body: Mapping[str, Any]) -> int:
        lines = self.lines[address]
        for entry in lines:
            if entry.key == key:
                return entry.seq
        entry = Entry(seq=len(lines) + 1, key=key, body=storable(body))
        lines.append(entry)
        self._tell(address, entry)
        return entry.seq

    async def since(self, address: Address, after: int, limit: int = 200) -> tuple[Entry, ...]:
        lines = self.lines[address]
        return tuple(lines[-limit:] if after < 0 else lines[after : after + limit])

    async def sign(self, address: Address, body: Mapping[str, Any]) -> None:
        self.signs.append(body)
        self._tell(address, Sign(body=body))

    @asynccontextmanager
    async def listen(self, address: Address) -> AsyncGenerator[AsyncIterator[Entry | Sign]]:
        ear: asyncio.Queue[Entry | Sign] = asyncio.Queue()
        self._ears[address].append(ear)
        self.listening.set()
        try:
            yield _heard(ear)
        finally:
            self._ears[address].remove(ear)

    def _tell(self, address: Address, news: Entry | Sign) -> None:
        for ear in self._ears[address]:
            ear.put_nowait(news)


async def _heard(ear: "asyncio.Queue[Entry | Sign]") -> AsyncIterator[Entry | Sign]:
    while True:
        yield await ear.get()

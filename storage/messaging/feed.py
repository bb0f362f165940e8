"""The feed in Postgres: subscribers are notified through Valkey and read what they missed from Postgres."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import JSONB

from core.address import Address
from core.clock import Clock
from core.errors import Unreachable
from core.ports.feed import FeedEntry, LiveSignal
from storage.engine.database import Database
from storage.rows.json_values import storable
from storage.tables.feed import feed
from storage.valkey.pubsub import PubSub, SignalsMissed

_PREFIX: Final = "sona:feed:"

# Two writers may compute the same number; one of them then conflicts, returns no row and is retried.
_APPEND: Final = text(
    """
    INSERT INTO feed (address, seq, key, body, at)
    SELECT :address, coalesce(max(seq), 0) + 1, :key, :body, :at FROM feed WHERE address = :address
    ON CONFLICT DO NOTHING RETURNING seq
    """
).bindparams(bindparam("body", type_=JSONB))


@dataclass(slots=True, eq=False)
class FeedPosition:
    """The number of the last entry that one subscriber has read."""

    address: Address
    last: int


class PostgresFeed:
    """`core.ports.feed.Feed` on the table `feed`. Every `poll` seconds it looks for entries whose signal was lost."""

    def __init__(self, *, database: Database, pubsub: PubSub, clock: Clock, poll: float = 10.0) -> None:
        self._database = database
        self._pubsub = pubsub
        self._clock = clock
        self._poll = poll
        self._positions: set[FeedPosition] = set()
        self._task: asyncio.Task[None] | None = None

    async def append(self, address: Address, key: str, body: Mapping[str, Any]) -> int:
        row = {"address": str(address), "key": key, "body": storable(body), "at": self._clock.now()}
        is_new, seq = await self._insert(row)
        if is_new:
            entry = {"seq": seq, "key": key, "body": row["body"]}
            await self._pubsub.publish(_PREFIX + str(address), json.dumps(entry).encode())
        return seq

    async def _insert(self, row: Mapping[str, Any]) -> tuple[bool, int]:
        """Whether the entry is new, and its number. A conflict without the key means that the number was taken."""
        known = select(feed.c.seq).where(feed.c.address == row["address"], feed.c.key == row["key"])
        while True:
            if made := await self._database.run(_APPEND, row):
                return True, made[0].seq
            if found := await self._database.run(known, {}):
                return False, found[0].seq

    async def since(self, address: Address, after: int, limit: int = 200) -> tuple[FeedEntry, ...]:
        query = select(feed.c.seq, feed.c.key, feed.c.body).where(feed.c.address == str(address)).limit(limit)
        query = query.order_by(feed.c.seq.desc()) if after < 0 else query.where(feed.c.seq > after).order_by(feed.c.seq)
        rows = await self._database.run(query, {})
        entries = (FeedEntry(seq=row.seq, key=row.key, body=row.body) for row in rows)
        return tuple(sorted(entries, key=lambda entry: entry.seq))

    async def sign(self, address: Address, body: Mapping[str, Any]) -> None:
        await self._pubsub.publish(_PREFIX + str(address), json.dumps({"live": storable(body)}).encode())

    @asynccontextmanager
    async def listen(self, address: Address) -> AsyncGenerator[AsyncIterator[FeedEntry | LiveSignal]]:
        if self._task is None:
            self._task = asyncio.create_task(self._poll_forever(), name="feed")
        # Subscribe before reading the newest number: an entry written in between is then in the queue.
        async with self._pubsub.subscribe(_PREFIX + str(address)) as queue:
            newest = await self.since(address, -1, 1)
            position = FeedPosition(address=address, last=newest[-1].seq if newest else 0)
            self._positions.add(position)
            items = self._items(position, queue)
            try:
                yield items
            finally:
                self._positions.discard(position)
                await items.aclose()

    async def _items(
        self, position: FeedPosition, queue: asyncio.Queue[bytes | SignalsMissed]
    ) -> AsyncGenerator[FeedEntry | LiveSignal]:
        """Signals, and entries in order without gaps: a number that is not the next one makes it read the database."""
        while True:
            item = await queue.get()
            data = {} if isinstance(item, SignalsMissed) else json.loads(item)
            if "live" in data:
                yield LiveSignal(body=data["live"])
                continue
            if data and data["seq"] == 1:
                position.last = 0  # the learner was forgotten, and a new feed starts at this address
            if data and data["seq"] == position.last + 1:
                entries = (FeedEntry(seq=data["seq"], key=data["key"], body=data["body"]),)
            elif data and data["seq"] <= position.last:
                continue
            else:
                entries = await self._entries_after(position.address, position.last)
            for entry in entries:
                position.last = entry.seq
                yield entry

    async def _entries_after(self, address: Address, last: int) -> tuple[FeedEntry, ...]:
        """All entries after `last`; fewer while the database is unreachable, as the next poll asks again."""
        found: tuple[FeedEntry, ...] = ()
        with contextlib.suppress(Unreachable):
            while page := await self.since(address, found[-1].seq if found else last):
                found += page
        return found

    async def _poll_forever(self) -> None:
        while True:
            await asyncio.sleep(self._poll)
            with contextlib.suppress(Unreachable):
                await self._poll_once()

    async def _poll_once(self) -> None:
        """Compare the positions of all subscribers in this process with the database, in one query."""
        positions = [(str(position.address), position.last) for position in self._positions]
        query = (
            select(feed.c.address, func.max(feed.c.seq).label("newest"))
            .where(feed.c.address.in_({address for address, _ in positions}))
            .group_by(feed.c.address)
        )
        newest = {row.address: row.newest for row in await self._database.run(query, {})}
        for address in {address for address, last in positions if newest.get(address, 0) > last}:
            self._pubsub.mark_missed(_PREFIX + address)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

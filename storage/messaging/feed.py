"""The numbered record in Postgres; who listens hears of it through Valkey and finds in Postgres what was not heard."""

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
from core.wire import clean
from storage.engine.database import Database
from storage.tables.feed import feed
from storage.valkey.pubsub import PubSub, SignalsMissed

_PREFIX: Final = "sona:feed:"

_APPEND: Final = text(
    """
    INSERT INTO feed (address, seq, key, body, at)
    SELECT :address, coalesce(max(seq), 0) + 1, :key, :body, :at FROM feed WHERE address = :address
    ON CONFLICT DO NOTHING RETURNING seq
    """
).bindparams(bindparam("body", type_=JSONB))


@dataclass(slots=True, eq=False)
class FeedPosition:
    """How far one listener has read."""

    address: Address
    last: int


class PostgresFeed:
    """`core.ports.feed.Feed` on the table `feed`. `poll` is how often, in seconds, lines nobody heard of are looked for."""

    def __init__(self, *, database: Database, pubsub: PubSub, clock: Clock, poll: float = 10.0) -> None:
        self._database = database
        self._radio = pubsub
        self._clock = clock
        self._poll = poll
        self._places: set[FeedPosition] = set()
        self._task: asyncio.Task[None] | None = None

    async def append(self, address: Address, key: str, body: Mapping[str, Any]) -> int:
        row = {"address": str(address), "key": key, "body": storable(body), "at": self._clock.now()}
        fresh, seq = await self._insert(row)
        if fresh:
            line = {"seq": seq, "key": key, "body": row["body"]}
            await self._radio.publish(_PREFIX + str(address), json.dumps(line).encode())
        return seq

    async def _insert(self, row: Mapping[str, Any]) -> tuple[bool, int]:
        """A conflict is either the same key again, or another line that took the number first: then the next is free."""
        known = select(feed.c.seq).where(feed.c.address == row["address"], feed.c.key == row["key"])
        while True:
            if made := await self._database.run(_APPEND, row):
                return True, made[0].seq
            if found := await self._database.run(known, {}):
                return False, found[0].seq

    async def since(self, address: Address, after: int, limit: int = 200) -> tuple[FeedEntry, ...]:
        lines = select(feed.c.seq, feed.c.key, feed.c.body).where(feed.c.address == str(address)).limit(limit)
        lines = lines.order_by(feed.c.seq.desc()) if after < 0 else lines.where(feed.c.seq > after).order_by(feed.c.seq)
        rows = await self._database.run(lines, {})
        entries = (FeedEntry(seq=row.seq, key=row.key, body=row.body) for row in rows)
        return tuple(sorted(entries, key=lambda entry: entry.seq))

    async def sign(self, address: Address, body: Mapping[str, Any]) -> None:
        await self._radio.publish(_PREFIX + str(address), json.dumps({"sign": storable(body)}).encode())

    @asynccontextmanager
    async def listen(self, address: Address) -> AsyncGenerator[AsyncIterator[FeedEntry | LiveSignal]]:
        if self._task is None:
            self._task = asyncio.create_task(self._look(), name="feed")
        async with self._radio.subscribe(_PREFIX + str(address)) as queue:
            newest = await self.since(address, -1, 1)
            place = FeedPosition(address=address, last=newest[-1].seq if newest else 0)
            self._places.add(place)
            lines = self._lines(place, queue)
            try:
                yield lines
            finally:
                self._places.discard(place)
                await lines.aclose()

    async def _lines(
        self, place: FeedPosition, queue: asyncio.Queue[bytes | SignalsMissed]
    ) -> AsyncGenerator[FeedEntry | LiveSignal]:
        """What is heard, in order and without gaps: a number that is not the next one sends us to the database."""
        while True:
            item = await queue.get()
            told = {} if isinstance(item, SignalsMissed) else json.loads(item)
            if "sign" in told:
                yield LiveSignal(body=told["sign"])
                continue
            if told and told["seq"] == 1:
                place.last = 0  # the record began anew, as who it was with was forgotten
            if told and told["seq"] == place.last + 1:
                entries = (FeedEntry(seq=told["seq"], key=told["key"], body=told["body"]),)
            elif told and told["seq"] <= place.last:
                continue
            else:
                entries = await self._found(place.address, place.last)
            for entry in entries:
                place.last = entry.seq
                yield entry

    async def _found(self, address: Address, last: int) -> tuple[FeedEntry, ...]:
        """Every line after `last`; none for now while the database is away, as the poll asks again."""
        found: tuple[FeedEntry, ...] = ()
        with contextlib.suppress(Unreachable):
            while page := await self.since(address, found[-1].seq if found else last):
                found += page
        return found

    async def _look(self) -> None:
        """The safety net under lost messages: one query for everyone who listens in this process."""
        while True:
            await asyncio.sleep(self._poll)
            with contextlib.suppress(Unreachable):
                await self._compare()

    async def _compare(self) -> None:
        places = [(str(place.address), place.last) for place in self._places]
        newest = (
            select(feed.c.address, func.max(feed.c.seq).label("newest"))
            .where(feed.c.address.in_({address for address, _ in places}))
            .group_by(feed.c.address)
        )
        known = {row.address: row.newest for row in await self._database.run(newest, {})}
        for address in {address for address, last in places if known.get(address, 0) > last}:
            self._radio.mark_missed(_PREFIX + address)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None


def storable(value: Any) -> Any:
    """The same JSON value with U+FFFD for what Postgres cannot keep: NUL characters and halves of surrogate pairs."""
    match value:
        case str():
            return clean(value)
        case Mapping():
            return {storable(key): storable(item) for key, item in value.items()}
        case list() | tuple():
            return [storable(item) for item in value]
        case _:
            return value

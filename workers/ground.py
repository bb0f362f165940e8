"""What every process stands on: the database, Valkey and the storage built on them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import redis.asyncio as redis

from core.address import Address
from core.clock import Clock, SystemClock
from core.phrases import DEFAULT
from core.ports.knowledge import Source
from storage import standing
from storage.acquaintances import PostgresAcquaintances
from storage.blobs import PostgresBlobs
from storage.cleanup import Cleanup
from storage.consents import PostgresAllowance, PostgresConsents
from storage.counts import Counts
from storage.database import Database
from storage.drafts import ValkeyDrafts
from storage.feed import PostgresFeed
from storage.inbox import PostgresInbox
from storage.installs import PostgresInstalls
from storage.leaving import PostgresLeaving
from storage.library import PostgresLibrary
from storage.links import PostgresLinks
from storage.outbox import PostgresOutbox
from storage.outcomes import PostgresOutcomes
from storage.people import PostgresPeople
from storage.polls import PostgresPolls
from storage.radio import Radio
from storage.ratings import PostgresRatings
from storage.signals import StopSigns
from storage.study import PostgresStudy
from storage.sweep import Sweep
from storage.tidying import Tidying
from storage.turns import PostgresTurns
from workers.settings import Settings


class Ground:
    """Made inside the event loop that uses it; `close` ends what `go` began and gives all connections back."""

    def __init__(self, settings: Settings, *, pool: int = 8, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.database = Database(settings.database_url, pool=pool)
        self.valkey = redis.Redis.from_pool(
            redis.BlockingConnectionPool.from_url(
                settings.redis_url, max_connections=16, timeout=5, socket_connect_timeout=2, health_check_interval=15
            )
        )
        self.count = Counts(self.valkey)
        self.radio = Radio(settings.redis_url)
        self.stops = StopSigns(self.radio)
        self.feed = PostgresFeed(database=self.database, radio=self.radio, clock=self.clock)
        self.blobs = PostgresBlobs(database=self.database, clock=self.clock)
        self.inbox = PostgresInbox(self.database, self.clock)
        self.turns = PostgresTurns(self.database, self.clock)
        self.outbox = PostgresOutbox(self.database, self.clock)
        self.outcomes = PostgresOutcomes(self.database)
        self.polls = PostgresPolls(self.database)
        self.consents = PostgresConsents(self.database, self.clock)
        self.allowance = PostgresAllowance(self.database)
        self.installs = PostgresInstalls(self.database, self.clock, secret_key=settings.secret_key.encode())
        self.ratings = PostgresRatings(self.database)
        self.acquaintances = PostgresAcquaintances(self.database)
        self.study = PostgresStudy(self.database)
        self.library = PostgresLibrary(database=self.database, clock=self.clock)
        self.drafts = ValkeyDrafts(self.valkey)
        self.sweep = Sweep(self.database)
        self.tidying = Tidying(self.database)
        self.people = PostgresPeople(database=self.database, clock=self.clock)
        self.links = PostgresLinks(database=self.database, clock=self.clock, key=settings.secret_key.encode())
        self.leaving = PostgresLeaving(
            database=self.database, blobs=self.blobs, clock=self.clock, base=settings.public_url
        )
        self.cleanup = Cleanup(self.database)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing: list[Callable[[], Awaitable[object]]] = []

    def go(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something beside everything else until `close`."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def owns(self, close: Callable[[], Awaitable[object]]) -> None:
        """Have something that stands on this ground closed with it."""
        self._closing.append(close)

    async def locale_of(self, source: Source) -> str:
        """The language of whoever put a source down."""
        return await standing.locale(self.database, source.owner) or DEFAULT

    async def locale_at(self, address: Address) -> str:
        """The language that is spoken at an address."""
        return await standing.locale_at(self.database, address) or DEFAULT

    async def database_answers(self) -> str:
        await standing.answers(self.database)
        return "ok"

    async def valkey_answers(self) -> str:
        return "ok" if await self.valkey.ping() else "no answer"

    async def tables_stand(self, expected: str | None) -> str:
        present = await standing.revision(self.database)
        return "ok" if present == expected else f"at {present}, not {expected}"

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(close() for close in self._closing), return_exceptions=True)
        with contextlib.suppress(redis.RedisError, OSError):
            await self.count.flush()
        await self.feed.close()
        await self.radio.close()
        await self.valkey.aclose()
        await self.database.close()

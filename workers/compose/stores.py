"""The database, Valkey and the stores built on them, shared by every process."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import redis.asyncio as redis

from core.address import Address
from core.clock import Clock, SystemClock
from core.phrases import DEFAULT
from core.ports.knowledge import KnowledgeSource
from storage.engine.database import Database
from storage.knowledge.sources import PostgresSources
from storage.maintenance import health
from storage.maintenance.cleanup import Cleanup
from storage.maintenance.expiry import Expiry
from storage.messaging.blobs import PostgresBlobs
from storage.messaging.delivery_reports import PostgresDeliveryReports
from storage.messaging.feed import PostgresFeed
from storage.messaging.inbox import PostgresInbox
from storage.messaging.outbox import PostgresOutbox
from storage.messaging.polls import PostgresPolls
from storage.messaging.sweep import Sweep
from storage.messaging.turns import PostgresTurns
from storage.people import locales
from storage.people.consent import PostgresAllowance, PostgresConsents
from storage.people.identities import PostgresIdentities
from storage.people.installs import PostgresInstalls
from storage.people.link_codes import PostgresLinkCodes
from storage.people.people import PostgresPeople
from storage.people.privacy import PostgresPrivacy
from storage.people.ratings import PostgresRatings
from storage.study.cards import PostgresStudyRecord
from storage.valkey.counters import ValkeyCounters
from storage.valkey.drafts import ValkeyDrafts
from storage.valkey.pubsub import PubSub
from storage.valkey.stop_signals import StopSignals
from workers.settings import Settings


class Stores:
    """All stores of a process; create it inside the event loop that uses it.

    `close` cancels the tasks started by `go`, closes what `owns` registered, and closes all connections.
    """

    def __init__(self, settings: Settings, *, pool: int = 8, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.database = Database(settings.database_url, pool=pool)
        self.valkey = redis.Redis.from_pool(
            redis.BlockingConnectionPool.from_url(
                settings.redis_url, max_connections=16, timeout=5, socket_connect_timeout=2, health_check_interval=15
            )
        )
        self.count = ValkeyCounters(self.valkey)
        self.pubsub = PubSub(settings.redis_url)
        self.stops = StopSignals(self.pubsub)
        self.feed = PostgresFeed(database=self.database, pubsub=self.pubsub, clock=self.clock)
        self.blobs = PostgresBlobs(database=self.database, clock=self.clock)
        self.inbox = PostgresInbox(self.database, self.clock)
        self.turns = PostgresTurns(self.database, self.clock)
        self.outbox = PostgresOutbox(self.database, self.clock)
        self.outcomes = PostgresDeliveryReports(self.database)
        self.polls = PostgresPolls(self.database)
        self.consents = PostgresConsents(self.database, self.clock)
        self.allowance = PostgresAllowance(self.database)
        self.installs = PostgresInstalls(self.database, self.clock, secret_key=settings.secret_key.encode())
        self.ratings = PostgresRatings(self.database)
        self.acquaintances = PostgresIdentities(self.database)
        self.study = PostgresStudyRecord(self.database)
        self.library = PostgresSources(database=self.database, clock=self.clock)
        self.drafts = ValkeyDrafts(self.valkey)
        self.sweep = Sweep(self.database)
        self.tidying = Expiry(self.database)
        self.people = PostgresPeople(database=self.database, clock=self.clock)
        self.links = PostgresLinkCodes(database=self.database, clock=self.clock, key=settings.secret_key.encode())
        self.leaving = PostgresPrivacy(
            database=self.database, blobs=self.blobs, clock=self.clock, base=settings.public_url
        )
        self.cleanup = Cleanup(self.database)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing: list[Callable[[], Awaitable[object]]] = []

    def go(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run a background task until `close`."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def owns(self, close: Callable[[], Awaitable[object]]) -> None:
        """Register a function to call on `close`."""
        self._closing.append(close)

    async def locale_of(self, source: KnowledgeSource) -> str:
        """Return the locale of the source's owner."""
        return await locales.locale_of_learner(self.database, source.owner) or DEFAULT

    async def locale_at(self, address: Address) -> str:
        """Return the locale of the learner at an address."""
        return await locales.locale_at(self.database, address) or DEFAULT

    async def database_answers(self) -> str:
        await health.ping(self.database)
        return "ok"

    async def valkey_answers(self) -> str:
        return "ok" if await self.valkey.ping() else "no answer"

    async def tables_stand(self, expected: str | None) -> str:
        present = await health.schema_revision(self.database)
        return "ok" if present == expected else f"at {present}, not {expected}"

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(close() for close in self._closing), return_exceptions=True)
        with contextlib.suppress(redis.RedisError, OSError):
            await self.count.flush()
        await self.feed.close()
        await self.pubsub.close()
        await self.valkey.aclose()
        await self.database.close()

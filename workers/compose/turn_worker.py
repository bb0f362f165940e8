"""The worker that runs turns and deliveries, its sweep and its clean-up."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.address import Address
from core.channel import Channel
from core.converse import Converse, SpeechLayer, Thinker
from core.deliver import Deliver
from core.ports.messaging import Wake
from core.rate_limit import RateLimiter
from workers.compose.stores import Stores
from workers.queue.scheduler import TurnScheduler

_log = logging.getLogger(__name__)
_RESCHEDULE_AFTER = timedelta(seconds=20)


class RecentlySeen:
    """Pass each name at most once per window; otherwise every sweep would queue tasks that no worker takes."""

    def __init__(self, window: timedelta = _RESCHEDULE_AFTER) -> None:
        self._window = window
        self._seen: dict[str, datetime] = {}

    def filter_new(self, names: Iterable[str], now: datetime) -> tuple[str, ...]:
        """Return the names not passed within the window."""
        self._seen = {name: at for name, at in self._seen.items() if now - at < self._window}
        found = tuple(name for name in names if name not in self._seen)
        self._seen.update(dict.fromkeys(found, now))
        return found


@dataclass(frozen=True, kw_only=True)
class TurnWorker:
    """A process that runs turns: its stores, its scheduler, and `remote`, the wake for other processes."""

    stores: Stores
    scheduler: TurnScheduler
    remote: Wake
    recent_sources: RecentlySeen = field(default_factory=RecentlySeen)
    recent_expiry: RecentlySeen = field(default_factory=RecentlySeen)

    async def sweep(self) -> None:
        """Schedule waiting events, due deliveries and sources that no process is working on."""
        now = self.stores.clock.now()
        self.scheduler.turn(await self.stores.sweep.turns(now))
        self.scheduler.delivery(await self.stores.sweep.deliveries(now))
        if waiting := self.recent_sources.filter_new(await self.stores.library.unclaimed(now), now):
            self.remote.reading(waiting)
        if self.recent_expiry.filter_new(("all",), now):
            await self.stores.tidying(now)

    async def clean_up(self) -> None:
        """Delete expired rows and files."""
        now = self.stores.clock.now()
        await self.stores.tidying.delete_leftovers(now)
        _log.info("deleted rows: %s", await self.stores.cleanup(now))

    async def close(self, grace: float) -> None:
        await self.scheduler.drain(grace)
        await self.stores.close()


@dataclass
class LocalWake:
    """`core.ports.messaging.Wake` of a worker: turns and deliveries stay in this process, the rest goes to `remote`."""

    remote: Wake
    scheduler: TurnScheduler | None = None

    def turn(self, addresses: Iterable[Address]) -> None:
        (self.scheduler or self.remote).turn(addresses)

    def delivery(self, addresses: Iterable[Address]) -> None:
        (self.scheduler or self.remote).delivery(addresses)

    def reading(self, sources: Iterable[str]) -> None:
        self.remote.reading(sources)

    async def stop(self, address: Address) -> None:
        await self.remote.stop(address)


def make_turn_worker(
    stores: Stores,
    *,
    channels: Mapping[str, Channel],
    dispatcher: Thinker,
    turn_speech: SpeechLayer,
    wake: LocalWake,
    rate_limiter: RateLimiter | None = None,
) -> TurnWorker:
    """Return a worker for these channels and this dispatcher; call it inside the loop that will run it.

    By default deliveries respect the platforms' rate limits.
    """
    settings = stores.settings
    lease = timedelta(seconds=settings.lease_seconds)
    converse = Converse(
        turns=stores.turns,
        channels=channels,
        mind=dispatcher,
        senses=turn_speech,
        stopping=stores.stops,
        wake=wake,
        clock=stores.clock,
        count=stores.count,
        lease=lease,
    )
    deliver = Deliver(
        outbox=stores.outbox,
        channels=channels,
        clock=stores.clock,
        count=stores.count,
        lease=lease,
        pacer=rate_limiter or RateLimiter(),
    )
    scheduler = TurnScheduler(converse=converse, deliver=deliver, clock=stores.clock, slots=settings.worker_slots)
    wake.scheduler = scheduler
    stores.go(stores.stops.listen())
    stores.go(stores.count.run())
    return TurnWorker(stores=stores, scheduler=scheduler, remote=wake.remote)

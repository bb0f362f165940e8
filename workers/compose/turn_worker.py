"""A worker's rooms: the house with its turns and deliveries, and the sweep."""

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
_RUNG_AGAIN = timedelta(seconds=20)


class RecentlySeen:
    """Lets each name through once in so long: rings that nobody takes would pile up with every sweep."""

    def __init__(self, length: timedelta = _RUNG_AGAIN) -> None:
        self._length = length
        self._seen: dict[str, datetime] = {}

    def fresh(self, names: Iterable[str], now: datetime) -> tuple[str, ...]:
        """The names that were not let through lately."""
        self._seen = {name: at for name, at in self._seen.items() if now - at < self._length}
        found = tuple(name for name in names if name not in self._seen)
        self._seen.update(dict.fromkeys(found, now))
        return found


@dataclass(frozen=True, kw_only=True)
class TurnWorker:
    """Everything a process needs that runs turns."""

    stores: Stores
    house: TurnScheduler
    outside: Wake
    rung: RecentlySeen = field(default_factory=RecentlySeen)
    tidied: RecentlySeen = field(default_factory=RecentlySeen)

    async def swept(self) -> None:
        """Ring for everything that waits and that nobody was woken for."""
        now = self.stores.clock.now()
        self.house.turn(await self.stores.sweep.turns(now))
        self.house.delivery(await self.stores.sweep.deliveries(now))
        if waiting := self.rung.fresh(await self.stores.library.unclaimed(now), now):
            self.outside.reading(waiting)
        if self.tidied.fresh(("all",), now):
            await self.stores.tidying(now)

    async def cleaned(self) -> None:
        """Take away what nobody needs any more."""
        now = self.stores.clock.now()
        await self.stores.tidying.delete_leftovers(now)
        _log.info("rows taken away: %s", await self.stores.cleanup(now))

    async def close(self, grace: float) -> None:
        await self.house.drain(grace)
        await self.stores.close()


@dataclass
class LocalWake:
    """`core.ports.messaging.Wake` of a worker: turns and deliveries stay in this process, the rest goes through Celery."""

    outside: Wake
    house: TurnScheduler | None = None

    def turn(self, addresses: Iterable[Address]) -> None:
        (self.house or self.outside).turn(addresses)

    def delivery(self, addresses: Iterable[Address]) -> None:
        (self.house or self.outside).delivery(addresses)

    def reading(self, sources: Iterable[str]) -> None:
        self.outside.reading(sources)

    async def stop(self, address: Address) -> None:
        await self.outside.stop(address)


def make_rooms(
    stores: Stores,
    *,
    channels: Mapping[str, Channel],
    mind: Thinker,
    senses: SpeechLayer,
    wake: LocalWake,
    pacer: RateLimiter | None = None,
) -> TurnWorker:
    """The rooms around these channels and this mind; call it inside the loop that will run them. By default deliveries keep to the platforms' limits."""
    settings = stores.settings
    lease = timedelta(seconds=settings.lease_seconds)
    converse = Converse(
        turns=stores.turns,
        channels=channels,
        mind=mind,
        senses=senses,
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
        pacer=pacer or RateLimiter(),
    )
    house = TurnScheduler(converse=converse, deliver=deliver, clock=stores.clock, slots=settings.worker_slots)
    wake.house = house
    stores.go(stores.stops.listen())
    stores.go(stores.count.run())
    return TurnWorker(stores=stores, house=house, outside=wake.outside)

"""The whole house in one loop: real storage, every channel on its own wire, the mind that the settings name."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from aiohttp import web

from core.address import Address
from core.channel import RateLimit
from core.event import Event
from core.ports.knowledge import Embedder
from core.rate_limit import RateLimiter, WaitingSend
from core.receive import ReceiveEvents
from tests.fakes.clock import ManualClock
from workers.compose import assembly, channels
from workers.compose.assembly import Ingress
from workers.compose.knowledge import IngestWorker
from workers.compose.stores import Stores
from workers.compose.turn_worker import LocalWake, TurnWorker
from workers.processes.web import build_application
from workers.settings import Settings

_START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_PATIENCE = 20.0


class Clock(ManualClock):
    """Moves a hundredth of a second each time it is looked at, and further when told."""

    def __init__(self) -> None:
        super().__init__(_START)

    def now(self) -> datetime:
        self.pass_(0.01)
        return super().now()


class Hasty(RateLimiter):
    """Stories are not about waiting."""

    @asynccontextmanager
    async def acquire(self, lanes: tuple[RateLimit, ...]) -> AsyncGenerator[WaitingSend]:
        async with super().acquire(()) as place:
            yield place


@dataclass
class Outside:
    """A wake for what a worker leaves to others: sources are read here, stops are sent to everybody."""

    stores: Stores
    shelf: IngestWorker | None = None
    reading_now: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def turn(self, addresses: Iterable[Address]) -> None: ...

    def delivery(self, addresses: Iterable[Address]) -> None: ...

    def reading(self, sources: Iterable[str]) -> None:
        for source in sources:
            assert self.shelf is not None
            task = asyncio.create_task(self.shelf.ingest_source(source))
            self.reading_now.add(task)
            task.add_done_callback(self.reading_now.discard)

    async def stop(self, address: Address) -> None:
        await self.stores.stops.send(address)


@dataclass(frozen=True, kw_only=True)
class Taking(ReceiveEvents):
    """A door's `receive` that remembers what came through it."""

    came: asyncio.Condition = field(default_factory=asyncio.Condition)
    events: list[Event] = field(default_factory=list[Event])

    async def __call__(self, event: Event) -> bool:
        new = await super().__call__(event)
        async with self.came:
            self.events.append(event)
            self.came.notify_all()
        return new

    async def wait(self, address: Address, count: int) -> None:
        """Until so many events of this address came."""
        async with asyncio.timeout(_PATIENCE), self.came:
            await self.came.wait_for(lambda: sum(event.address == address for event in self.events) >= count)


@dataclass(kw_only=True)
class StoryHouse:
    """`url` is where its site stands; `taking` sees every event that is received."""

    stores: Stores
    clock: Clock
    ingress: Ingress
    rooms: TurnWorker
    outside: Outside
    taking: Taking
    url: str

    async def settles(self) -> None:
        """Wait until nothing runs any more: no turn, no delivery, no reading."""
        house = self.rooms.scheduler
        async with asyncio.timeout(_PATIENCE):
            while running := [
                *house.turns.running.values(),
                *house.deliveries.running.values(),
                *self.outside.reading_now,
            ]:
                await asyncio.wait(running)

    async def passes(self, **time: float) -> None:
        """Let time go by, and everything happen that is due then."""
        self.clock.pass_(timedelta(**time).total_seconds())
        await self.rooms.sweep()
        await self.settles()


@asynccontextmanager
async def open_house(home: Path, embedder: Embedder, **chosen: Any) -> AsyncGenerator[StoryHouse]:
    """A house with these settings; `public_url="here"` is its own address, so that platforms call it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        if chosen.get("public_url") == "here":
            chosen["public_url"] = url
        given = Settings.model_construct(home=home, secret_key="k" * 32, speech="espeak")
        settings = given.model_copy(update=chosen)
        clock = Clock()
        stores = Stores(settings, clock=clock)
        outside = Outside(stores)
        wake = LocalWake(outside)
        taking = Taking(inbox=stores.inbox, wake=wake, consents=stores.consents)
        platforms = channels.platforms(stores)
        every = channels.channels(stores, platforms, taking)
        rooms = assembly.build_turn_worker(
            stores, wake=wake, channels=every, embedder=embedder, rng=Random(7), rate_limiter=Hasty()
        )
        outside.shelf = assembly.build_ingest_worker(stores, wake=wake, embedder=embedder)
        ingress = Ingress(
            stores=stores, wake=wake, receive=taking, web=channels.web(stores, taking), platforms=platforms
        )
        runner = web.AppRunner(build_application(ingress), access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        house = StoryHouse(
            stores=stores, clock=clock, ingress=ingress, rooms=rooms, outside=outside, taking=taking, url=url
        )
        try:
            yield house
        finally:
            await runner.cleanup()
            await rooms.scheduler.drain(1)
            await asyncio.gather(*(platform.close() for platform in platforms.values()))
            await stores.close()

"""The composition root: what each process is made of."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random, SystemRandom

from bots.web import WebChannel
from core.channel import Channel
from core.event import Event
from core.ingest import Ingest
from core.mind.voicing import Mouth
from core.pace import Pacer
from core.ports.knowledge import Embedder
from core.ports.street import Wake
from core.providers.anthropic import AnthropicModel
from core.providers.openai import OpenAIModel
from core.providers.reading.reader import ChildReader
from core.providers.web import WebFetcher
from core.receive import Receive
from workers import doors, minds, senses, shelf
from workers.celery import App, make_app
from workers.desk import Desk, Probe
from workers.doors import Platform
from workers.ground import Ground
from workers.platforms import availabilities
from workers.rooms import HouseWake, StreetRooms, make_rooms
from workers.settings import Settings
from workers.wake import CeleryWake


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where events come in: the web process, a gateway, or a command that talks."""

    ground: Ground
    wake: Wake
    receive: Receive
    web: WebChannel
    platforms: dict[str, Platform]

    async def take(self, event: Event) -> None:
        await self.receive(event)


@asynccontextmanager
async def door(settings: Settings) -> AsyncGenerator[Door]:
    """A door that is open until the block ends."""
    ground = Ground(settings)
    wake = CeleryWake(make_app(settings.redis_url), ground.stops.send)
    receive = Receive(inbox=ground.inbox, wake=wake, consents=ground.consents)
    platforms = doors.platforms(ground)
    ground.go(ground.count.run())
    try:
        yield Door(ground=ground, wake=wake, receive=receive, web=doors.web(ground, receive), platforms=platforms)
    finally:
        await asyncio.gather(*(platform.close() for platform in platforms.values()), return_exceptions=True)
        await asyncio.to_thread(wake.close)
        await ground.close()


async def street_rooms(settings: Settings, app: App) -> StreetRooms:
    """A worker's rooms: every channel, the mind, ears and a voice."""
    ground = Ground(settings)
    wake = HouseWake(CeleryWake(app, ground.stops.send))
    platforms = doors.platforms(ground)
    for platform in platforms.values():
        ground.owns(platform.close)
    receive = Receive(inbox=ground.inbox, wake=wake, consents=ground.consents)
    channels = doors.channels(ground, platforms, receive)
    return furnished(ground, wake=wake, channels=channels, embedder=shelf.embedder(settings), chance=SystemRandom())


def furnished(
    ground: Ground,
    *,
    wake: HouseWake,
    channels: Mapping[str, Channel],
    embedder: Embedder,
    chance: Random,
    pacer: Pacer | None = None,
) -> StreetRooms:
    """The rooms on this ground, behind these channels; `pacer` as in `make_rooms`."""
    thinker = minds.model(ground.settings)
    if isinstance(thinker, AnthropicModel | OpenAIModel):
        ground.go(thinker.open())
        ground.owns(thinker.close)

    def audible(name: str) -> bool:
        return ground.settings.speech != "off" and (name not in channels or channels[name].capabilities.voice)

    def forgeable(name: str) -> bool:
        return name in channels and channels[name].capabilities.forgeable

    retriever = shelf.retriever(ground, embedder)
    mind = minds.mind(
        ground,
        retriever=retriever,
        wake=wake,
        thinker=thinker,
        audible=audible,
        forgeable=forgeable,
        chance=chance,
    )
    mouth = Mouth(speech=senses.speech(ground), blobs=ground.blobs)
    ears = senses.Senses(hearing=senses.hearing(ground), mouth=mouth, channels=channels)
    return make_rooms(ground, channels=channels, mind=mind, senses=ears, wake=wake, pacer=pacer)


async def shelf_rooms(settings: Settings, app: App) -> shelf.ShelfRooms:
    """The rooms of a process that reads sources."""
    ground = Ground(settings, pool=3)
    rooms = shelved(ground, wake=CeleryWake(app, ground.stops.send), embedder=shelf.embedder(settings))
    await rooms.put_courses(minds.catalogue())
    ground.go(rooms.renewing())
    return rooms


def shelved(ground: Ground, *, wake: Wake, embedder: Embedder) -> shelf.ShelfRooms:
    """What reads sources on this ground."""
    ingest = Ingest(
        library=ground.library,
        fetcher=WebFetcher(),
        blobs=ground.blobs,
        reader=ChildReader(),
        embedder=embedder,
        inbox=ground.inbox,
        wake=wake,
        clock=ground.clock,
        locale=ground.locale_of,
        loaders={"course": shelf.course_loader(minds.catalogue())},
        stands=ground.library.stands,
    )
    return shelf.ShelfRooms(ground=ground, ingest=ingest, embedder=embedder)


@asynccontextmanager
async def desk(settings: Settings) -> AsyncGenerator[Desk]:
    """What commands at a terminal need."""
    async with door(settings) as opened:
        ground = opened.ground
        yield Desk(
            feed=ground.feed,
            receive=opened.take,
            library=ground.library,
            blobs=ground.blobs,
            wake=opened.wake,
            idle=ground.sweep.idle,
            speech=senses.speech(ground),
            clock=ground.clock,
            probes=_probes(opened, settings),
        )


def _probes(opened: Door, settings: Settings) -> tuple[Probe, ...]:
    outer = tuple(
        Probe(
            name=found.name,
            ask=doors.greeting(opened.platforms.get(found.name)),
            off="" if found.state == "on" else found.why,
        )
        for found in availabilities(settings)
    )
    return (*minds.probes(settings), *senses.probes(opened.ground), *outer)

"""The composition root: what each process is made of."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random, SystemRandom

from bots.web import WebChannel
from core.channel import Channel
from core.event import Event
from core.features.voice.voicing import SpeechDeps
from core.ingest import Ingest
from core.ports.knowledge import Embedder
from core.ports.messaging import Wake
from core.providers.documents.reader import SubprocessReader
from core.providers.models.anthropic import AnthropicModel
from core.providers.models.openai import OpenAIModel
from core.providers.web.fetcher import WebFetcher
from core.rate_limit import RateLimiter
from core.receive import ReceiveEvents
from workers.admin.cli_context import CliContext, HealthCheck
from workers.compose import channels, dialogue, knowledge, speech
from workers.compose.availability import availabilities
from workers.compose.channels import ConnectedPlatform
from workers.compose.stores import Stores
from workers.compose.turn_worker import LocalWake, TurnWorker, make_rooms
from workers.queue.celery import App, make_app
from workers.queue.wake import CeleryWake
from workers.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Ingress:
    """Where events come in: the web process, a gateway, or a command that talks."""

    ground: Stores
    wake: Wake
    receive: ReceiveEvents
    web: WebChannel
    platforms: dict[str, ConnectedPlatform]

    async def take(self, event: Event) -> None:
        await self.receive(event)


@asynccontextmanager
async def door(settings: Settings) -> AsyncGenerator[Ingress]:
    """A door that is open until the block ends."""
    ground = Stores(settings)
    wake = CeleryWake(make_app(settings.redis_url), ground.stops.send)
    receive = ReceiveEvents(inbox=ground.inbox, wake=wake, consents=ground.consents)
    platforms = channels.platforms(ground)
    ground.go(ground.count.run())
    try:
        yield Ingress(ground=ground, wake=wake, receive=receive, web=channels.web(ground, receive), platforms=platforms)
    finally:
        await asyncio.gather(*(platform.close() for platform in platforms.values()), return_exceptions=True)
        await asyncio.to_thread(wake.close)
        await ground.close()


async def street_rooms(settings: Settings, app: App) -> TurnWorker:
    """A worker's rooms: every channel, the mind, ears and a voice."""
    ground = Stores(settings)
    wake = LocalWake(CeleryWake(app, ground.stops.send))
    platforms = channels.platforms(ground)
    for platform in platforms.values():
        ground.owns(platform.close)
    receive = ReceiveEvents(inbox=ground.inbox, wake=wake, consents=ground.consents)
    every = channels.channels(ground, platforms, receive)
    return furnished(ground, wake=wake, channels=every, embedder=knowledge.embedder(settings), chance=SystemRandom())


def furnished(
    ground: Stores,
    *,
    wake: LocalWake,
    channels: Mapping[str, Channel],
    embedder: Embedder,
    chance: Random,
    pacer: RateLimiter | None = None,
) -> TurnWorker:
    """The rooms on this ground, behind these channels; `pacer` as in `make_rooms`."""
    thinker = dialogue.model(ground.settings)
    if isinstance(thinker, AnthropicModel | OpenAIModel):
        ground.go(thinker.open())
        ground.owns(thinker.close)

    def audible(name: str) -> bool:
        return ground.settings.speech != "off" and (name not in channels or channels[name].capabilities.voice)

    def forgeable(name: str) -> bool:
        return name in channels and channels[name].capabilities.forgeable

    retriever = knowledge.retriever(ground, embedder)
    mind = dialogue.mind(
        ground,
        retriever=retriever,
        wake=wake,
        thinker=thinker,
        audible=audible,
        forgeable=forgeable,
        chance=chance,
    )
    mouth = SpeechDeps(speech=speech.speech(ground), blobs=ground.blobs)
    ears = speech.TurnSpeech(hearing=speech.hearing(ground), mouth=mouth, channels=channels)
    return make_rooms(ground, channels=channels, mind=mind, senses=ears, wake=wake, pacer=pacer)


async def shelf_rooms(settings: Settings, app: App) -> knowledge.IngestWorker:
    """The rooms of a process that reads sources."""
    ground = Stores(settings, pool=3)
    rooms = shelved(ground, wake=CeleryWake(app, ground.stops.send), embedder=knowledge.embedder(settings))
    await rooms.put_courses(dialogue.catalogue())
    ground.go(rooms.renewing())
    return rooms


def shelved(ground: Stores, *, wake: Wake, embedder: Embedder) -> knowledge.IngestWorker:
    """What reads sources on this ground."""
    ingest = Ingest(
        library=ground.library,
        fetcher=WebFetcher(),
        blobs=ground.blobs,
        reader=SubprocessReader(),
        embedder=embedder,
        inbox=ground.inbox,
        wake=wake,
        clock=ground.clock,
        locale=ground.locale_of,
        loaders={"course": knowledge.course_loader(dialogue.catalogue())},
        stands=ground.library.stands,
    )
    return knowledge.IngestWorker(ground=ground, ingest=ingest, embedder=embedder)


@asynccontextmanager
async def desk(settings: Settings) -> AsyncGenerator[CliContext]:
    """What commands at a terminal need."""
    async with door(settings) as opened:
        ground = opened.ground
        yield CliContext(
            feed=ground.feed,
            receive=opened.take,
            library=ground.library,
            blobs=ground.blobs,
            wake=opened.wake,
            idle=ground.sweep.idle,
            speech=speech.speech(ground),
            clock=ground.clock,
            probes=_probes(opened, settings),
        )


def _probes(opened: Ingress, settings: Settings) -> tuple[HealthCheck, ...]:
    outer = tuple(
        HealthCheck(
            name=found.name,
            ask=channels.greeting(opened.platforms.get(found.name)),
            off="" if found.state == "on" else found.why,
        )
        for found in availabilities(settings)
    )
    return (*dialogue.probes(settings), *speech.probes(opened.ground), *outer)

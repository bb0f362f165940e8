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

    stores: Stores
    wake: Wake
    receive: ReceiveEvents
    web: WebChannel
    platforms: dict[str, ConnectedPlatform]

    async def take(self, event: Event) -> None:
        await self.receive(event)


@asynccontextmanager
async def ingress(settings: Settings) -> AsyncGenerator[Ingress]:
    """A door that is open until the block ends."""
    stores = Stores(settings)
    wake = CeleryWake(make_app(settings.redis_url), stores.stops.send)
    receive = ReceiveEvents(inbox=stores.inbox, wake=wake, consents=stores.consents)
    platforms = channels.platforms(stores)
    stores.go(stores.count.run())
    try:
        yield Ingress(stores=stores, wake=wake, receive=receive, web=channels.web(stores, receive), platforms=platforms)
    finally:
        await asyncio.gather(*(platform.close() for platform in platforms.values()), return_exceptions=True)
        await asyncio.to_thread(wake.close)
        await stores.close()


async def street_rooms(settings: Settings, app: App) -> TurnWorker:
    """A worker's rooms: every channel, the mind, ears and a voice."""
    stores = Stores(settings)
    wake = LocalWake(CeleryWake(app, stores.stops.send))
    platforms = channels.platforms(stores)
    for platform in platforms.values():
        stores.owns(platform.close)
    receive = ReceiveEvents(inbox=stores.inbox, wake=wake, consents=stores.consents)
    every = channels.channels(stores, platforms, receive)
    return furnished(
        stores, wake=wake, channels=every, embedder=knowledge.embedder(settings), rng=question_rng(settings)
    )


def question_rng(settings: Settings) -> Random:
    """What chooses quiz questions: seeded by the settings, otherwise the system's."""
    return SystemRandom() if settings.seed is None else Random(settings.seed)  # noqa: S311 - keeps no secret


def furnished(
    stores: Stores,
    *,
    wake: LocalWake,
    channels: Mapping[str, Channel],
    embedder: Embedder,
    rng: Random,
    pacer: RateLimiter | None = None,
) -> TurnWorker:
    """The rooms on this ground, behind these channels; `pacer` as in `make_rooms`."""
    thinker = dialogue.model(stores.settings)
    if isinstance(thinker, AnthropicModel | OpenAIModel):
        stores.go(thinker.open())
        stores.owns(thinker.close)

    def audible(name: str) -> bool:
        return stores.settings.speech != "off" and (name not in channels or channels[name].capabilities.voice)

    def spoofable_sender(name: str) -> bool:
        return name in channels and channels[name].capabilities.spoofable_sender

    retriever = knowledge.retriever(stores, embedder)
    mind = dialogue.mind(
        stores,
        retriever=retriever,
        wake=wake,
        thinker=thinker,
        audible=audible,
        spoofable_sender=spoofable_sender,
        rng=rng,
    )
    mouth = SpeechDeps(speech=speech.speech(stores), blobs=stores.blobs)
    ears = speech.TurnSpeech(hearing=speech.hearing(stores), mouth=mouth, channels=channels)
    return make_rooms(stores, channels=channels, mind=mind, senses=ears, wake=wake, pacer=pacer)


async def shelf_rooms(settings: Settings, app: App) -> knowledge.IngestWorker:
    """The rooms of a process that reads sources."""
    stores = Stores(settings, pool=3)
    rooms = shelved(stores, wake=CeleryWake(app, stores.stops.send), embedder=knowledge.embedder(settings))
    await rooms.put_courses(dialogue.catalogue())
    stores.go(rooms.renewing())
    return rooms


def shelved(stores: Stores, *, wake: Wake, embedder: Embedder) -> knowledge.IngestWorker:
    """What reads sources on this ground."""
    ingest = Ingest(
        library=stores.library,
        fetcher=WebFetcher(),
        blobs=stores.blobs,
        reader=SubprocessReader(),
        embedder=embedder,
        inbox=stores.inbox,
        wake=wake,
        clock=stores.clock,
        locale=stores.locale_of,
        loaders={"course": knowledge.course_loader(dialogue.catalogue())},
        stands=stores.library.exists,
    )
    return knowledge.IngestWorker(stores=stores, ingest=ingest, embedder=embedder)


@asynccontextmanager
async def cli_context(settings: Settings) -> AsyncGenerator[CliContext]:
    """What commands at a terminal need."""
    async with ingress(settings) as opened:
        stores = opened.stores
        yield CliContext(
            feed=stores.feed,
            receive=opened.take,
            library=stores.library,
            blobs=stores.blobs,
            wake=opened.wake,
            idle=stores.sweep.idle,
            speech=speech.speech(stores),
            clock=stores.clock,
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
    return (*dialogue.probes(settings), *speech.probes(opened.stores), *outer)

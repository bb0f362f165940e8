"""Assemble each process from its parts."""

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
from workers.compose.turn_worker import LocalWake, TurnWorker, make_turn_worker
from workers.queue.celery import App, make_app
from workers.queue.wake import CeleryWake
from workers.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Ingress:
    """The collaborators of a process that receives events: web, gateway, or a terminal command."""

    stores: Stores
    wake: Wake
    receive: ReceiveEvents
    web: WebChannel
    platforms: dict[str, ConnectedPlatform]

    async def accept(self, event: Event) -> None:
        await self.receive(event)


@asynccontextmanager
async def ingress(settings: Settings) -> AsyncGenerator[Ingress]:
    """Open the ingress until the block ends."""
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


async def start_turn_worker(settings: Settings, app: App) -> TurnWorker:
    """Return a started worker with every channel, the dialogue, and speech in both directions."""
    stores = Stores(settings)
    wake = LocalWake(CeleryWake(app, stores.stops.send))
    platforms = channels.platforms(stores)
    for platform in platforms.values():
        stores.owns(platform.close)
    receive = ReceiveEvents(inbox=stores.inbox, wake=wake, consents=stores.consents)
    all_channels = channels.channels(stores, platforms, receive)
    return build_turn_worker(
        stores, wake=wake, channels=all_channels, embedder=knowledge.embedder(settings), rng=question_rng(settings)
    )


def question_rng(settings: Settings) -> Random:
    """Return the generator that chooses quiz questions: seeded by `SONA_SEED`, otherwise the system's."""
    return SystemRandom() if settings.seed is None else Random(settings.seed)  # noqa: S311 - chooses questions, not secrets


def build_turn_worker(
    stores: Stores,
    *,
    wake: LocalWake,
    channels: Mapping[str, Channel],
    embedder: Embedder,
    rng: Random,
    rate_limiter: RateLimiter | None = None,
) -> TurnWorker:
    """Return a worker on these stores and channels; `rate_limiter` as in `make_turn_worker`."""
    model = dialogue.configured_model(stores.settings)
    if isinstance(model, AnthropicModel | OpenAIModel):
        stores.go(model.open())
        stores.owns(model.close)

    def audible(name: str) -> bool:
        return stores.settings.speech != "off" and (name not in channels or channels[name].capabilities.voice)

    def spoofable_sender(name: str) -> bool:
        return name in channels and channels[name].capabilities.spoofable_sender

    retriever = knowledge.retriever(stores, embedder)
    dispatcher = dialogue.build_dispatcher(
        stores,
        retriever=retriever,
        wake=wake,
        model=model,
        audible=audible,
        spoofable_sender=spoofable_sender,
        rng=rng,
    )
    speech_deps = SpeechDeps(speech=speech.speech(stores), blobs=stores.blobs)
    turn_speech = speech.TurnSpeech(hearing=speech.hearing(stores), deps=speech_deps, channels=channels)
    return make_turn_worker(
        stores, channels=channels, dispatcher=dispatcher, turn_speech=turn_speech, wake=wake, rate_limiter=rate_limiter
    )


async def start_ingest_worker(settings: Settings, app: App) -> knowledge.IngestWorker:
    """Return a started ingest worker; its vectors are renewed in the background."""
    stores = Stores(settings, pool=3)
    worker = build_ingest_worker(stores, wake=CeleryWake(app, stores.stops.send), embedder=knowledge.embedder(settings))
    await worker.sync_courses(dialogue.catalogue())
    stores.go(worker.run_renewal())
    return worker


def build_ingest_worker(stores: Stores, *, wake: Wake, embedder: Embedder) -> knowledge.IngestWorker:
    """Return an ingest worker on these stores."""
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
    """Open the collaborators of terminal commands until the block ends."""
    async with ingress(settings) as opened:
        stores = opened.stores
        yield CliContext(
            feed=stores.feed,
            receive=opened.accept,
            library=stores.library,
            blobs=stores.blobs,
            wake=opened.wake,
            idle=stores.sweep.idle,
            speech=speech.speech(stores),
            clock=stores.clock,
            probes=_probes(opened, settings),
        )


def _probes(opened: Ingress, settings: Settings) -> tuple[HealthCheck, ...]:
    platforms = tuple(
        HealthCheck(
            name=found.name,
            run=channels.identify_check(opened.platforms.get(found.name)),
            disabled_reason="" if found.state == "on" else found.why,
        )
        for found in availabilities(settings)
    )
    return (*dialogue.probes(settings), *speech.probes(opened.stores), *platforms)

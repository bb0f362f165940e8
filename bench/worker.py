"""The real worker behind a channel that reports every delivery through Valkey.

`python -m bench.worker wait SECONDS` replaces the dialogue by an echo that waits; `python -m bench.worker agent` keeps it.
"""

import asyncio
import sys
from dataclasses import dataclass
from random import SystemRandom

import redis.asyncio as redis

from core.address import Address
from core.channel import Capabilities, Channel, LiveTarget, LiveUpdates, Request
from core.conversation import ClaimedTurn, Message
from core.dialogue.draft import TurnDraft
from core.event import Event, Said
from core.media import Media
from core.outbound import OutboundMessage
from core.reply import Reply, Text
from workers.compose import assembly, knowledge
from workers.compose.stores import Stores
from workers.compose.turn_worker import LocalWake, TurnWorker, make_turn_worker
from workers.processes.worker import BuildWorker, run_turns
from workers.queue.celery import App
from workers.queue.wake import CeleryWake
from workers.settings import Settings, load

ABILITIES = Capabilities(text_limit=4000, formatted=True, streaming=True, typing=True)
SENT, FIRST = "bench:sent", "bench:first"


@dataclass(frozen=True, kw_only=True)
class BenchChannel:
    """Reports deliveries and first drafts through Valkey."""

    valkey: redis.Redis
    name: str = "bench"
    capabilities: Capabilities = ABILITIES

    def verify(self, request: Request) -> bool:
        return False

    def parse(self, request: Request) -> tuple[Event, ...]:
        return ()

    async def acknowledge(self, events: tuple[Event, ...]) -> None: ...

    async def send(self, outbound: OutboundMessage, *, target: str = "") -> str:
        await self.valkey.rpush(SENT, str(outbound.address))
        return outbound.id

    async def fetch(self, media: Media) -> bytes:
        return b""

    def live(self, target: LiveTarget) -> LiveUpdates:
        return _FirstDraft(self.valkey, target.address)


class _FirstDraft:
    def __init__(self, valkey: redis.Redis, address: Address) -> None:
        self._valkey = valkey
        self._address = address
        self._reported = False

    async def typing(self) -> None: ...

    async def status(self, text: str) -> None: ...

    async def draft(self, text: str) -> None:
        if not self._reported:
            self._reported = True
            await self._valkey.rpush(FIRST, str(self._address))


class WaitingEcho:
    """Dialogue whose model takes `seconds` and then repeats the person's words."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def think(self, claimed: ClaimedTurn, live: LiveUpdates, stop: asyncio.Event) -> TurnDraft:
        if self._seconds:
            await asyncio.sleep(self._seconds)
        words = " ".join(event.body.text for event in claimed.events if isinstance(event.body, Said))
        at = claimed.events[-1].at
        messages = (Message(role="person", text=words, at=at), Message(role="sona", text=words, at=at))
        return TurnDraft(conversation=claimed.conversation, replies=(Text(text=words),), messages=messages)


class NoSpeech:
    """Speech layer that neither transcribes nor synthesises."""

    async def hear(self, claimed: ClaimedTurn) -> ClaimedTurn:
        return claimed

    async def speak(self, claimed: ClaimedTurn, draft: TurnDraft) -> tuple[Reply, ...]:
        return draft.replies


def waiting(seconds: float) -> BuildWorker:
    """Build a worker whose model takes `seconds`."""

    async def build(settings: Settings, app: App) -> TurnWorker:
        stores, wake, channels = _parts(settings, app)
        return make_turn_worker(
            stores, channels=channels, dispatcher=WaitingEcho(seconds), turn_speech=NoSpeech(), wake=wake
        )

    return build


async def real(settings: Settings, app: App) -> TurnWorker:
    """Build the product's worker behind the benchmark's channel."""
    stores, wake, channels = _parts(settings, app)
    model = knowledge.embedder(settings)
    return assembly.build_turn_worker(stores, wake=wake, channels=channels, embedder=model, rng=SystemRandom())


def _parts(settings: Settings, app: App) -> tuple[Stores, LocalWake, dict[str, Channel]]:
    stores = Stores(settings)
    wake = LocalWake(CeleryWake(app, stores.stops.send))
    return stores, wake, {"bench": BenchChannel(valkey=stores.valkey)}


if __name__ == "__main__":
    run_turns(load(), build=real if sys.argv[1] == "agent" else waiting(float(sys.argv[2])))

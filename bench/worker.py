"""The real worker with a channel that tells the driver at once, and with a mind that only waits or with the real one.

`python -m bench.worker wait SECONDS` and `python -m bench.worker agent`.
"""

import asyncio
import sys
from dataclasses import dataclass
from random import SystemRandom

import redis.asyncio as redis

from core.address import Address
from core.channel import Capabilities, Channel, LiveUpdates, Request
from core.conversation import ClaimedTurn, Message
from core.dialogue.draft import TurnDraft
from core.event import Event, Said
from core.media import Media
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
    """Says through Valkey that something was delivered or first shown."""

    valkey: redis.Redis
    name: str = "bench"
    capabilities: Capabilities = ABILITIES

    def verify(self, request: Request) -> bool:
        return False

    def parse(self, request: Request) -> tuple[Event, ...]:
        return ()

    async def acknowledge(self, events: tuple[Event, ...]) -> None: ...

    async def send(self, address: Address, reply: Reply, *, key: str, target: str = "") -> str:
        await self.valkey.rpush(SENT, str(address))
        return key

    async def fetch(self, media: Media) -> bytes:
        return b""

    def live(self, address: Address) -> LiveUpdates:
        return _First(self.valkey, address)


class _First:
    def __init__(self, valkey: redis.Redis, address: Address) -> None:
        self._valkey = valkey
        self._address = address
        self._told = False

    async def typing(self) -> None: ...

    async def status(self, text: str) -> None: ...

    async def draft(self, text: str) -> None:
        if not self._told:
            self._told = True
            await self._valkey.rpush(FIRST, str(self._address))


class Waiting:
    """A mind whose model takes `seconds` and then repeats what was said."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def think(self, claimed: ClaimedTurn, live: LiveUpdates, stop: asyncio.Event) -> TurnDraft:
        if self._seconds:
            await asyncio.sleep(self._seconds)
        words = " ".join(event.body.text for event in claimed.events if isinstance(event.body, Said))
        at = claimed.events[-1].at
        messages = (Message(role="person", text=words, at=at), Message(role="sona", text=words, at=at))
        return TurnDraft(conversation=claimed.conversation, replies=(Text(text=words),), messages=messages)


class Still:
    """Senses that neither hear nor speak."""

    async def hear(self, claimed: ClaimedTurn) -> ClaimedTurn:
        return claimed

    async def speak(self, claimed: ClaimedTurn, draft: TurnDraft) -> tuple[Reply, ...]:
        return draft.replies


def waiting(seconds: float) -> BuildWorker:
    """Rooms whose model takes so long."""

    async def rooms(settings: Settings, app: App) -> TurnWorker:
        stores, wake, channels = _ground(settings, app)
        return make_turn_worker(stores, channels=channels, dispatcher=Waiting(seconds), turn_speech=Still(), wake=wake)

    return rooms


async def real(settings: Settings, app: App) -> TurnWorker:
    """The rooms of the product, behind the bench's channel."""
    stores, wake, channels = _ground(settings, app)
    model = knowledge.embedder(settings)
    return assembly.build_turn_worker(stores, wake=wake, channels=channels, embedder=model, rng=SystemRandom())


def _ground(settings: Settings, app: App) -> tuple[Stores, LocalWake, dict[str, Channel]]:
    stores = Stores(settings)
    wake = LocalWake(CeleryWake(app, stores.stops.send))
    return stores, wake, {"bench": BenchChannel(valkey=stores.valkey)}


if __name__ == "__main__":
    run_turns(load(), build=real if sys.argv[1] == "agent" else waiting(float(sys.argv[2])))

"""The real worker with a channel that tells the driver at once, and with a mind that only waits or with the real one.

`python -m bench.worker wait SECONDS` and `python -m bench.worker agent`.
"""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass

import redis.asyncio as redis

from core.address import Address
from core.channel import Capabilities, Live, Request
from core.conversation import Message, Opening
from core.converse import Mind
from core.event import Event, Said
from core.media import Media
from core.mind.thought import Thought
from core.providers.anthropic import AnthropicModel
from core.reply import Reply, Text
from workers import logs, minds, shelf
from workers.celery import App
from workers.ground import Ground
from workers.rooms import HouseWake, StreetRooms, make_rooms
from workers.settings import Settings, load
from workers.wake import CeleryWake
from workers.worker import Furnish, run_street

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

    def live(self, address: Address) -> Live:
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

    async def think(self, opening: Opening, live: Live, stop: asyncio.Event) -> Thought:
        if self._seconds:
            await asyncio.sleep(self._seconds)
        words = " ".join(event.body.text for event in opening.events if isinstance(event.body, Said))
        at = opening.events[-1].at
        messages = (Message(role="person", text=words, at=at), Message(role="sona", text=words, at=at))
        return Thought(conversation=opening.conversation, replies=(Text(text=words),), messages=messages)


class Still:
    """Senses that neither hear nor speak."""

    async def hear(self, opening: Opening) -> Opening:
        return opening

    async def speak(self, opening: Opening, thought: Thought) -> tuple[Reply, ...]:
        return thought.replies


def furnish(make: Callable[[Ground, Settings], Mind]) -> Furnish:
    async def rooms(settings: Settings, app: App) -> StreetRooms:
        ground = Ground(settings)
        wake = HouseWake(CeleryWake(app, ground.stops.send))
        channels = {"bench": BenchChannel(valkey=ground.valkey)}
        return make_rooms(ground, channels=channels, mind=make(ground, settings), senses=Still(), wake=wake)

    return rooms


def agent(ground: Ground, settings: Settings) -> Mind:
    model = minds.model(settings)
    assert isinstance(model, AnthropicModel)
    ground.go(model.open())
    wake = HouseWake(CeleryWake(App(), ground.stops.send))
    return minds.mind(
        ground,
        library=ground.library,
        retriever=shelf.retriever(ground, shelf.embedder(settings)),
        wake=wake,
        thinker=model,
    )


if __name__ == "__main__":
    logs.set_up()
    if sys.argv[1] == "agent":
        run_street(load(), furnish=furnish(agent))
    else:
        seconds = float(sys.argv[2])
        run_street(load(), furnish=furnish(lambda _, __: Waiting(seconds)))

"""A receiver of gateway events, and functions that push messages to it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from core.errors import Unreachable
from core.event import Event, Said
from tests.bots.discord.conftest import DiscordSetup


@dataclass
class Receiver:
    """Collects events after failing `unreachable` times, and `broken` times with an unexpected error."""

    events: list[Event] = field(default_factory=list[Event])
    unreachable: int = 0
    broken: int = 0
    failed: asyncio.Event = field(default_factory=asyncio.Event)
    received: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, event: Event) -> None:
        if self.unreachable:
            self.unreachable -= 1
            self.failed.set()
            raise Unreachable("the database is unreachable")
        if self.broken:
            self.broken -= 1
            raise ValueError("an unexpected error")
        self.events.append(event)
        async with self.received:
            self.received.notify_all()

    async def texts(self, count: int) -> list[str]:
        """Wait for `count` events and return the texts of all."""
        async with asyncio.timeout(10), self.received:
            await self.received.wait_for(lambda: len(self.events) >= count)
        return [event.body.text for event in self.events if isinstance(event.body, Said)]


@asynccontextmanager
async def listening(setup: DiscordSetup) -> AsyncGenerator[Receiver]:
    async with running(setup, setup.bot.gateway.listen) as receiver:
        yield receiver


@asynccontextmanager
async def running(
    setup: DiscordSetup, listen: Callable[[Receiver], Coroutine[Any, Any, None]]
) -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    task = asyncio.create_task(listen(receiver))
    try:
        await setup.api.gateway.ready()
        yield receiver
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def message(setup: DiscordSetup, words: str, **more: Any) -> dict[str, Any]:
    author = {"id": "7", "username": "lan"}
    return {"id": setup.api.snowflake(), "type": 0, "channel_id": "7", "author": author, "content": words, **more}


async def push_message(setup: DiscordSetup, words: str, **more: Any) -> None:
    await setup.api.gateway.push("MESSAGE_CREATE", message(setup, words, **more))

"""Somebody who listens at the gateway, and what they may hear."""

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
    """Who receives events; `away` fails so many times first, `broken` breaks so many times in a way that nobody foresaw."""

    events: list[Event] = field(default_factory=list[Event])
    unreachable: int = 0
    broken: int = 0
    failed: asyncio.Event = field(default_factory=asyncio.Event)
    received: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, event: Event) -> None:
        if self.unreachable:
            self.unreachable -= 1
            self.failed.set()
            raise Unreachable("the database is away")
        if self.broken:
            self.broken -= 1
            raise ValueError("nobody thought of this")
        self.events.append(event)
        async with self.received:
            self.received.notify_all()

    async def texts(self, count: int) -> list[str]:
        """Wait until so many events came; their words."""
        async with asyncio.timeout(10), self.received:
            await self.received.wait_for(lambda: len(self.events) >= count)
        return [event.body.text for event in self.events if isinstance(event.body, Said)]


@asynccontextmanager
async def listening(setup: DiscordSetup) -> AsyncGenerator[Receiver]:
    async with running(setup, setup.bot.gateway.listen) as ear:
        yield ear


@asynccontextmanager
async def running(
    setup: DiscordSetup, listen: Callable[[Receiver], Coroutine[Any, Any, None]]
) -> AsyncGenerator[Receiver]:
    ear = Receiver()
    task = asyncio.create_task(listen(ear))
    try:
        await setup.api.gateway.ready()
        yield ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def message(setup: DiscordSetup, words: str, **more: Any) -> dict[str, Any]:
    author = {"id": "7", "username": "lan"}
    return {"id": setup.api.snowflake(), "type": 0, "channel_id": "7", "author": author, "content": words, **more}


async def push_message(setup: DiscordSetup, words: str, **more: Any) -> None:
    await setup.api.gateway.push("MESSAGE_CREATE", message(setup, words, **more))

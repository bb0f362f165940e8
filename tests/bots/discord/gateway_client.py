"""Somebody who listens at the gateway, and what they may hear."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from core.errors import Unreachable
from core.event import Event, Said
from tests.bots.discord.conftest import Desk


@dataclass
class Ear:
    """Who receives events; `away` fails so many times first, `broken` breaks so many times in a way that nobody foresaw."""

    heard: list[Event] = field(default_factory=list[Event])
    away: int = 0
    broken: int = 0
    failed: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, event: Event) -> None:
        if self.away:
            self.away -= 1
            self.failed.set()
            raise Unreachable("the database is away")
        if self.broken:
            self.broken -= 1
            raise ValueError("nobody thought of this")
        self.heard.append(event)
        async with self.news:
            self.news.notify_all()

    async def words(self, count: int) -> list[str]:
        """Wait until so many events came; their words."""
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: len(self.heard) >= count)
        return [event.body.text for event in self.heard if isinstance(event.body, Said)]


@asynccontextmanager
async def listening(desk: Desk) -> AsyncGenerator[Ear]:
    async with told(desk, desk.bot.gateway.listen) as ear:
        yield ear


@asynccontextmanager
async def told(desk: Desk, listen: Callable[[Ear], Coroutine[Any, Any, None]]) -> AsyncGenerator[Ear]:
    ear = Ear()
    task = asyncio.create_task(listen(ear))
    try:
        await desk.api.gateway.ready()
        yield ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def message(desk: Desk, words: str, **more: Any) -> dict[str, Any]:
    author = {"id": "7", "username": "lan"}
    return {"id": desk.api.snowflake(), "type": 0, "channel_id": "7", "author": author, "content": words, **more}


async def says(desk: Desk, words: str, **more: Any) -> None:
    await desk.api.gateway.push("MESSAGE_CREATE", message(desk, words, **more))

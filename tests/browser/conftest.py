"""A browser, and a small house to visit with it: a web process that can be killed and a scripted tutor."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, async_playwright

from bots.web import WebChannel, connect
from core.clock import SystemClock
from core.event import Event
from core.providers.audio.codec import convert
from storage.engine.database import Database
from storage.messaging.blobs import PostgresBlobs
from storage.messaging.feed import PostgresFeed
from storage.valkey.pubsub import PubSub
from tests.browser.model_server import Brain
from tests.browser.program import SECRET

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@dataclass(slots=True, kw_only=True)
class House:
    """The web process. `url` stays the same over restarts."""

    command: list[str]
    url: str
    brain: Brain
    channel: WebChannel
    process: subprocess.Popen[bytes] | None = field(default=None)

    async def start(self) -> None:
        self._open()
        async with asyncio.timeout(20), aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    async with session.get(self.url) as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)

    def _open(self) -> None:
        self.process = subprocess.Popen(self.command)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _nowhere(event: Event) -> None:
    raise AssertionError("the tutor receives nothing itself")


@pytest.fixture
async def house(database: Database, database_url: str, redis_url: str) -> AsyncIterator[House]:
    clock, pubsub = SystemClock(), PubSub(redis_url)
    feed = PostgresFeed(database=database, pubsub=pubsub, clock=clock)
    blobs = PostgresBlobs(database=database, clock=clock)
    channel = connect(feed=feed, blobs=blobs, receive=_nowhere, clock=clock, secret=SECRET, convert=convert)
    brain = Brain(channel=channel, blobs=blobs, url=redis_url)
    port = free_port()
    command = [sys.executable, "-m", "tests.browser.program", database_url, redis_url, str(port)]
    house = House(command=command, url=f"http://127.0.0.1:{port}/", brain=brain, channel=channel)
    thinking = asyncio.create_task(brain.run())
    await house.start()
    yield house
    house.kill()
    thinking.cancel()
    await asyncio.gather(thinking, return_exceptions=True)
    await feed.close()
    await pubsub.close()


@pytest.fixture
def chromium() -> Path:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium here")
    return CHROMIUM


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        await browser.close()

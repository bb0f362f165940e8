"""The web chat: its page on a real socket, over a record in memory."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from bots.web import WebChannel, connect, mount
from core.address import Address
from core.clock import SystemClock
from core.event import Event, Joined
from core.media import Media
from core.providers.audio.codec import convert
from tests.bots.telegram.conftest import Shelf
from tests.contracts.channels import Shown
from tests.fakes.feed import FakeFeed
from tests.stories.clients.web import words


@dataclass
class WebHarness:
    channel: WebChannel
    feed: FakeFeed
    shelf: Shelf
    address: Address
    socket: aiohttp.ClientWebSocketResponse
    frames: list[dict[str, Any]]
    events: list[Event]
    counted: list[str] = field(default_factory=list[str])
    calls: None = None
    can_leave: bool = False
    folder: str = "web"

    async def _lines(self) -> list[dict[str, Any]]:
        """What stands on the page once it has all of the record."""
        newest = len(self.feed.lines[self.address])
        async with asyncio.timeout(5):
            while True:
                lines = {frame["line"]["seq"]: frame["line"] for frame in self.frames if frame["t"] == "line"}
                if len(lines) == newest:
                    return [lines[seq] for seq in sorted(lines)]
                await self._next()

    async def _next(self) -> dict[str, Any]:
        self.frames.append(await self.socket.receive_json(timeout=5))
        return self.frames[-1]

    async def seen(self) -> list[str]:
        return [" ".join((words(line), *_sources(line))) for line in await self._lines()]

    async def buttons(self) -> list[str]:
        (*_, last) = await self._lines()
        return [choice["label"] for choice in last.get("choices", ())]

    async def shown(self) -> Shown:
        lines = await self._lines()
        return Shown(
            sounds=sum(bool(line.get("audio")) for line in lines),
            files=sum(bool(line.get("media")) for line in lines),
            typed=any(frame["t"] == "typing" for frame in self.frames),
            drafts=tuple(words(frame["blocks"]) for frame in self.frames if frame["t"] == "draft"),
        )

    async def picture(self) -> Media:
        data, mime = b"\x89PNG", "image/png"
        return Media(ref=await self.shelf.put(data, mime=mime), mime=mime, name="kili.png")

    async def sound(self) -> Media:
        return Media(ref=await self.shelf.put(b"OggS", mime="audio/ogg"), mime="audio/ogg", seconds=1.0)

    async def takes(self, recorded: Mapping[str, Any]) -> tuple[Event, ...]:
        """A frame as it is, to its answer."""
        before = len(self.events)
        await self.socket.send_str(recorded["frame"])
        async with asyncio.timeout(5):
            while (frame := await self._next())["t"] not in ("ack", "error", "pong", "older"):
                pass
        assert (frame["t"], frame.get("code", "")) == (recorded["answer"], recorded.get("code", "")), frame
        return tuple(self.events[before:])

    def leave(self) -> None:
        """Whoever closes the page comes back."""


def _sources(line: dict[str, Any]) -> list[str]:
    return [f"{source['title']} {source['section']}" for source in line.get("sources", ())]


@asynccontextmanager
async def open_harness() -> AsyncGenerator[WebHarness]:
    feed, shelf, events = FakeFeed(), Shelf(), list[Event]()

    async def receive(event: Event) -> None:
        if not isinstance(event.body, Joined):
            events.append(event)

    channel = connect(
        feed=feed, blobs=shelf, receive=receive, clock=SystemClock(), secret=b"sixteen bytes ok", convert=convert
    )
    app = web.Application()
    mount(app, channel)
    async with (
        TestServer(app, host="127.0.0.1") as server,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        url = f"http://127.0.0.1:{server.port}/"
        async with session.get(url) as page:
            assert page.status == 200
        cookie = session.cookie_jar.filter_cookies(URL(url))["sona"].value
        async with session.ws_connect(f"{url}chat", headers={"Origin": url.rstrip("/")}) as socket:
            await socket.send_str(json.dumps({"t": "hello", "last": 0}))
            frames: list[dict[str, Any]] = []
            while not frames or frames[-1]["t"] != "ready":
                frames.append(await socket.receive_json(timeout=5))
            address = Address("web", channel.seal.chat(cookie))
            yield WebHarness(channel, feed, shelf, address, socket, frames, events)

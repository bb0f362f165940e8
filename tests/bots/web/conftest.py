"""The web chat on a real port, over the real feed; what it receives is collected."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from bots.web import WebChannel, connect, mount
from core.clock import SystemClock
from core.errors import Unreachable
from core.event import Event
from core.providers.audio.codec import convert
from storage.engine.database import Database
from storage.messaging.blobs import PostgresBlobs
from storage.messaging.feed import PostgresFeed
from storage.valkey.pubsub import PubSub


@dataclass(slots=True, kw_only=True)
class Door:
    """`away` makes receiving fail as it does when the database is gone."""

    events: list[Event] = field(default_factory=list[Event])
    away: bool = False

    async def receive(self, event: Event) -> None:
        if self.away:
            raise Unreachable("gone")
        self.events.append(event)


@dataclass(slots=True, kw_only=True)
class Page:
    """A browser's end of the socket."""

    socket: aiohttp.ClientWebSocketResponse

    async def sends(self, **frame: Any) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def gets(self, kind: str) -> dict[str, Any]:
        """The next frame, which must be of this kind."""
        frame = await self.socket.receive_json(timeout=5)
        assert frame["t"] == kind, frame
        return frame

    async def greets(self, last: int = -1, **more: str) -> list[dict[str, Any]]:
        """Say hello and return the lines that were missed."""
        await self.sends(t="hello", last=last, **more)
        lines: list[dict[str, Any]] = []
        while (frame := await self.socket.receive_json(timeout=5))["t"] != "ready":
            assert frame["t"] == "lines", frame
            lines += frame["lines"]
        return lines

    async def says(self, identity: str, text: str) -> None:
        await self.sends(t="event", id=identity, body={"kind": "said", "text": text})


@dataclass(slots=True, kw_only=True)
class Site:
    url: str
    door: Door
    channel: WebChannel
    feed: PostgresFeed
    session: aiohttp.ClientSession

    async def visit(self) -> str:
        """Load the page; the cookie is kept and its chat returned."""
        async with self.session.get(self.url) as answer:
            assert answer.status == 200
        cookies = self.session.cookie_jar.filter_cookies(URL(self.url))
        return self.channel.seal.chat(cookies["sona"].value)

    async def opens(self) -> Page:
        headers = {"Origin": self.url.rstrip("/")}
        return Page(socket=await self.session.ws_connect(self.url + "chat", headers=headers))


@pytest.fixture
async def site(database: Database, redis_url: str) -> AsyncIterator[Site]:
    clock, pubsub, door = SystemClock(), PubSub(redis_url), Door()
    feed = PostgresFeed(database=database, pubsub=pubsub, clock=clock)
    blobs = PostgresBlobs(database=database, clock=clock)
    channel = connect(
        feed=feed, blobs=blobs, receive=door.receive, clock=clock, secret=b"sixteen bytes ok", convert=convert
    )
    app = web.Application()
    mount(app, channel)
    async with (
        TestServer(app, host="127.0.0.1") as server,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        url = f"http://127.0.0.1:{server.port}/"
        yield Site(url=url, door=door, channel=channel, feed=feed, session=session)
    await feed.close()
    await pubsub.close()

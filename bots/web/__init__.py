"""The web chat: one page, its WebSocket, and the way its files and voice notes take."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import WSCloseCode, web

from bots.web import files, socket, upload
from bots.web.channel import WebChannel
from bots.web.session import CookieSigner
from bots.web.transcode import TranscodeAudio, Transcoder
from core.clock import Clock
from core.event import Event
from core.ports.blobs import Blobs
from core.ports.feed import Feed

__all__ = ["WebChannel", "connect", "mount"]


def connect(
    *,
    feed: Feed,
    blobs: Blobs,
    receive: Callable[[Event], Awaitable[object]],
    clock: Clock,
    secret: bytes,
    convert: TranscodeAudio,
    origins: tuple[str, ...] = (),
) -> WebChannel:
    """The channel `web`. `secret` (16 bytes or more) signs cookies and links; `origins` are public addresses of the page besides the one asked."""
    return WebChannel(
        feed=feed,
        blobs=blobs,
        receive=receive,
        clock=clock,
        seal=CookieSigner(secret),
        played=Transcoder(convert),
        origins=origins,
    )


def mount(app: web.Application, channel: WebChannel) -> None:
    """Put the page, its socket and its files on an application; open sockets are closed when it shuts down."""
    page = files.load(Path(__file__).parent / "page")
    sockets: socket.Sockets = set()

    async def index(request: web.Request) -> web.StreamResponse:
        return files.greet(request, channel, page["index.html"])

    async def static(request: web.Request) -> web.StreamResponse:
        return files.give(request, page.get(request.match_info["name"]))

    async def chat(request: web.Request) -> web.StreamResponse:
        return await socket.serve(request, channel, sockets)

    async def take(request: web.Request) -> web.StreamResponse:
        return await upload.take(request, channel)

    async def give(request: web.Request) -> web.StreamResponse:
        return await upload.give(request, channel)

    async def close(_: web.Application) -> None:
        closing = (open_socket.close(code=WSCloseCode.SERVICE_RESTART) for open_socket in tuple(sockets))
        await asyncio.gather(*closing, return_exceptions=True)

    app.router.add_get("/", index)
    app.router.add_get("/page/{name}", static)
    app.router.add_get("/chat", chat)
    app.router.add_post("/upload", take)
    app.router.add_get("/blob/{key}", give)
    app.on_shutdown.append(close)

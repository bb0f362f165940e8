"""The front door on HTTP: webhooks of every platform through the same few steps, and the signs of health."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping

from aiohttp import web

from core.channel import Answering, Channel, Request
from core.errors import Failure, Malformed
from core.event import Event
from core.ports.count import Count

BODY_LIMIT = 1024 * 1024
UPLOAD_LIMIT = 25 * 1024 * 1024
_log = logging.getLogger(__name__)

Take = Callable[[Event], Awaitable[bool]]
Probe = Callable[[], Awaitable[str]]


class Webhooks:
    """Verify, parse, keep, ring, acknowledge: nothing else happens before the platform has its answer."""

    def __init__(self, receive: Take, count: Count) -> None:
        self._receive = receive
        self._count = count
        self._acknowledging: set[asyncio.Task[None]] = set()

    def handler(self, channel: Channel) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return await self._handle(channel, request)

        return handle

    async def _handle(self, channel: Channel, request: web.Request) -> web.Response:
        plain = Request(
            body=await request.read(),
            headers=request.headers,
            path=request.raw_path,
        )
        if not channel.verify(plain):
            self._count("webhook_forged", channel=channel.name)
            return _answer(401, "the signature is missing or wrong")
        try:
            events = channel.parse(plain)
            answer = await channel.answer(events) if isinstance(channel, Answering) else None
        except Malformed as error:
            self._count("webhook_malformed", channel=channel.name)
            return _answer(400, str(error))
        try:
            for event in events:
                await self._receive(event)
        except Failure as error:
            _log.warning("an event could not be kept: %s", type(error).__name__)
            return _answer(503, "try again")
        self._acknowledge(channel, events)
        return web.Response(body=answer.body, content_type=answer.mime) if answer else web.Response()

    def _acknowledge(self, channel: Channel, events: tuple[Event, ...]) -> None:
        task = asyncio.create_task(self._tell(channel, events))
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)

    async def _tell(self, channel: Channel, events: tuple[Event, ...]) -> None:
        try:
            await channel.acknowledge(events)
        except Failure as error:
            self._count("acknowledge_failed", channel=channel.name)
            _log.warning("%s was not acknowledged: %s", channel.name, type(error).__name__)


def _answer(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text)


def health(probes: Mapping[str, Probe], metrics: Callable[[], Awaitable[list[str]]]) -> list[web.RouteDef]:
    """`/healthz` (the process lives), `/readyz` (every probe answers) and `/metrics`."""

    async def alive(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def ready(_: web.Request) -> web.Response:
        found = {name: await _probed(probe) for name, probe in probes.items()}
        return web.json_response(found, status=200 if all(line == "ok" for line in found.values()) else 503)

    async def counters(_: web.Request) -> web.Response:
        text = "\n".join(await metrics()) + "\n"
        return web.Response(body=text.encode(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    return [web.get("/healthz", alive), web.get("/readyz", ready), web.get("/metrics", counters)]


async def _probed(probe: Probe) -> str:
    try:
        return await asyncio.wait_for(probe(), 2)
    except Exception as error:  # noqa: BLE001 - a probe that fails in any way is an answer
        return type(error).__name__


def application(
    hooks: Webhooks, channels: Mapping[str, Channel], routes: Iterable[web.AbstractRouteDef]
) -> web.Application:
    """The web application; `channels` is by path (`/telegram`)."""
    app = web.Application(client_max_size=BODY_LIMIT)
    app.add_routes([web.post(path, hooks.handler(channel)) for path, channel in channels.items()])
    app.add_routes(routes)
    return app

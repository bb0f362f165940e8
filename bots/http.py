"""The front door on HTTP: webhooks of every platform through the same few steps, and the signs of health."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from aiohttp import StreamReader, web
from aiohttp.typedefs import Handler, Middleware

from core.channel import AdmittingChannel, AnsweringChannel, Channel, Request
from core.errors import Failure, Malformed
from core.event import Event
from core.ports.count import Count

BODY_LIMIT = 1024 * 1024
UPLOAD_LIMIT = 25 * 1024 * 1024
_log = logging.getLogger(__name__)

TakeEvent = Callable[[Event], Awaitable[bool]]
ReadinessProbe = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds that a client may take: `request` until a request's head is there, also between two on one connection;
    `silence` without a byte of a body that it owes us, and `body` for all of it (25 MiB at 350 kbit/s)."""

    request: float = 75.0
    silence: float = 20.0
    body: float = 600.0


class Webhooks:
    """Verify, parse, keep, ring, acknowledge: nothing else happens before the platform has its answer."""

    def __init__(self, receive: TakeEvent, count: Count) -> None:
        self._receive = receive
        self._count = count
        self._acknowledging: set[asyncio.Task[None]] = set()

    def handler(self, channel: Channel) -> Callable[[web.Request], Awaitable[web.Response]]:
        answering = channel if isinstance(channel, AnsweringChannel) else None
        admitting = channel if isinstance(channel, AdmittingChannel) else None

        async def handle(request: web.Request) -> web.Response:
            return await self._handle(channel, answering, admitting, request)

        return handle

    async def _handle(
        self,
        channel: Channel,
        answering: AnsweringChannel | None,
        admitting: AdmittingChannel | None,
        request: web.Request,
    ) -> web.Response:
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
            answer = await answering.answer(events) if answering else None
        except Malformed as error:
            self._count("webhook_malformed", channel=channel.name)
            return _answer(400, str(error))
        if answer is not None and answer.events is not None:
            events = answer.events
        try:
            if admitting:
                events = await admitting.admit(events)
            for event in events:
                await self._receive(event)
        except Failure as error:
            _log.warning("an event could not be kept: %s", type(error).__name__)
            return _answer(503, "try again")
        self._acknowledge(channel, events)
        if answer is None:
            return web.Response(content_type="text/plain")
        return web.Response(body=answer.body, content_type=answer.mime)

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


def health(probes: Mapping[str, ReadinessProbe], metrics: Callable[[], Awaitable[list[str]]]) -> list[web.RouteDef]:
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


async def _probed(probe: ReadinessProbe) -> str:
    try:
        return await asyncio.wait_for(probe(), 2)
    except Exception as error:  # noqa: BLE001 - a probe that fails in any way is an answer
        return type(error).__name__


def application(
    hooks: Webhooks,
    channels: Mapping[str, Channel],
    routes: Iterable[web.AbstractRouteDef],
    patience: Timeouts,
) -> web.Application:
    """The web application; `channels` is by path (`/telegram`)."""
    app = web.Application(client_max_size=BODY_LIMIT, middlewares=[_hurry(patience)])
    app.add_routes([web.post(path, hooks.handler(channel)) for path, channel in channels.items()])
    app.add_routes(routes)
    return app


def _hurry(patience: Timeouts) -> Middleware:
    """Answers 408 when a body is not coming; whoever reads it need not think of time."""

    @web.middleware
    async def hurry(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.content.is_eof():
            return await handler(request)
        limit = asyncio.timeout(None)
        try:
            async with limit:
                watch = _Watch(request.content, limit, patience)
                try:
                    return await handler(request)
                finally:
                    watch.end()
        except TimeoutError:
            if not limit.expired():
                raise
        raise web.HTTPRequestTimeout(text="the body did not come in time")

    return hurry


class _Watch:
    """Looks at a body again and again until it has come or has stopped coming."""

    def __init__(self, body: StreamReader, limit: asyncio.Timeout, patience: Timeouts) -> None:
        self._body = body
        self._limit = limit
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + patience.body
        self._next = self._look_later()

    def end(self) -> None:
        self._next.cancel()

    def _look_later(self) -> asyncio.TimerHandle:
        return self._loop.call_later(self._patience.silence, self._look, self._body.total_bytes)

    def _look(self, before: int) -> None:
        if self._body.is_eof():
            return
        if self._body.total_bytes == before or self._loop.time() > self._end:
            self._limit.reschedule(self._loop.time())
        else:
            self._next = self._look_later()

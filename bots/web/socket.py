"""The page's WebSocket: what happened there goes in, the feed's lines and signs go out."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType, web

from bots.web import access, parse, render
from bots.web.channel import WebChannel
from core.address import Address
from core.errors import Failure, Malformed
from core.event import Event, Joined, Sender, Stopped
from core.ports.feed import FeedEntry, LiveSignal

_log = logging.getLogger(__name__)

FRAME_BYTES: Final = 1024 * 1024
PAGE: Final = 100
"""Lines sent at once; as many of the newest make up a page's first sight of the conversation."""
NO_COOKIE: Final = 4401
_HEARTBEAT: Final = 25.0
_FIRST: Final = 15.0

Sockets = set[web.WebSocketResponse]


async def serve(request: web.Request, channel: WebChannel, open_sockets: Sockets) -> web.StreamResponse:
    """`GET /chat`. 403 for a page that is not ours; closes with 4401 where the page has to fetch a cookie first."""
    if not access.same_origin(request, channel):
        raise web.HTTPForbidden(text="this page may not connect here")
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=FRAME_BYTES)
    await socket.prepare(request)
    address = access.address(request, channel)
    if address is None:
        await socket.close(code=NO_COOKIE, message=b"no cookie")
        return socket
    open_sockets.add(socket)
    try:
        await OpenSocket(channel=channel, address=address, socket=socket).run()
    finally:
        open_sockets.discard(socket)
    return socket


@dataclass(slots=True, kw_only=True)
class OpenSocket:
    """One open socket. `newest` is the number of the last line sent, `draft` the answer as far as it is written."""

    channel: WebChannel
    address: Address
    socket: web.WebSocketResponse
    locale: str = ""
    newest: int = 0
    draft: str = ""
    drawn: list[render.JsonObject] = field(default_factory=list[render.JsonObject])
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        try:
            hello = await self._hello()
            if hello is not None:
                async with self.channel.feed.listen(self.address) as lines:
                    await self._catch_up(hello)
                    await self._both_ways(lines)
        except (ConnectionError, TimeoutError):
            pass
        except Failure as failure:
            _log.warning("web socket ended: %s", type(failure).__name__)
        with contextlib.suppress(ConnectionError):
            await self.socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def _both_ways(self, lines: AsyncIterator[FeedEntry | LiveSignal]) -> None:
        """Until one side ends; a fault of either ends both and is raised."""
        tasks = (asyncio.create_task(self._inward()), asyncio.create_task(self._outward(lines)))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _hello(self) -> parse.Hello | None:
        """The first frame that is a greeting, or `None` when the page goes away without one."""
        async with asyncio.timeout(_FIRST):
            async for message in self.socket:
                if message.type is WSMsgType.TEXT:
                    with contextlib.suppress(Malformed):
                        frame = parse.frame(message.data)
                        if isinstance(frame, parse.Hello):
                            self.locale = frame.locale
                            return frame
                await self._say("error", code="malformed", about="")
        return None

    async def _catch_up(self, hello: parse.Hello) -> None:
        """Send what the page has not seen; a page that knows more than the record is told to begin anew."""
        last = hello.last
        end = await self.channel.feed.since(self.address, -1, PAGE)
        top = end[-1].seq if end else 0
        anew = last < 0 or last > top or top - last > 10 * PAGE
        if anew:
            await self._page(end, anew=True, older=bool(end) and end[0].seq > 1)
        else:
            self.newest = last
            while missed := await self.channel.feed.since(self.address, self.newest, PAGE):
                await self._page(missed, anew=False, older=False)
        await self._say("ready")
        if not end:
            await self._joined(hello.start)

    async def _joined(self, start: str) -> None:
        chat = self.address.chat
        sender = Sender(id=chat, locale=self.locale)
        now = self.channel.clock.now()
        body = Joined(start=start)
        await self.channel.receive(
            Event(id=f"web:joined-{chat}", address=self.address, sender=sender, at=now, body=body)
        )

    async def _page(self, entries: tuple[FeedEntry, ...], *, anew: bool, older: bool) -> None:
        if entries:
            self.newest = entries[-1].seq
        await self._say("lines", lines=[self._line(entry) for entry in entries], anew=anew, older=older)

    async def _outward(self, lines: AsyncIterator[FeedEntry | LiveSignal]) -> None:
        async for item in lines:
            match item:
                case FeedEntry():
                    await self._entry(item)
                case LiveSignal():
                    await self._sign(item.body)

    async def _entry(self, entry: FeedEntry) -> None:
        if 1 < entry.seq <= self.newest:
            return
        self.newest = entry.seq
        frame = self._line(entry)
        if frame["role"] == "sona":
            self.draft, self.drawn = "", []
        await self._say("line", line=frame)

    async def _sign(self, body: Any) -> None:
        match body:
            case {"draft": {"at": int(at), "text": str(text)}}:
                await self._draft(at, text)
            case {"typing": _}:
                await self._say("typing")
            case {"status": str(text)}:
                await self._say("status", text=text)
            case _:
                pass

    async def _draft(self, at: int, text: str) -> None:
        """Send the blocks that changed; a piece that does not fit on what is here waits for the next whole draft."""
        if at not in (0, len(self.draft)):
            return
        self.draft = self.draft[:at] + text
        drawn = render.blocks(self.draft)
        pairs = zip(drawn, self.drawn, strict=False)
        same = next((place for place, (new, old) in enumerate(pairs) if new != old), min(len(drawn), len(self.drawn)))
        self.drawn = drawn
        await self._say("draft", at=same, blocks=drawn[same:])

    async def _inward(self) -> None:
        async for message in self.socket:
            if message.type is WSMsgType.TEXT:
                await self._frame(message.data)
            else:
                await self._say("error", code="malformed", about="")

    async def _frame(self, text: str) -> None:
        try:
            frame = parse.frame(text)
            match frame:
                case parse.Ping():
                    await self._say("pong")
                case parse.HistoryRequest():
                    await self._older(frame.before)
                case parse.ClientEvent():
                    await self._happened(frame)
                case parse.Hello():
                    raise Malformed("a second greeting")
        except Malformed as error:
            await self._say("error", code="malformed", about=parse.claimed(text), why=str(error))
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever fails, the page keeps its message and tries again
            _log.warning("web event not taken: %s", type(error).__name__)
            await self._say("error", code="unreachable", about=parse.claimed(text))

    async def _happened(self, frame: parse.ClientEvent) -> None:
        """The line is written before the event is received, so that no answer can stand above its question."""
        now = self.channel.clock.now()
        event = parse.event(frame, self.address, self.locale, now)
        ref = parse.blob(event.body)
        if ref and not self.channel.seal.proves(frame.proof, self.address.chat, ref):
            raise Malformed("proof: not of this file and conversation")
        if not isinstance(event.body, Stopped):
            await self.channel.feed.append(self.address, event.id, render.heard(frame.body, now, frame.shown))
        await self.channel.receive(event)
        await self._say("ack", id=frame.id)

    async def _older(self, before: int) -> None:
        after = max(before - 1 - PAGE, 0)
        entries = await self.channel.feed.since(self.address, after, before - 1 - after) if before > 1 else ()
        await self._say("older", lines=[self._line(entry) for entry in entries], older=after > 0)

    def _line(self, entry: FeedEntry) -> render.JsonObject:
        return render.line(entry, lambda ref: access.link(self.channel, self.address.chat, ref))

    async def _say(self, kind: str, **frame: Any) -> None:
        async with self.lock:
            await self.socket.send_str(json.dumps({"t": kind, **frame}, ensure_ascii=False, separators=(",", ":")))

"""The web chat as a channel: replies go into the feed, which the process with the socket reads."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bots.web import render
from bots.web.session import CookieSigner
from bots.web.transcode import Transcoder
from core.address import Address
from core.channel import Capabilities, LiveTarget, LiveUpdates, Request
from core.clock import Clock
from core.event import Event
from core.media import Media
from core.outbound import OutboundMessage
from core.ports.blobs import Blobs
from core.ports.feed import Feed
from core.wire import dump_reply

NAME: Final = "web"
ABILITIES: Final = Capabilities(
    text_limit=20000,
    formatted=True,
    buttons=12,
    label_limit=80,
    choice_bytes=200,
    voice=True,
    pictures=True,
    files=True,
    edits=True,
    typing=True,
    streaming=True,
    sources=True,
)

_TYPING: Final = 2.0
_WHOLE: Final = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class WebChannel:
    """`origins` are the other origins (`https://…`) whose pages may connect besides the one that is asked."""

    feed: Feed
    blobs: Blobs
    receive: Callable[[Event], Awaitable[object]]
    clock: Clock
    seal: CookieSigner
    played: Transcoder
    origins: tuple[str, ...] = ()
    name: str = NAME
    capabilities: Capabilities = ABILITIES

    def verify(self, request: Request) -> bool:  # noqa: ARG002 - the shape of `Channel`
        """No webhook leads here."""
        return False

    def parse(self, request: Request) -> tuple[Event, ...]:  # noqa: ARG002 - the shape of `Channel`
        return ()

    async def acknowledge(self, events: tuple[Event, ...]) -> None:
        """The socket has done it."""

    async def send(self, outbound: OutboundMessage, *, target: str = "") -> str:  # noqa: ARG002 - the shape of `Channel`
        """Exactly once by its id; the id given back is the line's number. The page finds what a `Mark` marks by itself."""
        body = render.said(json.loads(dump_reply(outbound.reply)), self.clock.now())
        return str(await self.feed.append(outbound.address, outbound.id, body))

    async def fetch(self, media: Media) -> bytes:
        data, _ = await self.blobs.get(media.ref)
        return data

    def live(self, target: LiveTarget) -> LiveUpdates:
        return WebLiveUpdates(feed=self.feed, address=target.address, clock=self.clock)


class WebLiveUpdates:
    """Signs of life for one turn.

    Of a draft only what is new is sent, `{"at": where it goes, "text": …}`, and the whole of it (`at` 0) each time
    it has grown by a quarter, for those who came later: all signs together stay within a few times its length.
    """

    def __init__(self, *, feed: Feed, address: Address, clock: Clock) -> None:
        self._feed = feed
        self._address = address
        self._clock = clock
        self._typing: datetime | None = None
        self._drafted: datetime | None = None
        self._status = ""
        self._written = ""
        self._sent = ""
        self._whole = 0

    async def typing(self) -> None:
        await self._flush()
        if self._typing is None or self._since(self._typing) >= _TYPING:
            self._typing = self._clock.now()
            await self._feed.sign(self._address, {"typing": True})

    async def status(self, text: str) -> None:
        await self._flush()
        if text != self._status:
            self._status = text
            await self._feed.sign(self._address, {"status": text})

    async def draft(self, text: str) -> None:
        self._written = text
        if self._drafted is None or self._since(self._drafted) >= pause(len(text)):
            await self._flush()

    async def _flush(self) -> None:
        written, sent = self._written, self._sent
        if written == sent:
            return
        self._drafted = self._clock.now()
        self._sent = written
        if written.startswith(sent) and len(written) < self._whole * _WHOLE:
            await self._feed.sign(self._address, {"draft": {"at": len(sent), "text": written[len(sent) :]}})
        else:
            self._whole = len(written)
            await self._feed.sign(self._address, {"draft": {"at": 0, "text": written}})

    def _since(self, moment: datetime) -> float:
        return (self._clock.now() - moment).total_seconds()


def pause(length: int) -> float:
    """Seconds between two looks at a draft: short while little is written, longer as each look costs more."""
    return 0.05 + length / 50_000

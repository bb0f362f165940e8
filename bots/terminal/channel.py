"""The terminal as a channel: replies go into the feed, which the process at the terminal reads."""

import json
from dataclasses import dataclass
from typing import Final

from core.address import Address
from core.channel import Capabilities, LiveTarget, LiveUpdates, Request
from core.clock import Clock
from core.errors import Refused
from core.event import Event
from core.media import Media
from core.outbound import OutboundMessage
from core.ports.feed import Feed
from core.wire import dump_reply

NAME: Final = "terminal"
ABILITIES: Final = Capabilities(
    text_limit=20000,
    formatted=True,
    buttons=26,
    label_limit=200,
    choice_bytes=200,
    files=True,
    edits=True,
    typing=True,
    streaming=True,
    sources=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalChannel:
    feed: Feed
    clock: Clock
    name: str = NAME
    capabilities: Capabilities = ABILITIES

    def verify(self, request: Request) -> bool:  # noqa: ARG002 - the shape of `Channel`
        """No webhook leads here."""
        return False

    def parse(self, request: Request) -> tuple[Event, ...]:  # noqa: ARG002 - the shape of `Channel`
        return ()

    async def acknowledge(self, events: tuple[Event, ...]) -> None:
        """Whoever types sees that it was taken."""

    async def send(self, outbound: OutboundMessage, *, target: str = "") -> str:  # noqa: ARG002 - the shape of `Channel`
        """Exactly once by its id; the id given back is the line's number."""
        body = {"role": "sona", "at": self.clock.now().isoformat(), "reply": json.loads(dump_reply(outbound.reply))}
        return str(await self.feed.append(outbound.address, outbound.id, body))

    async def fetch(self, media: Media) -> bytes:
        raise Refused(f"nothing is sent from a terminal: {media.ref}")

    def live(self, target: LiveTarget) -> LiveUpdates:
        return TerminalLiveUpdates(feed=self.feed, address=target.address, clock=self.clock)


class TerminalLiveUpdates:
    """Signs of life for one turn; of a draft only what is new, `{"at": where it goes, "text": …}`."""

    PAUSE: Final = 0.08

    def __init__(self, *, feed: Feed, address: Address, clock: Clock) -> None:
        self._feed = feed
        self._address = address
        self._clock = clock
        self._sent = ""
        self._at = clock.now()

    async def typing(self) -> None:
        await self._feed.sign(self._address, {"typing": True})

    async def status(self, text: str) -> None:
        await self._feed.sign(self._address, {"status": text})

    async def draft(self, text: str) -> None:
        now = self._clock.now()
        if self._sent and (now - self._at).total_seconds() < self.PAUSE:
            return
        kept = len(self._sent) if text.startswith(self._sent) else 0
        self._sent, self._at = text, now
        await self._feed.sign(self._address, {"draft": {"at": kept, "text": text[kept:]}})

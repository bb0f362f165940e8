"""A channel that keeps what is sent to it, and can be told to fail the way platforms do."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from core.address import Address
from core.channel import Capabilities, LiveTarget, LiveUpdates, Request
from core.event import Event
from core.media import Media
from core.outbound import OutboundMessage
from core.reply import Reply

FULL = Capabilities(
    text_limit=4096,
    formatted=True,
    buttons=8,
    label_limit=40,
    choice_bytes=64,
    voice=True,
    pictures=True,
    files=True,
    edits=True,
    typing=True,
    streaming=True,
)


@dataclass
class Signs:
    """Live signs as they came."""

    drafts: list[str] = field(default_factory=list[str])
    statuses: list[str] = field(default_factory=list[str])

    typed: asyncio.Event = field(default_factory=asyncio.Event)

    async def typing(self) -> None:
        self.typed.set()

    async def status(self, text: str) -> None:
        self.statuses.append(text)

    async def draft(self, text: str) -> None:
        self.drafts.append(text)


class KeepingChannel:
    """`core.channel.Channel` named `test`; `failures` are raised by the next sends, first come first served."""

    def __init__(self, capabilities: Capabilities = FULL) -> None:
        self.name = "test"
        self.capabilities = capabilities
        self.sent: list[tuple[Address, Reply, str, str]] = []
        self.failures: deque[Exception] = deque()
        self.signs: dict[Address, Signs] = {}

    def verify(self, request: Request) -> bool:
        return True

    def parse(self, request: Request) -> tuple[Event, ...]:
        return ()

    async def acknowledge(self, events: tuple[Event, ...]) -> None: ...

    async def send(self, outbound: OutboundMessage, *, target: str = "") -> str:
        if self.failures:
            raise self.failures.popleft()
        self.sent.append((outbound.address, outbound.reply, outbound.id, target))
        return f"m{len(self.sent)}"

    async def fetch(self, media: Media) -> bytes:
        return b""

    def live(self, target: LiveTarget) -> LiveUpdates:
        return self.signs.setdefault(target.address, Signs())

    def to(self, address: Address) -> list[Reply]:
        return [reply for place, reply, _, _ in self.sent if place == address]

"""The terminal: the real session at a plain screen, over a record in memory."""

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bots.terminal import PlainScreen, TerminalChannel, TerminalSession, render
from core.address import Address
from core.channel import Channel
from core.clock import SystemClock
from core.event import Event, Sender
from core.media import Media
from core.reply import Reply
from tests.contracts.channels import Shown
from tests.fakes.feed import FakeFeed


class Kept(PlainScreen):
    """A screen that is remembered."""

    def __init__(self) -> None:
        super().__init__(io.StringIO())
        self.replies: list[Reply] = []
        self.changed = asyncio.Event()

    def reply(self, reply: Reply) -> None:
        self.replies.append(reply)
        super().reply(reply)
        self.changed.set()


@dataclass
class TerminalHarness:
    channel: Channel
    feed: FakeFeed
    talk: TerminalSession
    screen: Kept
    lines: "asyncio.Queue[str]"
    events: "asyncio.Queue[Event]"
    address: Address
    counted: list[str] = field(default_factory=list[str])
    calls: None = None
    can_leave: bool = False
    folder: str = "terminal"

    async def _settled(self) -> None:
        async with asyncio.timeout(5):
            while len(self.screen.replies) < len(self.feed.lines[self.address]):
                self.screen.changed.clear()
                await self.screen.changed.wait()

    async def seen(self) -> list[str]:
        await self._settled()
        return [render.text(reply) for reply in self.screen.replies]

    async def buttons(self) -> list[str]:
        await self._settled()
        return [choice.label for choice in self.talk.options]

    async def shown(self) -> Shown:
        await self._settled()
        drafts = tuple(str(sign["draft"]["text"]) for sign in self.feed.signs if "draft" in sign)
        files = sum(reply.kind == "document" for reply in self.screen.replies)
        return Shown(files=files, drafts=drafts, typed={"typing": True} in self.feed.signs)

    async def picture(self) -> Media:
        data, mime = b"\x89PNG", "image/png"
        return Media(ref=f"blob:{len(data)}", mime=mime, name="kili.png")

    async def sound(self) -> Media:
        return Media(ref="blob:1", mime="audio/ogg", seconds=1.0)

    async def takes(self, recorded: Mapping[str, Any]) -> tuple[Event, ...]:
        """A line as it is typed. Behind it a plain one follows, so that a line that means nothing is known to."""
        await self.lines.put(recorded["line"])
        await self.lines.put("next")
        taken: list[Event] = []
        async with asyncio.timeout(5):
            while len(taken) <= len(recorded["bodies"]):
                taken.append(await self.events.get())
        return tuple(taken[:-1])

    def leave(self) -> None:
        """Whoever ends the program comes back."""


@asynccontextmanager
async def open_harness() -> AsyncGenerator[TerminalHarness]:
    feed, screen, address = FakeFeed(), Kept(), Address("terminal", "ada")
    lines, events = asyncio.Queue[str](), asyncio.Queue[Event]()

    async def idle() -> bool:
        return True

    async def typed() -> AsyncIterator[str]:
        while True:
            yield await lines.get()

    talk = TerminalSession(
        address=address,
        sender=Sender(id="ada"),
        feed=feed,
        receive=events.put,
        idle=idle,
        clock=SystemClock(),
        screen=screen,
        pause=0.01,
    )
    running = asyncio.create_task(talk.run(typed()))
    try:
        await feed.listening.wait()
        channel = TerminalChannel(feed=feed, clock=SystemClock())
        yield TerminalHarness(channel, feed, talk, screen, lines, events, address)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

"""A conversation at the terminal: a line goes in, what comes of it is shown, then the next line."""

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bots.terminal import render
from bots.terminal.save_file import Save
from bots.terminal.screen import Screen
from core.address import Address
from core.clock import Clock
from core.errors import Malformed
from core.event import Body, Event, Joined, Said, Sender, Stopped, Tapped
from core.ports.feed import Feed, FeedEntry, LiveSignal
from core.reply import Choice, Document, Text
from core.wire import clean, load_reply


@dataclass(slots=True, kw_only=True)
class TerminalSession:
    """`idle` is true when no event and no parcel of this conversation waits any more: then everything is answered.

    `pause` is how long, in seconds, to wait between two looks whether it is. `save` puts files down that are sent.
    """

    address: Address
    sender: Sender
    feed: Feed
    receive: Callable[[Event], Awaitable[object]]
    idle: Callable[[], Awaitable[bool]]
    clock: Clock
    screen: Screen
    save: Save | None = None
    pause: float = 0.05
    shown: int = 0
    options: tuple[Choice, ...] = ()
    of: str = ""
    draft: str = ""
    status: str = ""
    working: bool = False
    stopping: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, lines: AsyncIterable[str], *, start: str | None = None) -> None:
        """Until the lines end and all is answered. With `start` the conversation is opened first, with that payload."""
        last = await self.feed.since(self.address, -1, 1)
        self.shown = last[-1].seq if last else 0
        async with self.feed.listen(self.address) as heard:
            showing = asyncio.create_task(self._show(heard))
            try:
                if start is not None:
                    await self._happens(Joined(start=start))
                async for line in lines:
                    if line.strip():
                        await self._happens(self._meant(line))
            finally:
                showing.cancel()
                await asyncio.gather(showing, return_exceptions=True)
                self.screen.calm()

    async def stop(self) -> None:
        """Stop what is running."""
        self.stopping = True
        await self.receive(self._event(Stopped()))

    def _meant(self, line: str) -> Body:
        """A number of the last choices is a tap, anything else is said."""
        words = clean(line.strip())
        few = len(words) <= len(str(len(self.options)))
        if few and words.isascii() and words.isdigit() and 1 <= int(words) <= len(self.options):
            return Tapped(choice=self.options[int(words) - 1].value, of=self.of)
        return Said(text=words)

    async def _happens(self, body: Body) -> None:
        """Hand it in and wait until all of its answers are on the screen."""
        self.working = True
        await self.receive(self._event(body))
        while not await self.idle():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), self.pause)
            self.news.clear()
        while entries := await self.feed.since(self.address, self.shown):
            for entry in entries:
                await self._entry(entry)
        self.working = self.stopping = False
        self._calm()

    def _event(self, body: Body) -> Event:
        at, identity = self.clock.now(), f"{self.address.channel}:{self.clock.id()}"
        return Event(id=identity, address=self.address, sender=self.sender, at=at, body=body)

    async def _show(self, heard: AsyncIterator[FeedEntry | LiveSignal]) -> None:
        async for item in heard:
            match item:
                case FeedEntry():
                    await self._entry(item)
                    self.news.set()
                case LiveSignal():
                    self._sign(item.body)

    async def _entry(self, entry: FeedEntry) -> None:
        """Show a line once, whoever of the two that read has it first; the other waits until it is shown."""
        async with self.lock:
            if entry.seq > self.shown:
                await self._shown(entry)
                self.shown = entry.seq

    async def _shown(self, entry: FeedEntry) -> None:
        try:
            reply = load_reply(entry.body["reply"])
        except (KeyError, Malformed):
            return
        self._calm()
        self.screen.reply(reply)
        if isinstance(reply, Document) and self.save is not None:
            path = await self.save(reply.media)
            self.screen.reply(Text(text=f"→ {render.literal(path)}" if path else reply.instead))
        picks = render.pickable(reply)
        if picks is not None:
            self.options, self.of = picks, str(entry.seq)

    def _sign(self, body: Any) -> None:
        match body:
            case {"draft": {"at": int(at), "text": str(text)}} if at <= len(self.draft):
                self.draft = self.draft[:at] + text
            case {"status": str(text)}:
                self.status = text
            case _:
                pass
        if self.working:
            self.screen.busy(self.status, self.draft)

    def _calm(self) -> None:
        self.draft = self.status = ""
        self.screen.calm()

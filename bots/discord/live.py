"""Signs of life in a chat: typing, what is being done, and the answer while it is written."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, Protocol

from bots.discord import render
from bots.discord.client import deferred, is_deferred
from bots.discord.drafts import Drafts
from bots.discord.interactions import Asked
from bots.discord.refusals import Uneditable
from bots.discord.render import Message
from core.address import Address
from core.clock import Clock
from core.errors import Failure, Refused, Throttled

_TYPING_LASTS = timedelta(seconds=9)
_PACE = timedelta(seconds=1.3)
_PATIENCE = 2.0
_LENT = timedelta(minutes=14, seconds=50)
"""A little less than the quarter of an hour that Discord gives."""


class Voiced(Protocol):
    """Who can show signs of life at any place."""

    async def typing(self, address: Address) -> None: ...

    async def draft(self, address: Address, message: Message, nonce: str) -> str: ...

    async def rewrite(self, address: Address, sent: str, message: Message) -> str: ...


class Streams:
    """Answers half written, and the calls that are on their way for them."""

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts
        self._calls: set[asyncio.Task[None]] = set()
        self._writing: dict[Address, asyncio.Task[None]] = {}

    def start(self, call: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a call that raises nothing."""
        task = asyncio.create_task(call)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        return task

    async def write(self, address: Address, call: Coroutine[Any, Any, None]) -> None:
        """Run a call that writes a draft, and wait a moment for it; cut short, it still runs to its end."""
        task = self._writing[address] = self.start(call)
        task.add_done_callback(lambda _: self._writing.pop(address, None))
        await asyncio.wait({task}, timeout=_PATIENCE)

    def busy(self, address: Address) -> bool:
        return address in self._writing

    async def promise(self, asked: Asked) -> str:
        """The answer to come goes where Sona is now shown to think; returns the place of the one before that never came, or nothing."""
        if asked.address is None or not asked.later:
            return ""
        before = await self._drafts.write(asked.address, deferred(asked.id, asked.token))
        return before if is_deferred(before) else ""

    async def lend(self, asked: Asked, now: datetime) -> None:
        """Remember the interaction's token for as long as it opens the place where it was asked."""
        if asked.address is not None:
            until = int((now + _LENT).timestamp())
            await self._drafts.write(_pass(asked.address), f"{until} {asked.token}")

    async def lent(self, address: Address, now: datetime) -> str:
        """A token that opens the place, or nothing."""
        until, _, token = (await self._drafts.read(_pass(address))).partition(" ")
        return token if until.isdecimal() and now.timestamp() < int(until) else ""

    async def written(self, address: Address) -> str:
        """The message that holds the half-written answer, or nothing."""
        return await self._drafts.read(address)

    async def finish(self, address: Address) -> str:
        """The same, once no call for it is on its way."""
        if (task := self._writing.get(address)) is not None:
            await asyncio.wait({task})
        return await self._drafts.read(address)

    async def keep(self, address: Address, message: str) -> None:
        await self._drafts.write(address, message)

    async def forget(self, address: Address) -> None:
        await self._drafts.write(address, "")

    async def close(self) -> None:
        while self._calls:
            await asyncio.wait(self._calls)


def _pass(address: Address) -> Address:
    """Under what a place's token is kept beside its draft."""
    return Address(address.channel, address.chat, f"{address.thread}/token")


class DiscordLive:
    """Draws one turn's signs of life, within the five edits in five seconds that Discord allows; drops what comes faster.

    By a token that is lent it draws only where Sona is shown to think already, as such messages are few.
    """

    def __init__(self, *, address: Address, post: Voiced, clock: Clock, streams: Streams) -> None:
        self._address = address
        self._post = post
        self._clock = clock
        self._streams = streams
        self._nonce = clock.id()[-25:]
        self._words = ""
        self._status = ""
        self._drawn: datetime | None = None
        self._typed: datetime | None = None
        self._mute: datetime | None = None

    async def typing(self) -> None:
        now = self._clock.now()
        if self._muted(now) or (self._typed is not None and now - self._typed < _TYPING_LASTS):
            return
        self._typed = now
        self._streams.start(self._quietly(self._post.typing(self._address)))

    async def status(self, text: str) -> None:
        if text != self._status:
            self._status = text
            await self._draw()

    async def draft(self, text: str) -> None:
        self._words = text
        await self._draw()

    async def _draw(self) -> None:
        now = self._clock.now()
        hasty = self._drawn is not None and now - self._drawn < _PACE
        if hasty or self._muted(now) or self._streams.busy(self._address):
            return
        if shown := render.draft(self._words, self._status):
            self._drawn = now
            await self._streams.write(self._address, self._quietly(self._show(Message(words=shown, preview=False))))

    async def _show(self, message: Message) -> None:
        written = await self._streams.written(self._address)
        if written:
            try:
                await self._post.rewrite(self._address, written, message)
                return
            except Uneditable:
                if is_deferred(written):
                    raise
        await self._streams.keep(self._address, await self._post.draft(self._address, message, self._nonce))

    async def _quietly(self, call: Coroutine[Any, Any, None]) -> None:
        """What fails here may be lost; a refusal ends it, and a request to wait is obeyed."""
        try:
            await call
        except Throttled as wait:
            self._mute = self._clock.now() + timedelta(seconds=wait.retry_after)
        except Refused:
            self._mute = datetime.max.replace(tzinfo=self._clock.now().tzinfo)
        except Failure:
            self._mute = self._clock.now() + _TYPING_LASTS

    def _muted(self, now: datetime) -> bool:
        return self._mute is not None and now < self._mute

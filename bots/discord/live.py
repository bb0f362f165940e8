"""Signs of life in a chat: typing, what is being done, and the answer while it is written."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from bots.discord import render
from bots.discord.client import deferred, is_deferred
from bots.discord.drafts import DiscordDraft, DiscordDrafts
from bots.discord.errors import DiscordUneditable, Expired
from bots.discord.interactions import OpenInteraction
from bots.discord.json_fields import moment
from bots.discord.render import DiscordMessage
from core.address import Address
from core.clock import Clock
from core.errors import Failure, Refused, Throttled

_TYPING_LASTS = timedelta(seconds=9)
_PACE = timedelta(seconds=1.3)
_PATIENCE = 2.0
_LENT = timedelta(minutes=14, seconds=50)
"""A little less than the quarter of an hour that Discord gives."""
_HEARD_OF = timedelta(seconds=10)


class VoiceSent(Protocol):
    """Who can show signs of life at any place."""

    async def typing(self, address: Address) -> None: ...

    async def draft(self, address: Address, message: DiscordMessage, nonce: str) -> str: ...

    async def rewrite(self, address: Address, sent: str, message: DiscordMessage) -> str: ...

    async def take_back(self, address: Address, sent: str) -> None: ...


def too_early(sent: str, error: DiscordUneditable, now: datetime) -> bool:
    """Whether Discord does not know the place yet, as it has not heard of our promise."""
    if not is_deferred(sent) or not isinstance(error, Expired):
        return False
    return timedelta() <= now - moment(sent[1:].partition("/")[0]) < _HEARD_OF


class DiscordStreams:
    """Answers half written, and the calls that are on their way for them."""

    def __init__(self, drafts: DiscordDrafts) -> None:
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

    async def promise(self, asked: OpenInteraction, now: datetime) -> str:
        """The answer to come goes where Sona is now shown to think; returns where it was until now (thought of or half written), or nothing.

        The interaction's token is remembered beside it, for as long as it opens the place where it was asked.
        """
        if asked.address is None:
            return ""
        kept = {_pass(asked.address): f"{int((now + _LENT).timestamp())} {asked.token}"}
        if asked.later:
            kept[asked.address] = deferred(asked.id, asked.token)
        _, *before = await self._drafts.write_all(kept)
        return DiscordDraft.parse(before[0]).message if before else ""

    async def lent(self, address: Address, now: datetime) -> str:
        """A token that opens the place, or nothing."""
        until, _, token = (await self._drafts.read(_pass(address))).partition(" ")
        return token if until.isdecimal() and now.timestamp() < int(until) else ""

    async def draft(self, address: Address) -> DiscordDraft:
        """The half-written answer, or the place where it is to come."""
        return DiscordDraft.parse(await self._drafts.read(address))

    async def change(self, address: Address, before: DiscordDraft, after: DiscordDraft) -> bool:
        """Put another draft in the place of this one, and say whether it was there."""
        return await self._drafts.change(address, str(before), str(after))

    async def drawn(self, address: Address) -> DiscordDraft:
        """The half-written answer, once no call from here for it is on its way."""
        if (task := self._writing.get(address)) is not None:
            await asyncio.wait({task})
        return await self.draft(address)

    async def take(self, address: Address) -> DiscordDraft:
        """The same, for good: what is promised or drawn there from now on is another answer."""
        await self.drawn(address)
        return DiscordDraft.parse(await self._drafts.write(address, ""))

    async def placed(self, address: Address, nonce: str) -> str:
        """The message that a reply was put into by an earlier try, or nothing."""
        return await self._drafts.read(_reply(address, nonce))

    async def place(self, address: Address, nonce: str, message: str) -> None:
        """Remember into which message a reply is put, for whoever has to try it again."""
        await self._drafts.write(_reply(address, nonce), message)

    async def close(self) -> None:
        while self._calls:
            await asyncio.wait(self._calls)


def _pass(address: Address) -> Address:
    """Under what a place's token is kept beside its draft."""
    return Address(address.channel, address.chat, f"{address.thread}/token")


def _reply(address: Address, nonce: str) -> Address:
    """Under what a reply's message is kept."""
    return Address(address.channel, address.chat, f"{address.thread}/{nonce}")


class DiscordLiveUpdates:
    """Draws one turn's signs of life, within the five edits in five seconds that Discord allows; drops what comes faster.

    By a token that is lent it draws only where Sona is shown to think already, as such messages are few.
    """

    def __init__(self, *, address: Address, post: VoiceSent, clock: Clock, streams: DiscordStreams) -> None:
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
            await self._streams.write(
                self._address, self._quietly(self._show(DiscordMessage(words=shown, preview=False)))
            )

    async def _show(self, message: DiscordMessage) -> None:
        """Draw while nobody else does; what the answer, or another promise, has overtaken meanwhile is taken away."""
        before = await self._streams.draft(self._address)
        drawing = replace(before, by=self._nonce)
        if not await self._streams.change(self._address, before, drawing):
            return
        after = DiscordDraft(message=before.message)
        try:
            after = await self._drawn_into(before.message, message)
        finally:
            kept = await self._streams.change(self._address, drawing, after)
        if not kept and not before.message:
            await self._post.take_back(self._address, after.message)

    async def _drawn_into(self, written: str, message: DiscordMessage) -> DiscordDraft:
        """The draft with these words; none where its message is gone, and the next one is a new message."""
        if not written:
            return DiscordDraft(message=await self._post.draft(self._address, message, self._nonce))
        try:
            await self._post.rewrite(self._address, written, message)
        except DiscordUneditable as error:
            if too_early(written, error, self._clock.now()):
                raise Throttled(str(error), retry_after=1.0) from error
            if is_deferred(written):
                raise
            self._nonce = self._clock.id()[-25:]
            return DiscordDraft()
        return DiscordDraft(message=written)

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

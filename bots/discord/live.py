"""Signs of life in a chat: typing, what is being done, and the answer while it is written."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from bots.discord import render
from bots.discord.client import deferred, is_deferred
from bots.discord.drafts import DiscordDraft, DiscordDrafts
from bots.discord.errors import DiscordUneditable, UnknownInteraction
from bots.discord.interactions import OpenInteraction
from bots.discord.json_fields import created_at
from bots.discord.render import DiscordMessage
from core.address import Address
from core.clock import Clock
from core.errors import Failure, Refused, Throttled

_TYPING_LASTS = timedelta(seconds=9)
_DRAFT_INTERVAL = timedelta(seconds=1.3)
_WRITE_TIMEOUT = 2.0
_TOKEN_LIFETIME = timedelta(minutes=14, seconds=50)
"""A little less than the quarter of an hour that Discord gives."""
_PROPAGATION = timedelta(seconds=10)


class LivePost(Protocol):
    """Who can show signs of life at any place."""

    async def typing(self, address: Address) -> None: ...

    async def draft(self, address: Address, message: DiscordMessage, nonce: str) -> str: ...

    async def edit(self, address: Address, message_id: str, message: DiscordMessage) -> str: ...

    async def delete(self, address: Address, message_id: str) -> None: ...


def too_early(message_id: str, error: DiscordUneditable, now: datetime) -> bool:
    """Whether Discord does not know the place yet, as it has not heard of our promise."""
    if not is_deferred(message_id) or not isinstance(error, UnknownInteraction):
        return False
    return timedelta() <= now - created_at(message_id[1:].partition("/")[0]) < _PROPAGATION


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
        await asyncio.wait({task}, timeout=_WRITE_TIMEOUT)

    def busy(self, address: Address) -> bool:
        return address in self._writing

    async def remember_interaction(self, interaction: OpenInteraction, now: datetime) -> str:
        """The answer to come goes where Sona is now shown to think; returns where it was until now (thought of or half written), or nothing.

        The interaction's token is remembered beside it, for as long as it opens the place where it was asked.
        """
        if interaction.address is None:
            return ""
        entries = {_token_key(interaction.address): f"{int((now + _TOKEN_LIFETIME).timestamp())} {interaction.token}"}
        if interaction.deferred:
            entries[interaction.address] = deferred(interaction.id, interaction.token)
        _, *before = await self._drafts.write_all(entries)
        return DiscordDraft.parse(before[0]).message if before else ""

    async def interaction_token(self, address: Address, now: datetime) -> str:
        """A token that opens the place, or nothing."""
        until, _, token = (await self._drafts.read(_token_key(address))).partition(" ")
        return token if until.isdecimal() and now.timestamp() < int(until) else ""

    async def draft(self, address: Address) -> DiscordDraft:
        """The half-written answer, or the place where it is to come."""
        return DiscordDraft.parse(await self._drafts.read(address))

    async def replace_draft(self, address: Address, before: DiscordDraft, after: DiscordDraft) -> bool:
        """Put another draft in the place of this one, and say whether it was there."""
        return await self._drafts.change(address, str(before), str(after))

    async def finished_draft(self, address: Address) -> DiscordDraft:
        """The half-written answer, once no call from here for it is on its way."""
        if (task := self._writing.get(address)) is not None:
            await asyncio.wait({task})
        return await self.draft(address)

    async def take_draft(self, address: Address) -> DiscordDraft:
        """The same, for good: what is promised or drawn there from now on is another answer."""
        await self.finished_draft(address)
        return DiscordDraft.parse(await self._drafts.write(address, ""))

    async def reply_message(self, address: Address, nonce: str) -> str:
        """The message that a reply was put into by an earlier try, or nothing."""
        return await self._drafts.read(_reply_key(address, nonce))

    async def remember_reply_message(self, address: Address, nonce: str, message: str) -> None:
        """Remember into which message a reply is put, for whoever has to try it again."""
        await self._drafts.write(_reply_key(address, nonce), message)

    async def close(self) -> None:
        while self._calls:
            await asyncio.wait(self._calls)


def _token_key(address: Address) -> Address:
    """Under what a place's token is kept beside its draft."""
    return Address(address.channel, address.chat, f"{address.thread}/token")


def _reply_key(address: Address, nonce: str) -> Address:
    """Under what a reply's message is kept."""
    return Address(address.channel, address.chat, f"{address.thread}/{nonce}")


class DiscordLiveUpdates:
    """Draws one turn's signs of life, within the five edits in five seconds that Discord allows; drops what comes faster.

    By a token that is lent it draws only where Sona is shown to think already, as such messages are few.
    """

    def __init__(self, *, address: Address, post: LivePost, clock: Clock, streams: DiscordStreams) -> None:
        self._address = address
        self._post = post
        self._clock = clock
        self._streams = streams
        self._nonce = clock.id()[-25:]
        self._text = ""
        self._status = ""
        self._drawn_at: datetime | None = None
        self._typed_at: datetime | None = None
        self._muted_until: datetime | None = None

    async def typing(self) -> None:
        now = self._clock.now()
        if self._is_muted(now) or (self._typed_at is not None and now - self._typed_at < _TYPING_LASTS):
            return
        self._typed_at = now
        self._streams.start(self._best_effort(self._post.typing(self._address)))

    async def status(self, text: str) -> None:
        if text != self._status:
            self._status = text
            await self._draw()

    async def draft(self, text: str) -> None:
        self._text = text
        await self._draw()

    async def _draw(self) -> None:
        now = self._clock.now()
        too_soon = self._drawn_at is not None and now - self._drawn_at < _DRAFT_INTERVAL
        if too_soon or self._is_muted(now) or self._streams.busy(self._address):
            return
        if shown := render.draft_text(self._text, self._status):
            self._drawn_at = now
            await self._streams.write(
                self._address, self._best_effort(self._show(DiscordMessage(text=shown, preview=False)))
            )

    async def _show(self, message: DiscordMessage) -> None:
        """Draw while nobody else does; what the answer, or another promise, has overtaken meanwhile is taken away."""
        before = await self._streams.draft(self._address)
        claimed = replace(before, writer=self._nonce)
        if not await self._streams.replace_draft(self._address, before, claimed):
            return
        after = DiscordDraft(message=before.message)
        try:
            after = await self._write(before.message, message)
        finally:
            released = await self._streams.replace_draft(self._address, claimed, after)
        if not released and not before.message:
            await self._post.delete(self._address, after.message)

    async def _write(self, target: str, message: DiscordMessage) -> DiscordDraft:
        """The draft with these words; none where its message is gone, and the next one is a new message."""
        if not target:
            return DiscordDraft(message=await self._post.draft(self._address, message, self._nonce))
        try:
            await self._post.edit(self._address, target, message)
        except DiscordUneditable as error:
            if too_early(target, error, self._clock.now()):
                raise Throttled(str(error), retry_after=1.0) from error
            if is_deferred(target):
                raise
            self._nonce = self._clock.id()[-25:]
            return DiscordDraft()
        return DiscordDraft(message=target)

    async def _best_effort(self, call: Coroutine[Any, Any, None]) -> None:
        """What fails here may be lost; a refusal ends it, and a request to wait is obeyed."""
        try:
            await call
        except Throttled as wait:
            self._muted_until = self._clock.now() + timedelta(seconds=wait.retry_after)
        except Refused:
            self._muted_until = datetime.max.replace(tzinfo=self._clock.now().tzinfo)
        except Failure:
            self._muted_until = self._clock.now() + _TYPING_LASTS

    def _is_muted(self, now: datetime) -> bool:
        return self._muted_until is not None and now < self._muted_until

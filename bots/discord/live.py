"""Live updates of a turn: typing indicator, status and draft."""

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
"""Slightly less than the 15 minutes that Discord accepts an interaction's token."""
_PROPAGATION = timedelta(seconds=10)


class LivePost(Protocol):
    """The calls that live updates make."""

    async def typing(self, address: Address) -> None: ...

    async def draft(self, address: Address, message: DiscordMessage, nonce: str) -> str: ...

    async def edit(self, address: Address, message_id: str, message: DiscordMessage) -> str: ...

    async def delete(self, address: Address, message_id: str) -> None: ...


def too_early(message_id: str, error: DiscordUneditable, now: datetime) -> bool:
    """Return whether a deferred message is unknown because Discord has not yet processed the response that creates it."""
    if not is_deferred(message_id) or not isinstance(error, UnknownInteraction):
        return False
    return timedelta() <= now - created_at(message_id[1:].partition("/")[0]) < _PROPAGATION


class DiscordStreams:
    """Drafts and interaction tokens by conversation, and the API calls in the background."""

    def __init__(self, drafts: DiscordDrafts) -> None:
        self._drafts = drafts
        self._calls: set[asyncio.Task[None]] = set()
        self._writing: dict[Address, asyncio.Task[None]] = {}

    def start(self, call: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a call, which must not raise, in the background."""
        task = asyncio.create_task(call)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        return task

    async def write(self, address: Address, call: Coroutine[Any, Any, None]) -> None:
        """Run a call that writes a draft and wait for it briefly; after the timeout or a cancellation it continues."""
        task = self._writing[address] = self.start(call)
        task.add_done_callback(lambda _: self._writing.pop(address, None))
        await asyncio.wait({task}, timeout=_WRITE_TIMEOUT)

    def busy(self, address: Address) -> bool:
        return address in self._writing

    async def remember_interaction(self, interaction: OpenInteraction, now: datetime) -> str:
        """Store the interaction's token for its lifetime and, if it is deferred, make its message the draft.

        Returns the message of the previous draft, or an empty string.
        """
        if interaction.address is None:
            return ""
        entries = {_token_key(interaction.address): f"{int((now + _TOKEN_LIFETIME).timestamp())} {interaction.token}"}
        if interaction.deferred:
            entries[interaction.address] = deferred(interaction.id, interaction.token)
        _, *before = await self._drafts.write_all(entries)
        return DiscordDraft.parse(before[0]).message if before else ""

    async def interaction_token(self, address: Address, now: datetime) -> str:
        """Return a valid interaction token for the conversation, or an empty string."""
        until, _, token = (await self._drafts.read(_token_key(address))).partition(" ")
        return token if until.isdecimal() and now.timestamp() < int(until) else ""

    async def draft(self, address: Address) -> DiscordDraft:
        """Return the conversation's draft, which may be a deferred message."""
        return DiscordDraft.parse(await self._drafts.read(address))

    async def replace_draft(self, address: Address, before: DiscordDraft, after: DiscordDraft) -> bool:
        """Replace the draft if it still is `before`; return whether it was."""
        return await self._drafts.change(address, str(before), str(after))

    async def finished_draft(self, address: Address) -> DiscordDraft:
        """Return the draft once no call of this process is writing it."""
        if (task := self._writing.get(address)) is not None:
            await asyncio.wait({task})
        return await self.draft(address)

    async def take_draft(self, address: Address) -> DiscordDraft:
        """Return and delete the draft once it is finished; later drafts belong to another answer."""
        await self.finished_draft(address)
        return DiscordDraft.parse(await self._drafts.write(address, ""))

    async def reply_message(self, address: Address, nonce: str) -> str:
        """Return the message that an earlier attempt used for a reply, or an empty string."""
        return await self._drafts.read(_reply_key(address, nonce))

    async def remember_reply_message(self, address: Address, nonce: str, message: str) -> None:
        """Store the message used for a reply, so that a retry edits the same one."""
        await self._drafts.write(_reply_key(address, nonce), message)

    async def close(self) -> None:
        while self._calls:
            await asyncio.wait(self._calls)


def _token_key(address: Address) -> Address:
    return Address(address.channel, address.chat, f"{address.thread}/token")


def _reply_key(address: Address, nonce: str) -> Address:
    return Address(address.channel, address.chat, f"{address.thread}/{nonce}")


class DiscordLiveUpdates:
    """Live updates of one turn, within the five edits in five seconds that Discord allows; skips updates that come faster.

    Where the bot can only send with an interaction's token, drafts are written into the deferred message only, because
    Discord limits the number of follow-up messages.
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
        """Write the draft unless another writer holds it; delete a new message if the answer or another draft came first."""
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
        """Return the written draft; an empty one if its message was deleted, so that the next draft is a new message."""
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
        """Run a call and pause live updates after a failure: permanently if refused, else for the requested time."""
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

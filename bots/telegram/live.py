"""Signs of life in a chat: typing, what is being done, and the answer while it is written."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from bots.delivery import CountFallback
from bots.telegram import render
from bots.telegram.client import TelegramClient
from bots.telegram.draft_pacing import DraftPacing
from bots.telegram.drafts import TelegramDrafts
from bots.telegram.errors import Unchanged
from bots.telegram.render import TelegramMessage
from core.address import Address
from core.clock import Clock
from core.errors import Failure, Refused, Throttled

_TYPING_LASTS = timedelta(seconds=4.5)
_PACE = timedelta(seconds=1)
_FADES = timedelta(seconds=14)
"""When a draft is drawn again: Telegram shows each drawing for 30 seconds, and one of two tries may fail."""
_PATIENCE = 2.0


class TelegramStreams:
    """Answers half written, and the calls that are on their way for them."""

    def __init__(self, drafts: TelegramDrafts) -> None:
        self._drafts = drafts
        self._calls: set[asyncio.Task[None]] = set()
        self._writing: dict[Address, asyncio.Task[None]] = {}
        self.drawing = DraftPacing()

    def start(self, call: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a call that raises nothing."""
        task = asyncio.create_task(call)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        return task

    async def write(self, address: Address, call: Coroutine[Any, Any, None]) -> None:
        """Run a call that writes a draft, and wait a moment for it, cancelled or not: the answer may go out elsewhere right after."""
        task = self._writing[address] = self.start(call)
        task.add_done_callback(lambda _: self._writing.pop(address, None))
        try:
            await asyncio.wait({task}, timeout=_PATIENCE)
        except asyncio.CancelledError:
            await asyncio.wait({task}, timeout=_PATIENCE)
            raise

    def busy(self, address: Address) -> bool:
        return address in self._writing

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
        if self._calls:
            await asyncio.wait(self._calls)


class TelegramLiveUpdates:
    """Draws one turn's signs of life, at most about one a second, in groups as `Drawing` allows; drops what comes faster.

    A draft is drawn before `draft` returns, so nothing of it can arrive after the turn's own replies. One that would
    vanish, or lacks what was dropped, is drawn again with the typing.
    """

    def __init__(
        self,
        *,
        address: Address,
        client: TelegramClient,
        clock: Clock,
        streams: TelegramStreams,
        count: CountFallback,
    ) -> None:
        self._address = address
        self._client = client
        self._clock = clock
        self._streams = streams
        self._count = count
        self._private = not address.chat.startswith("-")
        self._native = self._private
        self._number = int(clock.now().timestamp() * 1000) % (2**31 - 1) + 1
        self._words = ""
        self._status = ""
        self._drawn: dict[str, datetime] = {}
        self._shown: tuple[str, datetime] | None = None
        self._typed: datetime | None = None
        self._mute: datetime | None = None

    async def typing(self) -> None:
        now = self._clock.now()
        if self._muted(now) or (self._typed is not None and now - self._typed < _TYPING_LASTS):
            return
        self._typed = now
        self._streams.start(self._quietly(self._client.typing(self._address)))
        await self._keep(now)

    async def status(self, text: str) -> None:
        if text != self._status:
            self._status = text
            await self._draw("status")

    async def draft(self, text: str) -> None:
        self._words = text
        await self._draw("draft")

    async def _draw(self, why: str) -> None:
        """Words and status keep their pace each on its own, so that quick words never hide what is being done."""
        now = self._clock.now()
        if self._muted(now) or self._streams.busy(self._address):
            return
        shown = render.draft(self._words, self._status)
        if shown and self._due(why, now):
            self._drawn[why] = now
            await self._streams.write(self._address, self._quietly(self._show(shown)))

    def _due(self, why: str, now: datetime) -> bool:
        if not self._private:
            return self._streams.drawing.due(self._address.chat, now)
        return why not in self._drawn or now - self._drawn[why] >= _PACE

    async def _keep(self, now: datetime) -> None:
        """Draw a native draft again before it vanishes, or with what has come since; a message stays by itself."""
        if not self._native or self._shown is None or self._streams.busy(self._address):
            return
        shown = render.draft(self._words, self._status)
        if shown and (shown != self._shown[0] or now - self._shown[1] >= _FADES):
            await self._streams.write(self._address, self._quietly(self._show(shown)))

    async def _show(self, shown: str) -> None:
        if self._native:
            try:
                await self._client.draft(self._address, self._number, shown)
                self._shown = (shown, self._clock.now())
                return
            except Refused as refusal:
                if refusal.gone:
                    raise
            self._native = False
            self._count("edits")
        await self._show_message(TelegramMessage(words=shown, preview=False))

    async def _show_message(self, message: TelegramMessage) -> None:
        written = await self._streams.written(self._address)
        if not written:
            await self._streams.keep(self._address, await self._client.say(self._address, message))
            return
        with suppress(Unchanged):
            await self._client.rewrite(self._address, written, message)

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

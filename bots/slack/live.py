"""Signs of life in a conversation: that Sona works, at what, and the answer while it is written."""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bots.delivery import CountFallback
from bots.slack import render
from bots.slack.client import SlackClient, task, words
from bots.slack.drafts import SlackDraft
from bots.slack.errors import NotStreaming, StoppedByUser
from bots.slack.leftover_drafts import removed
from bots.slack.location import SlackLocation
from bots.slack.streams import SlackStreams
from core.address import Address
from core.clock import Clock
from core.errors import Failure, Refused, Throttled
from core.event import Sender
from core.phrases import DEFAULT, phrase

_STREAM_PACE = timedelta(seconds=0.6)
_EDIT_PACE = timedelta(seconds=1.2)
_MOST_STREAMED = 11_000
_MOST_TITLE = 200
_MOST_TOPIC = 80


class SlackLiveUpdates:
    """Draws one turn's signs of life at the pace that Slack allows; drops what comes faster.

    In a thread the answer is streamed, with the work of tools as its steps; elsewhere, and when a stream dies, a
    message is updated. In a channel's thread a stream needs somebody it is written for.
    """

    def __init__(
        self,
        *,
        address: Address,
        client: SlackClient,
        clock: Clock,
        streams: SlackStreams,
        count: CountFallback,
    ) -> None:
        self._address = address
        self._place = SlackLocation.of(address)
        self._client = client
        self._clock = clock
        self._streams = streams
        self._count = count
        self._native = bool(self._place.thread) and self._place.direct
        self._reader = ""
        self._locale = DEFAULT
        self._topic = ""
        self._begun = False
        self._words = ""
        self._streamed = ""
        self._status = ""
        self._step = 0
        self._doing = ""
        self._drawn: datetime | None = None
        self._mute: datetime | None = None

    def meant_for(self, sender: Sender, locale: str, topic: str, below: str) -> None:
        """`core.channel.Personal`."""
        self._streams.turn(self._address, below)
        self._place = SlackLocation.of(self._address).under(below)
        self._reader = sender.id.partition(".")[2]
        self._locale = locale
        self._topic = " ".join(topic.split())[:_MOST_TOPIC] if self._place.direct else ""
        self._native = bool(self._place.thread and self._reader)

    async def typing(self) -> None:
        """In a thread the session is shown as working, with a button to stop it and words under the thread; a new one is named after what it is about."""
        if self._begun or self._unheard():
            return
        if self._place.only:
            self._begun = True
            await self._keep(SlackDraft(working=True))
        if not self._place.thread:
            return
        await self._streams.run(self._address, self._quietly(self._think()))

    async def status(self, text: str) -> None:
        if text == self._status or self._place.only:
            return
        self._status = text
        if self._place.thread and not self._unheard():
            await self._streams.run(self._address, self._quietly(self._say_status()))
        elif text:
            await self._draw()

    async def draft(self, text: str) -> None:
        self._words = text
        await self._draw()

    async def _draw(self) -> None:
        now = self._clock.now()
        pace = _STREAM_PACE if self._native else _EDIT_PACE
        if self._drawn is not None and now - self._drawn < pace:
            return
        if self._place.only or self._unheard():
            return
        self._drawn = now
        await self._streams.run(self._address, self._quietly(self._show()))

    async def _think(self) -> None:
        await self._begin()
        with suppress(Refused):
            await self._client.status(self._place, phrase("slack.working", self._locale))

    async def _begin(self) -> None:
        """In a thread the session is shown as working, which brings the button to stop it; what of this Slack refuses is done without."""
        if self._begun:
            return
        self._begun = True
        draft = await self._streams.read(self._address)
        if draft.working and draft.thread != self._place.below:
            await removed(self._client, SlackLocation.of(self._address), draft)
            draft = SlackDraft()
            await self._keep(draft)
        if not self._place.thread:
            return
        if not draft.working:
            await self._keep(SlackDraft(working=True))
        if self._reader and not self._place.direct:
            await self._streams.began(self._place, self._reader)
        if not self._client.spare(self._place, "agents.sessions.setStatus"):
            return
        try:
            await self._client.session(self._place, "processing", title=self._topic)
        except Refused as refusal:
            if refusal.gone:
                raise

    async def _say_status(self) -> None:
        """The work as a step of the stream, which begins with it; under the thread where there is no stream."""
        await self._begin()
        draft = await self._streams.read(self._address)
        if not self._native or (draft.message and not draft.streaming):
            await self._client.status(self._place, self._status)
            return
        chunks = [task(self._step, self._doing, done=True)] if self._doing else []
        self._doing = self._status[:_MOST_TITLE]
        if self._doing:
            self._step += 1
            chunks.append(task(self._step, self._doing, done=False))
        if draft.streaming:
            await self._append(draft, chunks)
        elif chunks and not await self._natively(lambda: self._start(chunks)):
            await self._client.status(self._place, self._status)

    async def _show(self) -> None:
        await self._begin()
        draft = await self._streams.read(self._address)
        more = self._words.removeprefix(self._streamed)
        grown = self._words.startswith(self._streamed) and len(self._words) <= _MOST_STREAMED
        if self._native and grown and (draft.streaming or not draft.message):
            if not more or await self._natively(lambda: self._stream(draft, more)):
                return
            draft = await self._streams.read(self._address)
        await self._edit(draft)

    async def _natively(self, call: Callable[[], Awaitable[None]]) -> bool:
        """Whether Slack streams it; once it does not, it is not asked again in this turn."""
        try:
            await call()
        except Refused as refusal:
            if refusal.gone or isinstance(refusal, StoppedByUser):
                raise
            self._native = False
            self._count("edits")
            return False
        return True

    async def _stream(self, draft: SlackDraft, more: str) -> None:
        """What may be the beginning of a mention waits for what follows it."""
        ready = more.removesuffix("<")
        if not ready:
            return
        if draft.streaming and not self._client.spare(self._place, "chat.appendStream"):
            return
        if draft.streaming:
            await self._client.append(self._place, draft.message, [words(ready)])
        else:
            await self._start([words(ready)])
        self._streamed += ready

    async def _start(self, chunks: list[render.SlackBlock]) -> None:
        """Raises `Refused` too where the workspace has had its streams of a minute."""
        if not self._client.spare(self._place, "chat.startStream"):
            raise Refused("Slack: no more streams for now")
        sent = await self._client.start(self._place, chunks, self._reader)
        await self._keep(SlackDraft(message=sent, streaming=True, working=True))

    async def _append(self, draft: SlackDraft, chunks: list[render.SlackBlock]) -> None:
        if not self._client.spare(self._place, "chat.appendStream"):
            return
        try:
            await self._client.append(self._place, draft.message, chunks)
        except StoppedByUser:
            raise
        except NotStreaming:
            return

    async def _edit(self, draft: SlackDraft) -> None:
        """Go on in a message that is updated; what was streamed so far stays in it."""
        shown = render.draft(self._words, "" if self._place.thread else self._status)
        if shown is None:
            return
        if draft.message and not self._client.spare(self._place, "chat.update"):
            return
        if draft.streaming:
            self._native = False
            await self._end(draft)
        if draft.message:
            await self._client.rewrite(self._place, draft.message, shown)
        sent = draft.message or await self._client.say(self._place, shown)
        await self._keep(SlackDraft(message=sent, working=True))

    async def _end(self, draft: SlackDraft) -> None:
        """End the stream, not the work. Raises `StoppedByUser`, with which nothing more is drawn."""
        try:
            await self._client.stop(self._place, draft.message, session="processing")
        except StoppedByUser:
            raise
        except NotStreaming:
            return

    async def _keep(self, draft: SlackDraft) -> None:
        await self._streams.keep(self._address, replace(draft, thread=self._place.below))

    async def _quietly(self, call: Coroutine[Any, Any, None]) -> None:
        """What fails here may be lost; who has gone is left alone, and a request to wait is obeyed."""
        try:
            await call
        except Throttled as wait:
            self._mute = self._clock.now() + timedelta(seconds=wait.retry_after)
        except Refused as refusal:
            if refusal.gone or isinstance(refusal, StoppedByUser):
                self._mute = datetime.max.replace(tzinfo=self._clock.now().tzinfo)
        except Failure:
            self._mute = self._clock.now() + _EDIT_PACE * 4

    def _unheard(self) -> bool:
        return self._streams.busy(self._address) or (self._mute is not None and self._clock.now() < self._mute)

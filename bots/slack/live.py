"""Live updates of a turn: working session, status and draft."""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bots.delivery import CountFallback
from bots.slack import render
from bots.slack.client import SlackClient, task_chunk, text_chunk
from bots.slack.drafts import SlackDraft
from bots.slack.errors import NotStreaming, StoppedByUser
from bots.slack.leftover_drafts import remove_draft
from bots.slack.location import SlackLocation
from bots.slack.streams import SlackStreams
from core.channel import LiveTarget
from core.clock import Clock
from core.errors import Failure, Refused, Throttled
from core.phrases import DEFAULT, phrase

_STREAM_INTERVAL = timedelta(seconds=0.6)
_EDIT_INTERVAL = timedelta(seconds=1.2)
_MAX_STREAMED = 11_000
_MAX_TASK_TITLE = 200
_MAX_TOPIC = 80


class SlackLiveUpdates:
    """Live updates of one turn, at the rate that Slack allows; skips updates that come faster.

    In a thread the answer is streamed, with tool calls as its tasks; elsewhere, and after a stream has ended, a message is
    edited. In a channel's thread a stream needs a recipient. `count` receives edits.
    """

    def __init__(
        self,
        *,
        target: LiveTarget,
        client: SlackClient,
        clock: Clock,
        streams: SlackStreams,
        count: CountFallback,
    ) -> None:
        self._address = target.address
        self._location = SlackLocation.of(target.address).in_thread(target.thread)
        self._client = client
        self._clock = clock
        self._streams = streams
        self._count = count
        self._recipient = target.sender.id.partition(".")[2] if target.sender else ""
        self._can_stream = bool(self._location.thread) and (self._location.direct or bool(self._recipient))
        self._locale = target.locale or DEFAULT
        self._topic = " ".join(target.topic.split())[:_MAX_TOPIC] if self._location.direct else ""
        self._session_begun = False
        self._text = ""
        self._streamed = ""
        self._status = ""
        self._step = 0
        self._task = ""
        self._drawn_at: datetime | None = None
        self._muted_until: datetime | None = None

    async def typing(self) -> None:
        """Show the thread's session as working, with a stop button and a status line; the topic names a new session."""
        if self._session_begun or self._is_blocked():
            return
        if self._location.private_to:
            self._session_begun = True
            await self._store(SlackDraft(working=True))
        if not self._location.thread:
            return
        await self._streams.run(self._address, self._best_effort(self._show_working()))

    async def status(self, text: str) -> None:
        if text == self._status or self._location.private_to:
            return
        self._status = text
        if self._location.thread and not self._is_blocked():
            await self._streams.run(self._address, self._best_effort(self._show_status()))
        elif text:
            await self._draw()

    async def draft(self, text: str) -> None:
        self._text = text
        await self._draw()

    async def _draw(self) -> None:
        now = self._clock.now()
        interval = _STREAM_INTERVAL if self._can_stream else _EDIT_INTERVAL
        if self._drawn_at is not None and now - self._drawn_at < interval:
            return
        if self._location.private_to or self._is_blocked():
            return
        self._drawn_at = now
        await self._streams.run(self._address, self._best_effort(self._show()))

    async def _show_working(self) -> None:
        await self._begin_session()
        with suppress(Refused):
            await self._client.set_status(self._location, phrase("slack.working", self._locale))

    async def _begin_session(self) -> None:
        """Remove a leftover draft of another thread and set the session to `processing`; ignores a refusal unless the chat is gone."""
        if self._session_begun:
            return
        self._session_begun = True
        draft = await self._streams.draft(self._address)
        if draft.working and draft.thread != self._location.display_thread:
            await remove_draft(self._client, SlackLocation.of(self._address), draft)
            draft = SlackDraft()
            await self._store(draft)
        if not self._location.thread:
            return
        if not draft.working:
            await self._store(SlackDraft(working=True))
        if self._recipient and not self._location.direct:
            await self._streams.record_run(self._location, self._recipient)
        if not self._client.has_spare_calls(self._location, "agents.sessions.setStatus"):
            return
        try:
            await self._client.set_session_status(self._location, "processing", title=self._topic)
        except Refused as refusal:
            if refusal.gone:
                raise

    async def _show_status(self) -> None:
        """Show the status as a task of the stream, starting one if necessary; without a stream, under the thread."""
        await self._begin_session()
        draft = await self._streams.draft(self._address)
        if not self._can_stream or (draft.message and not draft.streaming):
            await self._client.set_status(self._location, self._status)
            return
        chunks = [task_chunk(self._step, self._task, done=True)] if self._task else []
        self._task = self._status[:_MAX_TASK_TITLE]
        if self._task:
            self._step += 1
            chunks.append(task_chunk(self._step, self._task, done=False))
        if draft.streaming:
            await self._append_to_stream(draft, chunks)
        elif chunks and not await self._try_streaming(lambda: self._start_stream(chunks)):
            await self._client.set_status(self._location, self._status)

    async def _show(self) -> None:
        await self._begin_session()
        draft = await self._streams.draft(self._address)
        more = self._text.removeprefix(self._streamed)
        grown = self._text.startswith(self._streamed) and len(self._text) <= _MAX_STREAMED
        if self._can_stream and grown and (draft.streaming or not draft.message):
            if not more or await self._try_streaming(lambda: self._stream(draft, more)):
                return
            draft = await self._streams.draft(self._address)
        await self._edit(draft)

    async def _try_streaming(self, call: Callable[[], Awaitable[None]]) -> bool:
        """Return whether streaming worked; after a refusal the turn edits a message instead."""
        try:
            await call()
        except Refused as refusal:
            if refusal.gone or isinstance(refusal, StoppedByUser):
                raise
            self._can_stream = False
            self._count("edits")
            return False
        return True

    async def _stream(self, draft: SlackDraft, more: str) -> None:
        """Stream more text; a final "<" waits for the next piece, because it may begin a mention."""
        text = more.removesuffix("<")
        if not text:
            return
        if draft.streaming and not self._client.has_spare_calls(self._location, "chat.appendStream"):
            return
        if draft.streaming:
            await self._client.append_to_stream(self._location, draft.message, [text_chunk(text)])
        else:
            await self._start_stream([text_chunk(text)])
        self._streamed += text

    async def _start_stream(self, chunks: list[render.SlackBlock]) -> None:
        """Start a stream; raises `Refused` also if the workspace's limit for live updates is reached."""
        if not self._client.has_spare_calls(self._location, "chat.startStream"):
            raise Refused("Slack: the rate limit allows no further stream")
        sent = await self._client.start_stream(self._location, chunks, self._recipient)
        await self._store(SlackDraft(message=sent, streaming=True, working=True))

    async def _append_to_stream(self, draft: SlackDraft, chunks: list[render.SlackBlock]) -> None:
        if not self._client.has_spare_calls(self._location, "chat.appendStream"):
            return
        try:
            await self._client.append_to_stream(self._location, draft.message, chunks)
        except StoppedByUser:
            raise
        except NotStreaming:
            return

    async def _edit(self, draft: SlackDraft) -> None:
        """Write the draft by editing a message; a stream's message is ended first and then edited."""
        shown = render.draft_message(self._text, "" if self._location.thread else self._status)
        if shown is None:
            return
        if draft.message and not self._client.has_spare_calls(self._location, "chat.update"):
            return
        if draft.streaming:
            self._can_stream = False
            await self._end_stream(draft)
        if draft.message:
            await self._client.edit(self._location, draft.message, shown)
        sent = draft.message or await self._client.send_message(self._location, shown)
        await self._store(SlackDraft(message=sent, working=True))

    async def _end_stream(self, draft: SlackDraft) -> None:
        """End the stream but not the session. Raises `StoppedByUser`, which ends the live updates."""
        try:
            await self._client.stop_stream(self._location, draft.message, session="processing")
        except StoppedByUser:
            raise
        except NotStreaming:
            return

    async def _store(self, draft: SlackDraft) -> None:
        await self._streams.store_draft(self._address, replace(draft, thread=self._location.display_thread))

    async def _best_effort(self, call: Coroutine[Any, Any, None]) -> None:
        """Run a call and pause live updates after a failure: for the requested time if throttled, permanently if the chat is
        gone or the turn stopped, not at all after other refusals.
        """
        try:
            await call
        except Throttled as wait:
            self._muted_until = self._clock.now() + timedelta(seconds=wait.retry_after)
        except Refused as refusal:
            if refusal.gone or isinstance(refusal, StoppedByUser):
                self._muted_until = datetime.max.replace(tzinfo=self._clock.now().tzinfo)
        except Failure:
            self._muted_until = self._clock.now() + _EDIT_INTERVAL * 4

    def _is_blocked(self) -> bool:
        return self._streams.busy(self._address) or (
            self._muted_until is not None and self._clock.now() < self._muted_until
        )

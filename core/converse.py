"""A turn, from the waiting events to the outbound messages."""

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from core.address import Address
from core.channel import Channel, LiveTarget, LiveUpdates
from core.clock import Clock
from core.conversation import ClaimedTurn, HistoryStart, Message, Turn
from core.dialogue.choices import chosen, offered
from core.dialogue.draft import TurnDraft
from core.dialogue.text import ends, stops
from core.errors import Malformed, Superseded, Unreachable
from core.event import Event, Said
from core.fit import fit, sealed, steps
from core.live import AfterPendingReplies, NoLiveUpdates
from core.outbound import OutboundMessage
from core.phrases import phrase
from core.ports.count import Count
from core.ports.messaging import Turns, Wake
from core.reply import Reply, Text

ResultT = TypeVar("ResultT")
ATTEMPTS = 4
GRACE = timedelta(seconds=5)
_TYPING = 4.0
"""Seconds; on most platforms the sign goes out by itself after five."""


class TurnDispatcher(Protocol):
    async def dispatch(self, claimed: ClaimedTurn, live: LiveUpdates, stop: asyncio.Event) -> TurnDraft:
        """What the turn comes to; when `stop` is set, what it had come to until then."""
        ...


class SpeechLayer(Protocol):
    """Speech recognition before a turn is dispatched and synthesis after it; neither raises."""

    def hear(self, claimed: ClaimedTurn) -> Coroutine[Any, Any, ClaimedTurn]:
        """The claimed turn with the text of every voice note."""
        ...

    def speak(self, claimed: ClaimedTurn, draft: TurnDraft) -> Coroutine[Any, Any, tuple[Reply, ...]]:
        """The draft's replies with their audio."""
        ...


class StopListener(Protocol):
    def __call__(self, address: Address, doubt: asyncio.Event) -> "contextlib.AbstractContextManager[asyncio.Event]":
        """While entered, the event is set as soon as someone stops this conversation; `doubt` when that may have gone unheard."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Converse:
    """Claims a turn, drafts it with no transaction open, and commits it in one.

    Live updates start once a turn has taken `live_after`; a turn ends at the latest after `limit`.
    """

    turns: Turns
    channels: Mapping[str, Channel]
    dispatcher: TurnDispatcher
    speech: SpeechLayer
    stopping: StopListener
    wake: Wake
    clock: Clock
    count: Count
    lease: timedelta = timedelta(seconds=30)
    limit: timedelta = timedelta(seconds=180)
    live_after: timedelta = timedelta(milliseconds=400)

    async def __call__(self, address: Address) -> bool:
        """Run one turn if events wait, and schedule what follows; false if there was nothing to do."""
        claimed = await self.turns.open(address, self.lease)
        if claimed is None:
            return False
        started = self.clock.now()
        try:
            draft = await self._leased(claimed)
            turn = self._turn(claimed, draft, started)
            await self.turns.close(claimed, turn)
        except Superseded:
            self.count("turn_superseded")
            return False
        except asyncio.CancelledError:
            await asyncio.shield(self.turns.release(claimed))
            raise
        self.count("turn_closed", channel=address.channel)
        if turn.replies:
            self.wake.delivery([address])
            await asyncio.sleep(0)  # the delivery asks the database first
        if await self.turns.waiting(address):
            self.wake.turn([address])
        return True

    async def _leased(self, claimed: ClaimedTurn) -> TurnDraft:
        """Draft the turn while its lease is renewed, until it is done, stopped, out of time or superseded."""
        address = claimed.conversation.address
        channel = self.channels.get(address.channel)
        live = channel.live(_live_target(claimed)) if channel else NoLiveUpdates()
        if claimed.replies_pending:
            live = AfterPendingReplies(live, owed=lambda: self.turns.replies_pending(address), clock=self.clock)
        doubt = asyncio.Event()
        with self.stopping(address, doubt) as stop:
            thinking = asyncio.create_task(self._draft(claimed, live, stop))
            renewing = asyncio.create_task(self._renew(claimed))
            beside = (
                asyncio.create_task(self._show_typing(live)),
                asyncio.create_task(self._watch_for_stop(claimed, stop, doubt)),
            )
            tasks = (thinking, renewing, *beside)
            try:
                await asyncio.wait(tasks[:2], timeout=self.limit.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
                if renewing.done():
                    raise Superseded(str(address))
                if thinking.done():
                    return _stopped(claimed, thinking.result(), cut=stop.is_set())
                return _stopped(claimed, await self._cut_short(claimed, thinking, stop), cut=False)
            finally:
                await _end(tasks)

    async def _draft(self, claimed: ClaimedTurn, live: LiveUpdates, stop: asyncio.Event) -> TurnDraft:
        if claimed.attempts > ATTEMPTS:
            self.count("turn_given_up")
            return _answered(claimed, phrase("failure.unexpected", claimed.conversation.learner.locale))
        heard = chosen(await _unless(stop, self.speech.hear(claimed)) or claimed)
        draft = await self.dispatcher.dispatch(heard, live, stop)
        spoken = await _unless(stop, self.speech.speak(heard, draft))
        return draft if spoken is None else replace(draft, replies=spoken)

    async def _cut_short(
        self, claimed: ClaimedTurn, thinking: asyncio.Task[TurnDraft], stop: asyncio.Event
    ) -> TurnDraft:
        """Stop a turn that is out of time, and say so after what it had said."""
        self.count("turn_timeout")
        stop.set()
        await asyncio.wait({thinking}, timeout=GRACE.total_seconds())
        note = phrase("turn.timeout", claimed.conversation.learner.locale)
        if not thinking.done():
            return _answered(claimed, note)
        return thinking.result().with_replies(Text(text=note))

    async def _show_typing(self, live: LiveUpdates) -> None:
        """Show typing after `live_after`, again every few seconds."""
        await asyncio.sleep(self.live_after.total_seconds())
        while True:
            await live.typing()
            await asyncio.sleep(_TYPING)

    async def _watch_for_stop(self, claimed: ClaimedTurn, stop: asyncio.Event, doubt: asyncio.Event) -> None:
        """Poll for a stop whose notification was missed."""
        wait = self.live_after
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait.total_seconds()):
                    await doubt.wait()
            doubt.clear()
            with contextlib.suppress(Unreachable, Malformed):
                if any(map(ends, await self.turns.since(claimed))):
                    stop.set()
            wait = self.lease / 3

    async def _renew(self, claimed: ClaimedTurn) -> None:
        """Return only when the lease is lost; while the database is unreachable, no other worker can take it."""
        while True:
            await asyncio.sleep(self.lease.total_seconds() / 3)
            with contextlib.suppress(Unreachable):
                if not await self.turns.renew(claimed, self.lease):
                    return

    def _turn(self, claimed: ClaimedTurn, draft: TurnDraft, started: datetime) -> Turn:
        address = claimed.conversation.address
        channel = self.channels.get(address.channel)
        fitted = [piece for reply in draft.replies for piece in self._fitted(reply, channel)]
        conversation = draft.conversation
        if channel and draft.replies:
            conversation = replace(conversation, offered=offered(draft.replies, channel.capabilities))
        if draft.history_start is not None:
            conversation = replace(
                conversation, history_start=HistoryStart(line=claimed.line, skipped=draft.history_start)
            )
        return Turn(
            conversation=conversation,
            replies=tuple(
                OutboundMessage(id=self.clock.id(), address=address, reply=reply, thread=_asked(claimed).reply_thread)
                for reply in fitted
            ),
            messages=draft.messages,
            calls=draft.calls,
            usage=draft.usage,
            cards=draft.cards,
            reviews=draft.reviews,
            progress=draft.progress,
            origin=draft.origin,
            started=started,
            ended=self.clock.now(),
        )

    def _fitted(self, reply: Reply, channel: Channel | None) -> tuple[Reply, ...]:
        """The reply as the channel can show it; every fallback is counted."""
        if channel is None:
            return (sealed(reply),)
        fitted = fit(reply, channel.capabilities)
        for form in steps(reply, fitted):
            self.count("fallback", channel=channel.name, form=form)
        return fitted


def _asked(claimed: ClaimedTurn) -> Event:
    """The last event addressed to Sona."""
    return next((event for event in reversed(claimed.events) if event.addressed), claimed.events[-1])


def _live_target(claimed: ClaimedTurn) -> LiveTarget:
    asked = _asked(claimed)
    return LiveTarget(
        address=claimed.conversation.address,
        sender=asked.sender,
        locale=claimed.conversation.learner.locale,
        topic=_topic(claimed),
        thread=asked.reply_thread,
    )


def _topic(claimed: ClaimedTurn) -> str:
    """The first words of a new conversation, or of one that may begin in this thread, unless they are a command."""
    if claimed.conversation.version and not _asked(claimed).reply_thread:
        return ""
    said = (event.body.text.strip() for event in claimed.events if event.addressed and isinstance(event.body, Said))
    return next((text for text in said if text and not text.startswith("/")), "")


def _stopped(claimed: ClaimedTurn, draft: TurnDraft, *, cut: bool) -> TurnDraft:
    """The draft, marked if a stop that is still to be answered has `cut` it short."""
    waits = cut and not any(stops(event) for event in claimed.events)
    return draft.with_conversation(replace(draft.conversation, stopped=waits))


def _answered(claimed: ClaimedTurn, words: str) -> TurnDraft:
    """A draft that answers all events with one text; the events are recorded as messages."""
    said = tuple(
        Message(
            role="person",
            text=event.body.text,
            at=event.at,
            speaker=event.sender.name,
            sender=event.sender.id if event.group else "",
        )
        for event in claimed.events
        if isinstance(event.body, Said)
    )
    answer = Message(role="sona", text=words, at=max(event.at for event in claimed.events))
    return TurnDraft(conversation=claimed.conversation, replies=(Text(text=words),), messages=(*said, answer))


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, ResultT]) -> ResultT | None:
    """The result of the work; `None` if a stop cancels it or comes before it."""
    if stop.is_set():
        work.close()
        return None
    working, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        await _end((working, stopped))


async def _end(tasks: tuple[asyncio.Task[Any], ...]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

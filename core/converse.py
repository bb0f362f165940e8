"""A turn, from the waiting events to the replies that go out."""

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


class Thinker(Protocol):
    async def think(self, claimed: ClaimedTurn, live: LiveUpdates, stop: asyncio.Event) -> TurnDraft:
        """What the turn comes to; when `stop` is set, what it had come to until then."""
        ...


class SpeechLayer(Protocol):
    """Ears before the mind and a voice after it; neither ever raises."""

    def hear(self, claimed: ClaimedTurn) -> Coroutine[Any, Any, ClaimedTurn]:
        """The opening with what was spoken written down."""
        ...

    def speak(self, claimed: ClaimedTurn, draft: TurnDraft) -> Coroutine[Any, Any, tuple[Reply, ...]]:
        """The replies with their sound."""
        ...


class StopListener(Protocol):
    def __call__(self, address: Address, doubt: asyncio.Event) -> "contextlib.AbstractContextManager[asyncio.Event]":
        """While entered, the event is set as soon as someone stops this conversation; `doubt` when that may have gone unheard."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Converse:
    """Opens a turn, has it thought and spoken with no transaction open, and closes it in one."""

    turns: Turns
    channels: Mapping[str, Channel]
    mind: Thinker
    senses: SpeechLayer
    stopping: StopListener
    wake: Wake
    clock: Clock
    count: Count
    lease: timedelta = timedelta(seconds=30)
    limit: timedelta = timedelta(seconds=180)
    moment: timedelta = timedelta(milliseconds=400)

    async def __call__(self, address: Address) -> bool:
        """Run one turn if there is one to run, and ring for what comes after it; false when there was none."""
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
        """Think while the lease is renewed, until done, stopped, out of time or superseded."""
        address = claimed.conversation.address
        channel = self.channels.get(address.channel)
        live = channel.live(_live_target(claimed)) if channel else NoLiveUpdates()
        if claimed.replies_pending:
            live = AfterPendingReplies(live, owed=lambda: self.turns.replies_pending(address), clock=self.clock)
        doubt = asyncio.Event()
        with self.stopping(address, doubt) as stop:
            thinking = asyncio.create_task(self._think(claimed, live, stop))
            renewing = asyncio.create_task(self._renew(claimed))
            beside = (asyncio.create_task(self._signs(live)), asyncio.create_task(self._heed(claimed, stop, doubt)))
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

    async def _think(self, claimed: ClaimedTurn, live: LiveUpdates, stop: asyncio.Event) -> TurnDraft:
        if claimed.attempts > ATTEMPTS:
            self.count("turn_given_up")
            return _answered(claimed, phrase("failure.unexpected", claimed.conversation.learner.locale))
        heard = chosen(await _unless(stop, self.senses.hear(claimed)) or claimed)
        draft = await self.mind.think(heard, live, stop)
        spoken = await _unless(stop, self.senses.speak(heard, draft))
        return draft if spoken is None else replace(draft, replies=spoken)

    async def _cut_short(
        self, claimed: ClaimedTurn, thinking: asyncio.Task[TurnDraft], stop: asyncio.Event
    ) -> TurnDraft:
        """Out of time: what was said until now, and a word about it."""
        self.count("turn_timeout")
        stop.set()
        await asyncio.wait({thinking}, timeout=GRACE.total_seconds())
        note = phrase("turn.timeout", claimed.conversation.learner.locale)
        if not thinking.done():
            return _answered(claimed, note)
        return thinking.result().with_replies(Text(text=note))

    async def _signs(self, live: LiveUpdates) -> None:
        """Show that somebody is at it, as soon as it takes longer than a moment and for as long as it takes."""
        await asyncio.sleep(self.moment.total_seconds())
        while True:
            await live.typing()
            await asyncio.sleep(_TYPING)

    async def _heed(self, claimed: ClaimedTurn, stop: asyncio.Event, doubt: asyncio.Event) -> None:
        """Find the stop whose sign was lost: it came just as the turn began, or while signs could not be heard."""
        wait = self.moment
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
        """Returns only when the lease was lost; while the database is away, nobody else can take it either."""
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
        """The reply as the channel can show it, each step down counted."""
        if channel is None:
            return (sealed(reply),)
        fitted = fit(reply, channel.capabilities)
        for form in steps(reply, fitted):
            self.count("fallback", channel=channel.name, form=form)
        return fitted


def _asked(claimed: ClaimedTurn) -> Event:
    """What was said to Sona last."""
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
    """The first words of a conversation that begins, or may begin anew below a message, unless they are a command."""
    if claimed.conversation.version and not _asked(claimed).reply_thread:
        return ""
    said = (event.body.text.strip() for event in claimed.events if event.addressed and isinstance(event.body, Said))
    return next((text for text in said if text and not text.startswith("/")), "")


def _stopped(claimed: ClaimedTurn, draft: TurnDraft, *, cut: bool) -> TurnDraft:
    """The thought, marked where a stop that is still to be answered has `cut` it."""
    waits = cut and not any(stops(event) for event in claimed.events)
    return draft.with_conversation(replace(draft.conversation, stopped=waits))


def _answered(claimed: ClaimedTurn, words: str) -> TurnDraft:
    """A thought that answers all of the opening with these words, what was said noted in the record."""
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
    """What the work comes to; it is broken off, or not begun, where someone stops it."""
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

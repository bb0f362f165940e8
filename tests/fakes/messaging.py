"""A whole street in one loop: real storage, a scripted mind and a keeping channel, rung by hand."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta

from core.address import Address
from core.channel import Channel, LiveUpdates
from core.conversation import ClaimedTurn, Message
from core.converse import Converse
from core.deliver import Deliver
from core.dialogue.draft import TurnDraft
from core.event import Body, Event, Said, Sender
from core.receive import ReceiveEvents
from core.reply import Reply, Text
from storage.engine.database import Database
from storage.messaging.inbox import PostgresInbox
from storage.messaging.outbox import PostgresOutbox
from storage.messaging.turns import PostgresTurns
from tests.fakes.channel import KeepingChannel
from tests.fakes.clock import ManualClock

Thinking = Callable[[ClaimedTurn, LiveUpdates], Awaitable[TurnDraft]]


async def echo(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
    """Answers all that was said with one line that repeats it."""
    words = [event.body.text for event in claimed.events if isinstance(event.body, Said)]
    at = claimed.events[-1].at
    messages = (
        *(Message(role="person", text=text, at=at) for text in words),
        Message(role="sona", text=" + ".join(words), at=at),
    )
    conversation = replace(claimed.conversation, history=(*claimed.conversation.history, *messages))
    return TurnDraft(conversation=conversation, replies=(Text(text=" + ".join(words)),), messages=messages)


@dataclass
class ScriptedMind:
    thinking: Thinking = echo
    openings: list[ClaimedTurn] = field(default_factory=list[ClaimedTurn])

    async def dispatch(self, claimed: ClaimedTurn, live: LiveUpdates, stop: asyncio.Event) -> TurnDraft:
        self.openings.append(claimed)
        thinking = asyncio.ensure_future(self.thinking(claimed, live))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({thinking, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if thinking.done():
            return thinking.result()
        thinking.cancel()
        return TurnDraft(conversation=claimed.conversation, replies=(Text(text="stopped"),))


class DeafAndMute:
    """Senses that pass everything on."""

    async def hear(self, claimed: ClaimedTurn) -> ClaimedTurn:
        return claimed

    async def speak(self, claimed: ClaimedTurn, draft: TurnDraft) -> tuple[Reply, ...]:
        return draft.replies


@dataclass
class Rung:
    """A wake that only notes who was rung."""

    turns: list[Address] = field(default_factory=list[Address])
    deliveries: list[Address] = field(default_factory=list[Address])
    sources: list[str] = field(default_factory=list[str])
    stops: list[Address] = field(default_factory=list[Address])

    def turn(self, addresses: Iterable[Address]) -> None:
        self.turns += addresses

    def delivery(self, addresses: Iterable[Address]) -> None:
        self.deliveries += addresses

    def reading(self, sources: Iterable[str]) -> None:
        self.sources += sources

    async def stop(self, address: Address) -> None:
        self.stops.append(address)


@dataclass
class Counted:
    names: list[str] = field(default_factory=list[str])

    def __call__(self, name: str, /, **labels: str) -> None:
        self.names.append(name)


class StopByHand:
    """Stop signs given by setting `event`."""

    def __init__(self) -> None:
        self.event, self.doubt = asyncio.Event(), asyncio.Event()

    def __call__(self, address: Address, doubt: asyncio.Event) -> AbstractContextManager[asyncio.Event]:
        self.doubt = doubt
        return nullcontext(self.event)


class Street:
    """`says` puts an event through the door, `turn` and `deliver` walk it to the end."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock()
        self.inbox = PostgresInbox(database, self.clock)
        self.turns = PostgresTurns(database, self.clock)
        self.outbox = PostgresOutbox(database, self.clock)
        self.channel = KeepingChannel()
        self.mind = ScriptedMind()
        self.rung = Rung()
        self.count = Counted()
        self.stops = StopByHand()
        channels: dict[str, Channel] = {"test": self.channel}
        self.receive = ReceiveEvents(inbox=self.inbox, wake=self.rung)
        self.converse = Converse(
            turns=self.turns,
            channels=channels,
            dispatcher=self.mind,
            speech=DeafAndMute(),
            stopping=self.stops,
            wake=self.rung,
            clock=self.clock,
            count=self.count,
            lease=timedelta(seconds=30),
        )
        self.deliver = Deliver(outbox=self.outbox, channels=channels, clock=self.clock, count=self.count)
        self._events = 0

    def event(self, body: Body | str, chat: str = "1", *, name: str = "", addressed: bool = True) -> Event:
        self._events += 1
        return Event(
            id=name or f"test:{self._events}",
            address=Address("test", chat),
            sender=Sender(id=chat, name="Ana", locale="en"),
            at=self.clock.now(),
            body=Said(text=body) if isinstance(body, str) else body,
            addressed=addressed,
        )

    async def says(self, body: Body | str, chat: str = "1") -> Event:
        event = self.event(body, chat)
        await self.receive(event)
        return event

    async def answers(self, chat: str = "1") -> list[Reply]:
        """Everything the conversation was sent once nothing more is to be done."""
        address = Address("test", chat)
        while await self.converse(address):
            await self.deliver(address)
        return self.channel.to(address)

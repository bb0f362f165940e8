"""Two workers at the same letterbox, crashing wherever they like: any walk ends with everything answered once and in order."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from core.address import Address
from core.conversation import ClaimedTurn, Turn
from core.errors import Superseded
from core.event import Event, Said, Sender
from core.outbound import OutboundMessage
from core.ports.messaging import DueOutbound
from core.reply import Text
from storage.engine.database import Database
from storage.messaging.inbox import PostgresInbox
from storage.messaging.outbox import PostgresOutbox
from storage.messaging.turns import PostgresTurns
from tests.fakes.clock import ManualClock

LEASE = timedelta(seconds=30)
STEPS = 140


class Worker:
    """One process's way to the storage, with a pool of its own."""

    def __init__(self, url: str, clock: ManualClock) -> None:
        self.database = Database(url, pool=3)
        self.inbox = PostgresInbox(self.database, clock)
        self.turns = PostgresTurns(self.database, clock)
        self.outbox = PostgresOutbox(self.database, clock)


@dataclass
class Chat:
    """What has to be true of one conversation: who holds it, and its first parcel, until when."""

    address: Address
    said: list[str] = field(default_factory=list[str])
    handled: list[str] = field(default_factory=list[str])
    put: list[str] = field(default_factory=list[str])
    done: list[str] = field(default_factory=list[str])
    version: int = 0
    token: str = ""
    until: datetime | None = None
    held: tuple[str, int] = ("", 0)
    held_until: datetime | None = None


@dataclass
class Walk:
    """Random steps; each says what has to come of it."""

    chance: random.Random
    clock: ManualClock
    workers: list[Worker]
    chats: list[Chat]
    openings: list[tuple[Chat, Worker, ClaimedTurn]] = field(default_factory=list[tuple[Chat, Worker, ClaimedTurn]])
    parcels: list[tuple[Chat, Worker, OutboundMessage]] = field(
        default_factory=list[tuple[Chat, Worker, OutboundMessage]]
    )

    async def steps(self, number: int) -> None:
        ways: dict[Callable[[], Awaitable[None]], int] = {
            self.says: 4,
            self.says_again: 1,
            self.all_say_something: 1,
            self.opens: 4,
            self.both_open: 1,
            self.renews: 1,
            self.gives_back: 1,
            self.crashes: 1,
            self.closes: 4,
            self.takes_a_parcel: 5,
            self.both_take_a_parcel: 2,
            self.ends_a_delivery: 6,
            self.time_passes: 4,
        }
        for way in self.chance.choices(list(ways), list(ways.values()), k=number):
            await way()
            for chat in self.chats:
                assert chat.handled == chat.said[: len(chat.handled)]
                assert chat.done == chat.put[: len(chat.done)]

    @property
    def chat(self) -> Chat:
        return self.chance.choice(self.chats)

    @property
    def worker(self) -> Worker:
        return self.chance.choice(self.workers)

    def event(self, chat: Chat, number: int) -> Event:
        """One person writes everywhere, so that meeting them happens in several places at once."""
        name = f"{chat.address}/{number}"
        sender = Sender(id="ana", name="Ana")
        return Event(id=name, address=chat.address, sender=sender, at=self.clock.now(), body=Said(text=name))

    async def says(self) -> None:
        chat = self.chat
        event = self.event(chat, len(chat.said))
        assert await self.worker.inbox.accept(event)
        chat.said.append(event.id)

    async def says_again(self) -> None:
        chat = self.chat
        if chat.said:
            assert not await self.worker.inbox.accept(self.event(chat, self.chance.randrange(len(chat.said))))

    async def all_say_something(self) -> None:
        events = [self.event(chat, len(chat.said)) for chat in self.chats]
        new = await asyncio.gather(*(self.worker.inbox.accept(event) for event in events * 2))
        assert sum(new) == len(events)
        for chat, event in zip(self.chats, events, strict=True):
            chat.said.append(event.id)

    async def opens(self) -> None:
        chat, worker = self.chat, self.worker
        self._opened(chat, worker, await worker.turns.open(chat.address, LEASE))

    async def both_open(self) -> None:
        some = self.chance.sample(self.chats, self.chance.randint(1, len(self.chats)))
        places = [(chat, worker) for worker in self.workers for chat in some]
        found = await asyncio.gather(*(worker.turns.open(chat.address, LEASE) for chat, worker in places))
        for chat in some:
            mine = [(worker, it) for (there, worker), it in zip(places, found, strict=True) if there is chat]
            worker, claimed = next((pair for pair in mine if pair[1] is not None), mine[0])
            assert sum(it is not None for _, it in mine) <= 1
            self._opened(chat, worker, claimed)

    def _opened(self, chat: Chat, worker: Worker, claimed: ClaimedTurn | None) -> None:
        """Nobody may have it whose time is not up, and whoever gets it gets everything."""
        free = chat.until is None or chat.until <= self.clock.now()
        assert (claimed is not None) == (free and chat.said != chat.handled)
        if claimed is None:
            return
        assert [event.id for event in claimed.events] == chat.said[len(chat.handled) :]
        assert claimed.conversation.version == chat.version
        chat.token, chat.until = claimed.token, self.clock.now() + LEASE
        self.openings.append((chat, worker, claimed))

    async def renews(self) -> None:
        if self.openings:
            chat, worker, claimed = self.chance.choice(self.openings)
            kept = await worker.turns.renew(claimed, LEASE)
            assert kept == (chat.token == claimed.token)
            chat.until = self.clock.now() + LEASE if kept else chat.until

    async def gives_back(self) -> None:
        if self.openings:
            chat, worker, claimed = self._some(self.openings)
            await worker.turns.release(claimed)
            if chat.token == claimed.token:
                chat.token, chat.until = "", None

    async def crashes(self) -> None:
        if self.openings:
            self._some(self.openings)

    async def closes(self) -> None:
        if self.openings:
            await self.close(*self._some(self.openings))

    def _some(self, among: list[tuple[Chat, Worker, ClaimedTurn]]) -> tuple[Chat, Worker, ClaimedTurn]:
        return among.pop(self.chance.randrange(len(among)))

    async def close(self, chat: Chat, worker: Worker, claimed: ClaimedTurn) -> None:
        names = [event.id for event in claimed.events]
        replies = tuple(OutboundMessage(id=f"re {name}", address=chat.address, reply=Text(text=name)) for name in names)
        now = self.clock.now()
        turn = Turn(conversation=claimed.conversation, replies=replies, started=now, ended=now)
        if chat.token != claimed.token:
            with pytest.raises(Superseded):
                await worker.turns.close(claimed, turn)
            return
        await worker.turns.close(claimed, turn)
        chat.token, chat.until = "", None
        chat.version += 1
        chat.handled += names
        chat.put += [reply.id for reply in replies]

    async def takes_a_parcel(self) -> None:
        chat, worker = self.chat, self.worker
        self._taken(chat, worker, await worker.outbox.next(chat.address, LEASE))

    async def both_take_a_parcel(self) -> None:
        chat = self.chat
        found = await asyncio.gather(*(worker.outbox.next(chat.address, LEASE) for worker in self.workers))
        assert sum(due is not None for due in found) <= 1
        winner = 0 if found[0] is not None else 1
        self._taken(chat, self.workers[winner], found[winner])

    def _taken(self, chat: Chat, worker: Worker, due: DueOutbound | None) -> None:
        """The oldest that waits, and only if nobody has it."""
        free = chat.held_until is None or chat.held_until <= self.clock.now()
        assert (due is not None) == (free and len(chat.done) < len(chat.put))
        if due is not None:
            assert due.outbound.id == chat.put[len(chat.done)]
            chat.held, chat.held_until = (due.outbound.id, due.outbound.attempts), self.clock.now() + LEASE
            self.parcels.append((chat, worker, due.outbound))

    async def ends_a_delivery(self) -> None:
        """By whoever took a parcel at some time, perhaps long after someone else did."""
        if not self.parcels:
            return
        chat, worker, outbound = self.parcels.pop(self.chance.randrange(len(self.parcels)))
        first, ours = outbound.id not in chat.done, chat.held == (outbound.id, outbound.attempts)
        match self.chance.choice(["sent", "sent", "later", "dead", "renew", "crash"]):
            case "sent":
                await worker.outbox.sent(outbound, "receipt")
                self._done(chat, outbound, free=first)
            case "later":
                await worker.outbox.later(outbound, self.clock.now(), "busy")
                chat.held_until = None if ours else chat.held_until
            case "dead":
                await worker.outbox.dead(outbound, "gone")
                self._done(chat, outbound, free=first and ours)
            case "renew":
                assert await worker.outbox.renew(outbound, LEASE) == (first and ours)
                chat.held_until = self.clock.now() + LEASE if first and ours else chat.held_until
                self.parcels.append((chat, worker, outbound))
            case _:
                pass

    def _done(self, chat: Chat, outbound: OutboundMessage, *, free: bool) -> None:
        if free:
            chat.done.append(outbound.id)
            chat.held, chat.held_until = ("", 0), None

    async def time_passes(self) -> None:
        self.clock.pass_(self.chance.choice([1, 20, 31]))

    async def settle(self) -> None:
        """One worker that does not crash finishes what all others left."""
        self.clock.pass_(31)
        worker = self.workers[0]
        for chat in self.chats:
            while claimed := await worker.turns.open(chat.address, LEASE):
                self._opened(chat, worker, claimed)
                await self.close(*self.openings.pop())
            while due := await worker.outbox.next(chat.address, LEASE):
                assert due.outbound.id == chat.put[len(chat.done)]
                await worker.outbox.sent(due.outbound, "receipt")
                chat.done.append(due.outbound.id)
            assert chat.handled == chat.said
            assert chat.done == [f"re {name}" for name in chat.said]


@pytest.fixture
async def walk(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Walk]:
    clock = ManualClock()
    workers = [Worker(database_url, clock) for _ in range(2)]
    chats = [Chat(address=Address("walk", f"{number}")) for number in range(2)]
    yield Walk(chance=random.Random(request.node.name), clock=clock, workers=workers, chats=chats)
    for worker in workers:
        await worker.database.close()


@pytest.mark.parametrize("number", range(5))
async def test_any_walk_ends_with_everything_answered_once_and_in_order(walk: Walk, number: int) -> None:
    await walk.steps(STEPS)
    await walk.settle()

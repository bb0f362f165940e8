"""Two workers at the same letterbox, crashing wherever they like: any walk ends with everything answered once and in order."""

import asyncio
import itertools
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core.address import Address
from core.conversation import Opening, Parcel, Turn
from core.errors import Superseded
from core.event import Event, Said, Sender
from core.reply import Text
from storage.database import Database
from storage.inbox import PostgresInbox
from storage.outbox import PostgresOutbox
from storage.turns import PostgresTurns
from tests.fakes.clock import ManualClock

LEASE = timedelta(seconds=30)
CHATS = st.integers(0, 2)
WORKERS = st.integers(0, 1)
PICK = st.integers(0, 20)

Outcome = TypeVar("Outcome")
_walks = itertools.count(1)


class WalkClock(ManualClock):
    """Ids that no other walk in the same database has."""

    def __init__(self, walk: int) -> None:
        super().__init__()
        self._walk = walk

    def id(self) -> str:
        return f"{self._walk}-{super().id()}"


class Worker:
    """One process's way to the storage, with a pool of its own."""

    def __init__(self, url: str, clock: ManualClock) -> None:
        self.database = Database(url, pool=3)
        self.inbox = PostgresInbox(self.database, clock)
        self.turns = PostgresTurns(self.database, clock)
        self.outbox = PostgresOutbox(self.database, clock)


@dataclass
class Chat:
    """What has to be true of one conversation. `token` and `held` are of whoever took it, or its first parcel, last."""

    address: Address
    said: list[str] = field(default_factory=list[str])
    handled: list[str] = field(default_factory=list[str])
    put: list[str] = field(default_factory=list[str])
    done: list[str] = field(default_factory=list[str])
    version: int = 0
    token: str = ""
    held: tuple[str, int] = ("", 0)


class Walk(RuleBasedStateMachine):
    url = ""

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        walk = next(_walks)
        self.clock = WalkClock(walk)
        self.chats = [Chat(address=Address("walk", f"{walk}-{number}")) for number in range(3)]
        self.workers = [self._do(self._worker()) for _ in range(2)]
        self.openings: list[tuple[Chat, Worker, Opening]] = []
        self.parcels: list[tuple[Chat, Worker, Parcel]] = []

    async def _worker(self) -> Worker:
        return Worker(self.url, self.clock)

    def _do(self, work: Coroutine[Any, Any, Outcome]) -> Outcome:
        return self.runner.run(work)

    def _event(self, chat: Chat, number: int) -> Event:
        name = f"{chat.address}/{number}"
        # One person writes in all chats, so that meeting them happens in several places at once.
        sender = Sender(id=chat.address.chat.partition("-")[0], name="Ana")
        return Event(id=name, address=chat.address, sender=sender, at=self.clock.now(), body=Said(text=name))

    @rule(chat=CHATS, worker=WORKERS, again=st.booleans(), pick=PICK)
    def says(self, chat: int, worker: int, again: bool, pick: int) -> None:
        here = self.chats[chat]
        old = again and bool(here.said)
        event = self._event(here, pick % len(here.said) if old else len(here.said))
        assert self._do(self.workers[worker].inbox.accept(event)) is not old
        if not old:
            here.said.append(event.id)

    @rule(worker=WORKERS)
    def everyone_says_something_at_once(self, worker: int) -> None:
        events = [self._event(chat, len(chat.said)) for chat in self.chats]

        async def all_at_once() -> list[bool]:
            return await asyncio.gather(*(self.workers[worker].inbox.accept(event) for event in events * 2))

        assert sum(self._do(all_at_once())) == len(events)
        for chat, event in zip(self.chats, events, strict=True):
            chat.said.append(event.id)

    @rule(worker=WORKERS, chat=CHATS)
    def one_opens(self, worker: int, chat: int) -> None:
        who, here = self.workers[worker], self.chats[chat]
        self._opened(here, who, self._do(who.turns.open(here.address, LEASE)))

    @rule(first=CHATS, last=CHATS)
    def both_open(self, first: int, last: int) -> None:
        """Each asks for one or more conversations, in the same moment."""
        places = [(chat, who) for who in self.workers for chat in self.chats[first : last + 1]]

        async def all_at_once() -> list[Opening | None]:
            return await asyncio.gather(*(who.turns.open(chat.address, LEASE) for chat, who in places))

        found = self._do(all_at_once())
        for (chat, who), opening in zip(places, found, strict=True):
            self._opened(chat, who, opening)

    def _opened(self, chat: Chat, who: Worker, opening: Opening | None) -> None:
        """Nobody but the last holder, whose time was up or who gave it back, may have had it."""
        if opening is None:
            return
        assert not any(there is chat and self._valid(chat, held) for there, _, held in self.openings)
        assert [event.id for event in opening.events] == chat.said[len(chat.handled) :]
        assert opening.conversation.version == chat.version
        chat.token = opening.token
        self.leases[opening.token] = self.clock.now() + LEASE
        self.openings.append((chat, who, opening))

    def _valid(self, chat: Chat, opening: Opening) -> bool:
        return chat.token == opening.token and self.leases[opening.token] > self.clock.now()

    @initialize()
    def no_leases(self) -> None:
        self.leases: dict[Any, Any] = {}

    @rule(pick=PICK)
    def renews(self, pick: int) -> None:
        if not self.openings:
            return
        chat, who, opening = self.openings[pick % len(self.openings)]
        kept = self._do(who.turns.renew(opening, LEASE))
        assert kept == (chat.token == opening.token)
        if kept:
            self.leases[opening.token] = self.clock.now() + LEASE

    @rule(pick=PICK)
    def gives_back(self, pick: int) -> None:
        if not self.openings:
            return
        chat, who, opening = self.openings.pop(pick % len(self.openings))
        self._do(who.turns.release(opening))
        if chat.token == opening.token:
            chat.token = ""

    @rule(pick=PICK)
    def crashes_while_it_thinks(self, pick: int) -> None:
        if self.openings:
            self.openings.pop(pick % len(self.openings))

    @rule(pick=PICK)
    def closes(self, pick: int) -> None:
        if self.openings:
            self._close(*self.openings.pop(pick % len(self.openings)))

    def _close(self, chat: Chat, who: Worker, opening: Opening) -> None:
        names = [event.id for event in opening.events]
        replies = tuple(Parcel(id=f"re {name}", address=chat.address, reply=Text(text=name)) for name in names)
        now = self.clock.now()
        turn = Turn(conversation=opening.conversation, replies=replies, started=now, ended=now)
        if chat.token != opening.token:
            with pytest.raises(Superseded):
                self._do(who.turns.close(opening, turn))
            return
        self._do(who.turns.close(opening, turn))
        chat.token = ""
        chat.version += 1
        chat.handled += names
        chat.put += [reply.id for reply in replies]

    @rule(worker=WORKERS, chat=CHATS)
    def takes_a_parcel(self, worker: int, chat: int) -> None:
        who, here = self.workers[worker], self.chats[chat]
        due = self._do(who.outbox.next(here.address, LEASE))
        if due is None:
            return
        assert due.parcel.id == here.put[len(here.done)]
        key = (due.parcel.id, due.parcel.attempts)
        assert here.held not in self.leases or self.leases[here.held] <= self.clock.now() or here.held[0] != key[0]
        here.held = key
        self.leases[key] = self.clock.now() + LEASE
        self.parcels.append((here, who, due.parcel))

    @rule(pick=PICK, word=st.sampled_from(["sent", "later", "dead", "renew", "crash"]))
    def ends_a_delivery(self, pick: int, word: str) -> None:
        if not self.parcels:
            return
        chat, who, parcel = self.parcels[pick % len(self.parcels)]
        key = (parcel.id, parcel.attempts)
        ours = chat.held == key and parcel.id not in chat.done
        if word == "renew":
            assert self._do(who.outbox.renew(parcel, LEASE)) == ours
            if ours:
                self.leases[key] = self.clock.now() + LEASE
            return
        self.parcels.remove((chat, who, parcel))
        match word:
            case "sent":
                self._do(who.outbox.sent(parcel, "receipt"))
            case "later":
                self._do(who.outbox.later(parcel, self.clock.now(), "busy"))
            case "dead":
                self._do(who.outbox.dead(parcel, "gone"))
            case _:
                return
        if word == "sent" or ours:
            self.leases.pop(chat.held, None)
        if parcel.id not in chat.done and (word == "sent" or (word == "dead" and ours)):
            chat.done.append(parcel.id)

    @rule(seconds=st.sampled_from([1, 20, 31]))
    def time_passes(self, seconds: int) -> None:
        self.clock.pass_(seconds)

    @invariant()
    def nothing_is_handled_twice_or_out_of_order(self) -> None:
        for chat in getattr(self, "chats", ()):
            assert chat.handled == chat.said[: len(chat.handled)]
            assert chat.done == chat.put[: len(chat.done)]

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            try:
                self._settle()
            finally:
                for worker in self.workers:
                    self._do(worker.database.close())
                self.runner.close()

    def _settle(self) -> None:
        """One worker that does not crash finishes what all others left."""
        self.clock.pass_(31)
        who = self.workers[0]
        for chat in self.chats:
            while opening := self._do(who.turns.open(chat.address, LEASE)):
                self._opened(chat, who, opening)
                self._close(*self.openings.pop())
            while due := self._do(who.outbox.next(chat.address, LEASE)):
                assert due.parcel.id == chat.put[len(chat.done)]
                self._do(who.outbox.sent(due.parcel, "receipt"))
                chat.done.append(due.parcel.id)
            assert chat.handled == chat.said
            assert chat.done == [f"re {name}" for name in chat.said]


@pytest.mark.timeout(150)
def test_any_walk_ends_with_everything_answered_once_and_in_order(database_url: str) -> None:
    here = type("Here", (Walk,), {"url": database_url})
    few = settings(
        max_examples=15,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
    )
    run_state_machine_as_test(here, settings=few)

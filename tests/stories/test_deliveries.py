import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from core.address import Address
from core.channel import LiveUpdates
from core.conversation import ClaimedTurn
from core.deliver import ATTEMPTS, Deliver
from core.dialogue.draft import TurnDraft
from core.errors import Malformed, Throttled, Unreachable
from core.outbound import OutboundMessage
from core.ports.messaging import DueOutbound, Outbox
from core.reply import Choice, Mark, Quiz, Reply, Text
from storage.engine.database import Database
from storage.messaging.outbox import PostgresOutbox
from tests.fakes.channel import KeepingChannel
from tests.fakes.messaging import Street, Thinking

HERE = Address("test", "1")
LEASE = timedelta(seconds=60)


def _replying(*replies: Reply) -> Thinking:
    async def thinking(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        return TurnDraft(conversation=claimed.conversation, replies=replies)

    return thinking


async def _turn(street: Street, *replies: Reply) -> None:
    street.mind.thinking = _replying(*replies)
    await street.says("go")
    await street.converse(HERE)


async def test_replies_keep_their_order_and_carry_their_key(street: Street) -> None:
    await _turn(street, Text(text="one"), Text(text="two"), Text(text="three"))
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="one"), Text(text="two"), Text(text="three")]
    assert len({key for _, _, key, _ in street.channel.sent}) == 3


async def test_a_throttled_reply_waits_as_long_as_it_is_told_and_holds_up_those_behind_it(street: Street) -> None:
    await _turn(street, Text(text="one"), Text(text="two"))
    street.channel.failures.append(Throttled("slow down", retry_after=7))
    assert await street.deliver(HERE) == street.clock.now() + timedelta(seconds=7)
    assert await street.deliver(HERE) is None
    assert street.channel.sent == []
    street.clock.pass_(7)
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="one"), Text(text="two")]


async def test_waiting_because_the_platform_asked_for_it_counts_as_no_attempt(street: Street) -> None:
    await _turn(street, Text(text="one"))
    for _ in range(2 * ATTEMPTS):
        street.channel.failures.append(Throttled("slow down", retry_after=1))
        assert await street.deliver(HERE) is not None
        street.clock.pass_(1)
    street.channel.failures.append(Unreachable("down"))
    assert await street.deliver(HERE) == street.clock.now() + timedelta(seconds=1)
    street.clock.pass_(1)
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="one")]


async def test_a_mark_knows_the_message_of_its_question(street: Street) -> None:
    choices = (Choice(label="soweli", value="q:1:1"), Choice(label="kala", value="q:1:2"))
    await _turn(street, Text(text="hm"), Quiz(id="k1", question="fish?", form="choice", choices=choices))
    await street.deliver(HERE)
    mark = Mark(quiz="k1", question="fish?", choices=choices, chosen="q:1:2", right="q:1:2", correct=True, text="yes")
    await _turn(street, mark)
    await street.deliver(HERE)
    assert street.channel.sent[-1][3] == "m2"


async def test_a_parcel_held_by_someone_else_is_left_alone_until_the_lease_ends(street: Street) -> None:
    await _turn(street, Text(text="one"))
    assert await street.outbox.next(HERE, timedelta(seconds=60)) is not None
    await street.deliver(HERE)
    assert street.channel.sent == []
    street.clock.pass_(61)
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="one")]


class SlowChannel(KeepingChannel):
    """Takes its time: `begun` is set when a reply comes, and it is sent once `go` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = asyncio.Event(), asyncio.Event()

    async def send(self, outbound: OutboundMessage, *, target: str = "") -> str:
        self.begun.set()
        await self.go.wait()
        return await super().send(outbound, target=target)


def _slow(street: Street, outbox: Outbox) -> tuple[Deliver, SlowChannel]:
    """Deliveries that renew their lease every millisecond, through a slow channel."""
    slow = SlowChannel()
    lease = timedelta(milliseconds=3)
    return replace(street.deliver, channels={"test": slow}, outbox=outbox, lease=lease), slow


class Watched:
    """The outbox, with a word each time a lease was renewed, and what else befalls it then."""

    def __init__(self, outbox: Outbox, befalls: Callable[[int], None]) -> None:
        self._outbox = outbox
        self._befalls = befalls
        self._renewed = 0
        self.twice = asyncio.Event()

    async def next(self, address: Address, lease: timedelta) -> DueOutbound | None:
        return await self._outbox.next(address, lease)

    async def renew(self, outbound: OutboundMessage, lease: timedelta) -> bool:
        self._renewed += 1
        if self._renewed > 1:
            self.twice.set()
        self._befalls(self._renewed)
        return await self._outbox.renew(outbound, lease)

    async def sent(self, outbound: OutboundMessage, receipt: str, *, offered: tuple[Choice, ...] = ()) -> bool:
        return await self._outbox.sent(outbound, receipt, offered=offered)

    async def later(self, outbound: OutboundMessage, at: datetime, why: str, *, tried: bool = True) -> None:
        await self._outbox.later(outbound, at, why, tried=tried)

    async def dead(self, outbound: OutboundMessage, why: str) -> None:
        await self._outbox.dead(outbound, why)


async def test_a_parcel_that_takes_long_to_send_stays_taken(street: Street) -> None:
    await _turn(street, Text(text="one"))
    watched = Watched(street.outbox, lambda _: street.clock.pass_(0.002))
    deliver, slow = _slow(street, watched)
    sending = asyncio.create_task(deliver(HERE))
    await watched.twice.wait()
    assert await street.outbox.next(HERE, LEASE) is None
    slow.go.set()
    await sending
    assert slow.to(HERE) == [Text(text="one")]


async def test_a_database_that_is_away_for_a_moment_does_not_break_a_delivery_off(street: Street) -> None:
    def away(times: int) -> None:
        if times == 1:
            raise Unreachable("restarting")

    await _turn(street, Text(text="one"))
    watched = Watched(street.outbox, away)
    deliver, slow = _slow(street, watched)
    sending = asyncio.create_task(deliver(HERE))
    await watched.twice.wait()
    slow.go.set()
    await sending
    assert slow.to(HERE) == [Text(text="one")]


async def test_who_lost_a_parcel_stops_sending_it_and_leaves_it_to_the_other(street: Street) -> None:
    await _turn(street, Text(text="one"))
    deliver, slow = _slow(street, street.outbox)
    sending = asyncio.create_task(deliver(HERE))
    await slow.begun.wait()
    street.clock.pass_(1)
    other = await street.outbox.next(HERE, LEASE)
    assert other is not None
    await sending
    assert "delivery_superseded" in street.count.names
    assert slow.sent == []
    await street.outbox.sent(other.outbound, "m1")


@pytest.mark.parametrize("word", ["later", "dead"])
async def test_who_lost_a_parcel_says_nothing_more_about_it(street: Street, word: str) -> None:
    await _turn(street, Text(text="one"))
    first = await street.outbox.next(HERE, LEASE)
    street.clock.pass_(61)
    second = await street.outbox.next(HERE, LEASE)
    assert first is not None
    assert second is not None
    if word == "later":
        await street.outbox.later(first.outbound, street.clock.now(), "too late")
    else:
        await street.outbox.dead(first.outbound, "too late")
    assert await street.outbox.next(HERE, LEASE) is None
    assert await street.outbox.renew(second.outbound, LEASE)
    assert not await street.outbox.renew(first.outbound, LEASE)


async def test_a_parcel_nobody_can_read_holds_up_its_own_conversation_and_no_other(
    street: Street, database: Database
) -> None:
    other = Address("test", "2")
    for address in (HERE, other):
        await street.says("toki", address.chat)
        await street.converse(address)
    await database.run(text("UPDATE outbound SET payload = '{\"v\": 99}' WHERE address = :at"), {"at": str(HERE)})
    due = await asyncio.gather(*(street.outbox.next(at, LEASE) for at in (HERE, other)), return_exceptions=True)
    assert isinstance(due[0], Malformed)
    assert not isinstance(due[1], BaseException | None)
    assert due[1].outbound.address == other


async def test_the_thread_of_an_answer_is_stored_with_it(street: Street, database: Database) -> None:
    street.mind.thinking = _replying(Text(text="one"))
    await street.receive(replace(street.event("go"), reply_thread="1699999999.000001"))
    await street.converse(HERE)
    outbox: Outbox = PostgresOutbox(database, street.clock)
    due = await outbox.next(HERE, LEASE)
    assert due is not None
    assert due.outbound.thread == "1699999999.000001"

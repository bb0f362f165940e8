import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.address import Address
from core.channel import LiveUpdates
from core.conversation import ClaimedTurn, Turn
from core.dialogue.draft import TurnDraft
from core.errors import Malformed, Superseded, Unreachable
from core.event import Stopped
from core.reply import Text
from storage.engine.database import Database
from storage.messaging.turns import PostgresTurns
from tests.fakes.messaging import Street, echo

HERE = Address("test", "1")
LEASE = timedelta(seconds=30)


def _empty(street: Street, claimed: ClaimedTurn) -> Turn:
    return Turn(conversation=claimed.conversation, replies=(), started=street.clock.now(), ended=street.clock.now())


async def test_a_message_is_answered(street: Street) -> None:
    await street.says("toki")
    assert await street.answers() == [Text(text="toki")]


async def test_the_same_event_twice_is_answered_once(street: Street) -> None:
    event = street.event("toki")
    assert await street.receive(event)
    assert not await street.receive(event)
    assert await street.answers() == [Text(text="toki")]


async def test_equal_events_at_the_same_moment_are_kept_once(street: Street) -> None:
    event = street.event("toki")
    kept = await asyncio.gather(*(street.inbox.accept(event) for _ in range(20)))
    assert sum(kept) == 1


async def test_a_burst_of_messages_is_one_turn_in_order(street: Street) -> None:
    await asyncio.gather(*(street.says(f"{number}") for number in range(5)))
    assert await street.answers() == [Text(text="0 + 1 + 2 + 3 + 4")]


async def test_words_said_while_the_tutor_thinks_are_answered_next(street: Street) -> None:
    async def interrupted(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        if len(street.mind.openings) == 1:
            await street.says("and this?")
        return await echo(claimed, live)

    street.mind.thinking = interrupted
    await street.says("this")
    await street.converse(HERE)
    assert street.rung.turns == [HERE, HERE, HERE]
    assert await street.answers() == [Text(text="this"), Text(text="and this?")]


async def test_only_one_turn_runs_at_a_time(street: Street) -> None:
    await street.says("toki")
    first = await street.turns.open(HERE, LEASE)
    assert first is not None
    assert await street.turns.open(HERE, LEASE) is None


async def test_a_lease_that_ended_is_taken_again_and_the_first_holder_loses(street: Street) -> None:
    await street.says("toki")
    first = await street.turns.open(HERE, LEASE)
    street.clock.pass_(31)
    second = await street.turns.open(HERE, LEASE)
    assert first is not None
    assert second is not None
    assert second.attempts == 2
    with pytest.raises(Superseded):
        await street.turns.close(first, _empty(street, first))
    await street.turns.close(second, _empty(street, second))
    assert await street.turns.open(HERE, LEASE) is None


async def test_events_that_were_answered_meanwhile_are_not_answered_twice(street: Street) -> None:
    await street.says("one")
    first = await street.turns.open(HERE, LEASE)
    assert first is not None
    await street.turns.close(first, _empty(street, first))
    await street.says("two")
    second = await street.turns.open(HERE, LEASE)
    assert second is not None
    mixed = replace(second, events=(*first.events, *second.events))
    with pytest.raises(Superseded):
        await street.turns.close(mixed, _empty(street, mixed))
    await street.turns.close(second, _empty(street, second))
    assert await street.turns.open(HERE, LEASE) is None


async def test_a_renewed_lease_holds(street: Street) -> None:
    await street.says("toki")
    first = await street.turns.open(HERE, LEASE)
    assert first is not None
    street.clock.pass_(20)
    assert await street.turns.renew(first, LEASE)
    street.clock.pass_(20)
    assert await street.turns.open(HERE, LEASE) is None


async def test_a_released_turn_can_be_opened_at_once(street: Street) -> None:
    await street.says("toki")
    first = await street.turns.open(HERE, LEASE)
    assert first is not None
    await street.turns.release(first)
    again = await street.turns.open(HERE, LEASE)
    assert again is not None
    assert again.attempts == 1


async def test_events_that_break_every_turn_are_apologised_for(street: Street) -> None:
    await street.says("poison")
    for _ in range(4):
        assert await street.turns.open(HERE, LEASE) is not None
        street.clock.pass_(31)
    replies = await street.answers()
    assert len(replies) == 1
    assert not street.mind.openings


async def test_what_a_database_cannot_hold_is_replaced_and_nothing_is_lost(street: Street) -> None:
    await street.says("nul \x00 and half a pair \ud83d end")
    assert await street.answers() == [Text(text="nul \ufffd and half a pair \ufffd end")]


async def test_a_learner_is_met_once_and_known_again(street: Street) -> None:
    await street.says("one")
    await street.answers()
    await street.says("two")
    await street.answers()
    first, second = (claimed.conversation.learner for claimed in street.mind.openings)
    assert first == second
    assert first.name == "Ana"


async def test_a_changed_learner_is_kept(street: Street) -> None:
    async def renamed(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        learner = replace(claimed.conversation.learner, locale="vi")
        return TurnDraft(conversation=replace(claimed.conversation, learner=learner))

    street.mind.thinking = renamed
    await street.says("one")
    await street.answers()
    await street.says("two")
    await street.answers()
    assert street.mind.openings[-1].conversation.learner.locale == "vi"


async def test_many_conversations_open_and_close_together(street: Street) -> None:
    chats = [str(number) for number in range(60)]
    await asyncio.gather(*(street.says(f"hello {chat}", chat) for chat in chats))
    answers = await asyncio.gather(*(street.answers(chat) for chat in chats))
    assert answers == [[Text(text=f"hello {chat}")] for chat in chats]


async def _stalls(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
    await asyncio.Event().wait()
    raise AssertionError("never reached")


async def test_the_turn_after_one_that_was_stopped_knows_it_and_no_other_does(street: Street) -> None:
    async def long(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        street.stops.event.set()
        return await _stalls(claimed, live)

    street.mind.thinking = long
    await street.says("tell me a story")
    await street.converse(HERE)
    street.stops.event.clear()
    street.mind.thinking = echo
    for words in (Stopped(), "and now?"):
        await street.says(words)
        await street.converse(HERE)
    street.mind.thinking = _stalls
    street.converse = replace(street.converse, limit=timedelta(milliseconds=20))
    for words in ("too long", "again"):
        await street.says(words)
        await street.converse(HERE)
    assert [claimed.conversation.stopped for claimed in street.mind.openings] == [False, True, False, False, False]


async def test_a_turn_that_takes_too_long_is_answered_honestly(street: Street) -> None:
    street.mind.thinking = _stalls
    street.converse = replace(street.converse, limit=timedelta(milliseconds=20))
    await street.says("toki")
    await street.converse(HERE)
    await street.deliver(HERE)
    assert "turn_timeout" in street.count.names
    assert len(street.channel.to(HERE)) == 2


class Forgetful(PostgresTurns):
    """Turns whose database is away when a lease is first renewed; `again` is set when it is renewed after that."""

    def __init__(self, street: Street, database: Database) -> None:
        super().__init__(database, street.clock)
        self.again = asyncio.Event()
        self._away = True

    async def renew(self, claimed: ClaimedTurn, lease: timedelta) -> bool:
        if self._away:
            self._away = False
            raise Unreachable("restarting")
        self.again.set()
        return await super().renew(claimed, lease)


async def test_a_database_that_is_away_for_a_moment_does_not_throw_a_turn_away(
    street: Street, database: Database
) -> None:
    turns = Forgetful(street, database)

    async def patient(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        await turns.again.wait()
        return await echo(claimed, live)

    street.mind.thinking = patient
    street.converse = replace(street.converse, turns=turns, lease=timedelta(milliseconds=3))
    await street.says("toki")
    assert await street.answers() == [Text(text="toki")]
    assert len(street.mind.openings) == 1


async def test_two_workers_that_meet_a_stranger_at_once_know_one_person_and_one_has_the_turn(
    street: Street, database: Database
) -> None:
    workers = [PostgresTurns(database, street.clock) for _ in range(4)]
    for number in range(20):
        await asyncio.gather(street.says("toki", f"{number}"), street.says("toki", f"{number}"))
        here = Address("test", f"{number}")
        found = await asyncio.gather(*(turns.open(here, LEASE) for turns in workers))
        assert sum(claimed is not None for claimed in found) == 1
    (people,) = await database.run(text("SELECT count(*) AS met FROM learners"), {})
    assert people.met == 20


@pytest.mark.parametrize("met", [False, True])
async def test_a_record_nobody_can_read_keeps_its_own_conversation_waiting_and_no_other(
    street: Street, database: Database, met: bool
) -> None:
    other = Address("test", "2")
    for address in (HERE, other):
        await street.says("toki", address.chat)
        if met:
            await street.converse(address)
            await street.says("again", address.chat)
    broken = text("UPDATE events SET payload = '{\"v\": 99}' WHERE address = :address AND handled_at IS NULL")
    await database.run(broken, {"address": str(HERE)})
    opened = await asyncio.gather(*(street.turns.open(at, LEASE) for at in (HERE, other)), return_exceptions=True)
    assert isinstance(opened[0], Malformed)
    assert isinstance(opened[1], ClaimedTurn)

"""A stop ends the turn that runs, however its sign comes or is lost, and what listens and speaks for it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.address import Address
from core.channel import LiveUpdates
from core.conversation import ClaimedTurn
from core.dialogue.draft import TurnDraft
from core.event import Body, Event, Left, Said, Stopped
from core.reply import Reply, Text
from storage.messaging.turns import PostgresTurns
from tests.fakes.messaging import DeafAndMute, Street, echo

HERE = Address("test", "1")


async def test_a_stop_reaches_the_mind_that_thinks(street: Street) -> None:
    async def long(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        street.stops.event.set()
        await asyncio.Event().wait()
        raise AssertionError("never reached")

    street.mind.thinking = long
    await street.says("tell me a story")
    await street.converse(HERE)
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="stopped")]


async def test_a_stop_is_sent_to_the_worker_that_thinks(street: Street) -> None:
    await street.says(Stopped())
    assert street.rung.stops == [HERE]


async def _never(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
    await asyncio.Event().wait()
    raise AssertionError("never reached")


@pytest.mark.parametrize("body", [Stopped(), Said(text="stop"), Left()])
async def test_a_stop_whose_sign_was_lost_is_found(street: Street, body: Body) -> None:
    """It came when the turn had its events already and nobody listened for it yet."""
    street.mind.thinking = _never
    street.converse = replace(street.converse, live_after=timedelta(milliseconds=5))
    await street.says("tell me a story")

    class Late(PostgresTurns):
        async def open(self, address: Address, lease: timedelta) -> ClaimedTurn | None:
            opened = await super().open(address, lease)
            await street.says(body)
            return opened

    street.converse = replace(street.converse, turns=Late(street.database, street.clock))
    async with asyncio.timeout(5):
        await street.converse(HERE)
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="stopped")]


async def test_where_a_sign_may_have_been_missed_the_stop_is_looked_for_at_once(street: Street) -> None:
    async def stopped_unheard(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        await street.says("stop")
        street.stops.doubt.set()
        return await _never(claimed, live)

    street.mind.thinking = stopped_unheard
    street.converse = replace(street.converse, live_after=timedelta(hours=1))
    await street.says("tell me a story")
    async with asyncio.timeout(5):
        await street.converse(HERE)
    assert street.mind.openings[0].events[0].body == Said(text="tell me a story")


async def test_a_stop_among_the_words_that_are_answered_breaks_nothing_off(street: Street) -> None:
    looked = asyncio.Event()

    class Looking(PostgresTurns):
        async def since(self, claimed: ClaimedTurn) -> tuple[Event, ...]:
            found = await super().since(claimed)
            looked.set()
            return found

    async def patient(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        await looked.wait()
        return await echo(claimed, live)

    street.mind.thinking = patient
    turns = Looking(street.database, street.clock)
    street.converse = replace(street.converse, turns=turns, live_after=timedelta(milliseconds=1))
    await street.says("a story")
    await street.says("stop")
    assert await street.answers() == [Text(text="a story + stop")]


class Slow(DeafAndMute):
    """Senses that hear for ever until they are stopped, and note what they are asked to say."""

    def __init__(self, stop: asyncio.Event, *, deaf: bool) -> None:
        self._stop = stop
        self._deaf = deaf
        self.said = 0

    async def hear(self, claimed: ClaimedTurn) -> ClaimedTurn:
        self._stop.set()
        if self._deaf:
            await asyncio.Event().wait()
        return claimed

    async def speak(self, claimed: ClaimedTurn, draft: TurnDraft) -> tuple[Reply, ...]:
        self.said += 1
        return draft.replies


@pytest.mark.parametrize("deaf", [True, False])
async def test_a_stop_ends_listening_and_leaves_what_was_broken_off_unspoken(street: Street, deaf: bool) -> None:
    senses = Slow(street.stops.event, deaf=deaf)
    street.mind.thinking = _never
    street.converse = replace(street.converse, speech=senses)
    await street.says("tell me a story")
    async with asyncio.timeout(5):
        await street.converse(HERE)
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="stopped")]
    assert senses.said == 0

"""Replies while a platform is away, and those that break whoever sends them."""

from datetime import timedelta

import pytest

from core.address import Address
from core.channel import LiveUpdates
from core.conversation import ClaimedTurn
from core.deliver import ATTEMPTS, AWAY
from core.dialogue.draft import TurnDraft
from core.errors import Unreachable
from core.reply import Reply, Text
from tests.fakes.messaging import Street

HERE = Address("test", "1")


async def _turn(street: Street, *replies: Reply) -> None:
    async def thinking(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        return TurnDraft(conversation=claimed.conversation, replies=replies)

    street.mind.thinking = thinking
    await street.says("go")
    await street.converse(HERE)


async def _away(street: Street, length: timedelta) -> list[float]:
    """Let the platform be away for so long, and return the waits between two tries, in seconds."""
    waits: list[float] = []
    while sum(waits) < length.total_seconds():
        street.channel.failures.append(Unreachable("down"))
        again = await street.deliver(HERE)
        assert again is not None
        waits.append((again - street.clock.now()).total_seconds())
        street.clock.pass_(waits[-1])
    return waits


async def test_a_platform_that_is_away_for_a_day_is_tried_with_growing_waits_and_no_reply_is_lost(
    street: Street,
) -> None:
    await _turn(street, Text(text="one"), Text(text="two"))
    waits = await _away(street, timedelta(days=1))
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) == 600
    await street.deliver(HERE)
    assert "parcel_dead" not in street.count.names
    assert street.channel.to(HERE) == [Text(text="one"), Text(text="two")]


async def test_a_platform_that_never_comes_back_is_given_up_in_the_end(street: Street) -> None:
    await _turn(street, Text(text="one"))
    await _away(street, AWAY)
    street.channel.failures.append(Unreachable("down"))
    await street.deliver(HERE)
    assert street.count.names[-1] == "parcel_dead"


async def test_a_fault_of_ours_after_a_long_outage_costs_no_reply(street: Street) -> None:
    await _turn(street, Text(text="one"))
    await _away(street, timedelta(hours=1))
    street.channel.failures.append(ValueError("a fault of ours"))
    with pytest.raises(ValueError, match="a fault of ours"):
        await street.deliver(HERE)
    street.clock.pass_(61)
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="one")]


async def test_a_reply_that_breaks_its_sender_does_not_hold_up_those_behind_it_for_ever(street: Street) -> None:
    await _turn(street, Text(text="one"), Text(text="two"))
    street.channel.failures += [ValueError("a fault of ours")] * ATTEMPTS
    for _ in range(ATTEMPTS - 1):
        with pytest.raises(ValueError, match="a fault of ours"):
            await street.deliver(HERE)
        assert await street.deliver(HERE) is None
        street.clock.pass_(61)
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="two")]

"""Signs of life while a turn runs."""

import asyncio

from core.address import Address
from core.channel import LiveUpdates
from core.conversation import ClaimedTurn
from core.dialogue.draft import TurnDraft
from core.reply import Text
from tests.fakes.messaging import Street, echo

HERE = Address("test", "1")


async def test_who_thinks_for_more_than_a_moment_is_seen_typing(street: Street) -> None:
    async def slowly(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        await asyncio.wait_for(street.channel.signs[HERE].typed.wait(), 10)
        return await echo(claimed, live)

    await street.says("quick")
    await street.answers()
    assert not street.channel.signs[HERE].typed.is_set()
    street.mind.thinking = slowly
    await street.says("slow")
    assert await street.answers() == [Text(text="quick"), Text(text="slow")]


async def test_nothing_is_drafted_while_the_answer_before_is_on_its_way(street: Street) -> None:
    async def drafting(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        for words, delivered in (("T", False), ("Tw", True), ("Two", False)):
            if delivered:
                await street.deliver(HERE)
            street.clock.pass_(1)
            await live.status(words)
            await live.draft(words)
        return await echo(claimed, live)

    await street.says("one")
    await street.converse(HERE)
    street.mind.thinking = drafting
    await street.says("two")
    await street.converse(HERE)
    signs = street.channel.signs[HERE]
    assert (signs.drafts, signs.statuses) == (["Tw", "Two"], ["Tw", "Two"])

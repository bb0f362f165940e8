"""Signs of life while a turn runs."""

import asyncio

from core.address import Address
from core.channel import Live
from core.conversation import Opening
from core.mind.thought import Thought
from core.reply import Text
from tests.fakes.street import Street, echo

HERE = Address("test", "1")


async def test_who_thinks_for_more_than_a_moment_is_seen_typing(street: Street) -> None:
    async def slowly(opening: Opening, live: Live) -> Thought:
        await asyncio.wait_for(street.channel.signs[HERE].typed.wait(), 10)
        return await echo(opening, live)

    await street.says("quick")
    await street.answers()
    assert not street.channel.signs[HERE].typed.is_set()
    street.mind.thinking = slowly
    await street.says("slow")
    assert await street.answers() == [Text(text="quick"), Text(text="slow")]

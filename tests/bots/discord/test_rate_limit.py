"""Within Discord's limits: what may be lost is left out, what may not waits."""

import asyncio
import gc
from itertools import pairwise

import pytest

from core.errors import Throttled
from core.reply import Text
from tests.bots.discord.conftest import HERE, Desk
from tests.fakes.discord_rules import Buckets, limited


async def test_a_growing_answer_is_drawn_at_a_pace_that_is_never_refused(desk: Desk) -> None:
    desk.api.limit(lambda: desk.clock.now().timestamp())
    live = desk.bot.channel.live(HERE)
    words: list[str] = []
    for number in range(600):
        words.append(f"w{number}")
        await live.draft(" ".join(words[-200:]))
        desk.clock.pass_(0.05)
    assert _refused(desk) == 0
    assert 20 <= len(desk.api.drawn) <= 30
    ends = [int(drawn.rsplit("w", 1)[1]) for drawn in desk.api.drawn]
    assert all(later - earlier >= 26 for earlier, later in pairwise(ends))
    await desk.bot.channel.send(HERE, Text(text="All of it"), key="p")
    assert desk.api.room().texts == ["All of it"]


async def test_a_promised_answer_is_drawn_at_the_same_pace(desk: Desk) -> None:
    desk.api.limit(lambda: desk.clock.now().timestamp())
    await desk.bot.channel.take_up(desk.bot.channel.read("INTERACTION_CREATE", desk.slash("quiz")))
    await desk.bot.channel.settled()
    live = desk.bot.channel.live(HERE)
    for number in range(300):
        await live.draft(f"w{number}")
        desk.clock.pass_(0.05)
    assert _refused(desk) == 0
    assert 10 <= len(desk.api.drawn) <= 15
    assert len(desk.api.room().messages) == 1


async def test_a_draft_that_is_refused_for_haste_waits_as_long_as_it_is_told(desk: Desk) -> None:
    live = desk.bot.channel.live(HERE)
    desk.api.limit(lambda: desk.clock.now().timestamp())
    buckets = _buckets(desk)
    buckets.close(40)
    await live.draft("one")
    desk.clock.pass_(39)
    await live.draft("two")
    assert buckets.refused == 1
    desk.clock.pass_(1.5)
    await live.draft("three")
    assert buckets.refused == 1
    assert desk.api.room().texts == ["three"]


async def test_a_bucket_is_not_used_beyond_what_its_headers_leave(desk: Desk) -> None:
    desk.api.limit(asyncio.get_running_loop().time, period=0.2)
    for number in range(12):
        await desk.bot.channel.send(HERE, Text(text=f"n{number}"), key=f"p{number}")
    assert desk.api.room().texts == [f"n{number}" for number in range(12)]
    assert _refused(desk) == 0


async def test_a_chat_that_has_to_wait_holds_up_no_other(desk: Desk) -> None:
    desk.api.limit(asyncio.get_running_loop().time, period=5.0)
    desk.api.room("8")
    there = type(HERE)("discord", "8")
    flood = [
        asyncio.create_task(desk.bot.channel.send(HERE, Text(text=f"n{number}"), key=f"p{number}"))
        for number in range(7)
    ]
    async with asyncio.timeout(4):
        while len(desk.api.room().messages) < 5:
            desk.api.called.clear()
            await desk.api.called.wait()
        await desk.bot.channel.send(there, Text(text="o"), key="q")
    assert desk.api.room("8").texts == ["o"]
    assert len(desk.api.room().messages) == 5
    assert _refused(desk) == 0
    for task in flood:
        task.cancel()
    await asyncio.gather(*flood, return_exceptions=True)


async def test_when_all_is_limited_everything_waits_and_nothing_is_lost(desk: Desk) -> None:
    time = asyncio.get_running_loop().time
    desk.api.limit(time, period=0.2)
    desk.api.room("8")
    there = type(HERE)("discord", "8")
    _buckets(desk).close(0.25)
    began = time()
    await desk.bot.channel.send(HERE, Text(text="one"), key="p")
    await desk.bot.channel.send(there, Text(text="two"), key="q")
    assert time() - began >= 0.25
    assert (desk.api.room().texts, desk.api.room("8").texts) == (["one"], ["two"])
    assert _refused(desk) == 1


async def test_who_is_called_off_while_everything_waits_keeps_nobody_waiting_for_ever(desk: Desk) -> None:
    await desk.bot.channel.identify()
    desk.api.refuse("POST /channels/7/messages", limited(0.5, everywhere=True))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.25):
            await desk.bot.channel.send(HERE, Text(text="one"), key="p")
    async with asyncio.timeout(5):
        await desk.bot.channel.send(HERE, Text(text="two"), key="q")
    assert desk.api.room().texts == ["two"]


async def test_who_is_called_off_while_the_bot_comes_in_leaves_the_door_to_the_next(desk: Desk) -> None:
    desk.api.refuse("GET /users/@me", limited(0.5, everywhere=True))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.25):
            await desk.bot.channel.send(HERE, Text(text="one"), key="p")
    async with asyncio.timeout(5):
        await desk.bot.channel.send(HERE, Text(text="two"), key="q")
    await desk.bot.close()
    gc.collect()
    assert desk.api.room().texts == ["two"]


async def test_an_interaction_is_answered_while_everything_else_has_to_wait(desk: Desk) -> None:
    await desk.bot.client.application()
    desk.api.refuse("POST /channels/7/messages", limited(25, everywhere=True))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.25):
            await desk.bot.channel.send(HERE, Text(text="one"), key="p")
    async with asyncio.timeout(3):
        await desk.bot.channel.take_up(desk.bot.channel.read("INTERACTION_CREATE", desk.slash("quiz")))
        await desk.bot.channel.settled()
        await desk.bot.channel.send(HERE, Text(text="two"), key="q")
    assert desk.api.room().texts == ["two"]


@pytest.mark.parametrize("everywhere", [True, False])
async def test_a_long_wait_says_whom_it_is_for(desk: Desk, everywhere: bool) -> None:
    desk.api.refuse("POST /channels/7", limited(65.0, everywhere=everywhere))
    with pytest.raises(Throttled) as wait:
        await desk.bot.channel.send(HERE, Text(text="toki"), key="q")
    assert (wait.value.retry_after, wait.value.everybody) == (65.0, everywhere)


def _buckets(desk: Desk) -> Buckets:
    assert desk.api.buckets is not None
    return desk.api.buckets


def _refused(desk: Desk) -> int:
    return _buckets(desk).refused

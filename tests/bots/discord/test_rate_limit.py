"""Discord's rate limits: live updates are skipped, replies wait."""

import asyncio
import gc
from itertools import pairwise

import pytest

from core.channel import LiveTarget
from core.errors import Throttled
from core.outbound import OutboundMessage
from core.reply import Text
from tests.bots.discord.conftest import HERE, DiscordSetup
from tests.fakes.discord_rules import Buckets, rate_limited


async def test_drafts_of_a_growing_answer_stay_within_the_rate_limit(setup: DiscordSetup) -> None:
    setup.api.limit(lambda: setup.clock.now().timestamp())
    live = setup.bot.channel.live(LiveTarget(address=HERE))
    words: list[str] = []
    for number in range(600):
        words.append(f"w{number}")
        await live.draft(" ".join(words[-200:]))
        setup.clock.pass_(0.05)
    assert _refused(setup) == 0
    assert 20 <= len(setup.api.contents) <= 30
    ends = [int(content.rsplit("w", 1)[1]) for content in setup.api.contents]
    assert all(later - earlier >= 26 for earlier, later in pairwise(ends))
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="All of it")))
    assert setup.api.channel().texts == ["All of it"]


async def test_drafts_in_a_deferred_message_stay_within_the_rate_limit(setup: DiscordSetup) -> None:
    setup.api.limit(lambda: setup.clock.now().timestamp())
    await setup.bot.channel.respond(setup.bot.channel.read("INTERACTION_CREATE", setup.slash_command("quiz")))
    await setup.bot.channel.wait_for_calls()
    live = setup.bot.channel.live(LiveTarget(address=HERE))
    for number in range(300):
        await live.draft(f"w{number}")
        setup.clock.pass_(0.05)
    assert _refused(setup) == 0
    assert 10 <= len(setup.api.contents) <= 15
    assert len(setup.api.channel().messages) == 1


async def test_after_a_rate_limit_drafts_pause_for_the_requested_time(setup: DiscordSetup) -> None:
    live = setup.bot.channel.live(LiveTarget(address=HERE))
    setup.api.limit(lambda: setup.clock.now().timestamp())
    buckets = _buckets(setup)
    buckets.block(40)
    await live.draft("one")
    setup.clock.pass_(39)
    await live.draft("two")
    assert buckets.refused == 1
    setup.clock.pass_(1.5)
    await live.draft("three")
    assert buckets.refused == 1
    assert setup.api.channel().texts == ["three"]


async def test_calls_stay_within_what_the_buckets_headers_allow(setup: DiscordSetup) -> None:
    setup.api.limit(asyncio.get_running_loop().time, period=0.2)
    for number in range(12):
        await setup.bot.channel.send(OutboundMessage(id=f"p{number}", address=HERE, reply=Text(text=f"n{number}")))
    assert setup.api.channel().texts == [f"n{number}" for number in range(12)]
    assert _refused(setup) == 0


async def test_a_rate_limited_chat_does_not_delay_another(setup: DiscordSetup) -> None:
    setup.api.limit(asyncio.get_running_loop().time, period=5.0)
    setup.api.channel("8")
    there = type(HERE)("discord", "8")
    flood = [
        asyncio.create_task(
            setup.bot.channel.send(OutboundMessage(id=f"p{number}", address=HERE, reply=Text(text=f"n{number}")))
        )
        for number in range(7)
    ]
    async with asyncio.timeout(4):
        while len(setup.api.channel().messages) < 5:
            setup.api.called.clear()
            await setup.api.called.wait()
        await setup.bot.channel.send(OutboundMessage(id="q", address=there, reply=Text(text="o")))
    assert setup.api.channel("8").texts == ["o"]
    assert len(setup.api.channel().messages) == 5
    assert _refused(setup) == 0
    for task in flood:
        task.cancel()
    await asyncio.gather(*flood, return_exceptions=True)


async def test_a_global_limit_delays_every_chat_and_loses_nothing(setup: DiscordSetup) -> None:
    time = asyncio.get_running_loop().time
    setup.api.limit(time, period=0.2)
    setup.api.channel("8")
    there = type(HERE)("discord", "8")
    _buckets(setup).block(0.25)
    began = time()
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="one")))
    await setup.bot.channel.send(OutboundMessage(id="q", address=there, reply=Text(text="two")))
    assert time() - began >= 0.25
    assert (setup.api.channel().texts, setup.api.channel("8").texts) == (["one"], ["two"])
    assert _refused(setup) == 1


async def test_a_send_cancelled_during_a_global_wait_does_not_block_later_sends(setup: DiscordSetup) -> None:
    await setup.bot.channel.identify()
    setup.api.refuse("POST /channels/7/messages", rate_limited(0.5, bot_wide=True))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.25):
            await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="one")))
    async with asyncio.timeout(5):
        await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=Text(text="two")))
    assert setup.api.channel().texts == ["two"]


async def test_a_send_cancelled_during_the_login_does_not_block_later_sends(setup: DiscordSetup) -> None:
    setup.api.refuse("GET /users/@me", rate_limited(0.5, bot_wide=True))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.25):
            await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="one")))
    async with asyncio.timeout(5):
        await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=Text(text="two")))
    await setup.bot.close()
    gc.collect()
    assert setup.api.channel().texts == ["two"]


async def test_an_interaction_is_answered_during_a_global_wait(setup: DiscordSetup) -> None:
    await setup.bot.client.application()
    setup.api.refuse("POST /channels/7/messages", rate_limited(25, bot_wide=True))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.25):
            await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="one")))
    async with asyncio.timeout(3):
        await setup.bot.channel.respond(setup.bot.channel.read("INTERACTION_CREATE", setup.slash_command("quiz")))
        await setup.bot.channel.wait_for_calls()
        await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=Text(text="two")))
    assert setup.api.channel().texts == ["two"]


@pytest.mark.parametrize("everywhere", [True, False])
async def test_a_long_wait_says_whether_it_is_global(setup: DiscordSetup, everywhere: bool) -> None:
    setup.api.refuse("POST /channels/7", rate_limited(65.0, bot_wide=everywhere))
    with pytest.raises(Throttled) as wait:
        await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=Text(text="toki")))
    assert (wait.value.retry_after, wait.value.everybody) == (65.0, everywhere)


def _buckets(setup: DiscordSetup) -> Buckets:
    assert setup.api.buckets is not None
    return setup.api.buckets


def _refused(setup: DiscordSetup) -> int:
    return _buckets(setup).refused

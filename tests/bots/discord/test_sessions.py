"""Gateway sessions: resumed after a disconnect or a restart, replaced if Discord has discarded them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.bots.discord.conftest import DiscordSetup
from tests.bots.discord.gateway_client import listening, push_message, running


async def _reconnect(setup: DiscordSetup) -> None:
    await setup.api.gateway.send(7)


async def _close(setup: DiscordSetup) -> None:
    await setup.api.gateway.close(4000)


@pytest.mark.parametrize("disconnect", [_reconnect, _close])
async def test_messages_during_a_disconnect_are_received(
    setup: DiscordSetup, disconnect: Callable[[DiscordSetup], Awaitable[None]]
) -> None:
    async with listening(setup) as receiver:
        await push_message(setup, "wan")
        assert await receiver.texts(1) == ["wan"]
        session = setup.api.gateway.sessions["session0"]
        await disconnect(setup)
        session.socket = None
        await push_message(setup, "tu")
        await setup.api.gateway.ready(2)
        assert await receiver.texts(2) == ["wan", "tu"]
    assert (setup.api.gateway.identified, setup.api.gateway.resumed) == (1, 1)


async def test_messages_sent_while_no_process_listened_are_received_by_the_next(setup: DiscordSetup) -> None:
    setup.api.gateway.shards = 2
    async with listening(setup) as receiver:
        await setup.api.gateway.ready(2)
        await push_message(setup, "wan")
        assert await receiver.texts(1) == ["wan"]
    await push_message(setup, "tu")
    next_process = setup.connect(setup.drafts)
    async with running(setup, next_process.gateway.listen) as receiver:
        assert await receiver.texts(1) == ["tu"]
        await setup.api.gateway.ready(4)
        await push_message(setup, "mute")
        assert await receiver.texts(2) == ["tu", "mute"]
    await next_process.close()
    assert (setup.api.gateway.identified, setup.api.gateway.resumed) == (2, 2)


async def test_messages_that_could_not_be_stored_are_received_by_the_next_process(setup: DiscordSetup) -> None:
    async with listening(setup) as receiver:
        await push_message(setup, "wan")
        assert await receiver.texts(1) == ["wan"]
        receiver.unreachable = 1_000_000
        await push_message(setup, "tu")
        await push_message(setup, "mute")
        async with asyncio.timeout(5):
            await receiver.failed.wait()
    async with listening(setup) as receiver:
        assert await receiver.texts(2) == ["tu", "mute"]


async def test_a_session_that_discord_discarded_is_replaced_by_a_new_one(setup: DiscordSetup) -> None:
    async with listening(setup) as receiver:
        await push_message(setup, "wan")
        assert await receiver.texts(1) == ["wan"]
    setup.api.gateway.sessions.clear()
    async with listening(setup) as receiver:
        await setup.api.gateway.ready(2)
        await push_message(setup, "tu")
        assert await receiver.texts(1) == ["tu"]
    assert (setup.api.gateway.identified, setup.api.gateway.resumed) == (2, 0)


async def test_a_session_that_discord_invalidates_is_replaced_by_a_new_one(setup: DiscordSetup) -> None:
    async with listening(setup) as receiver:
        await setup.api.gateway.send(9, False)
        await setup.api.gateway.ready(2)
        await push_message(setup, "wan")
        assert await receiver.texts(1) == ["wan"]
    assert setup.api.gateway.identified == 2

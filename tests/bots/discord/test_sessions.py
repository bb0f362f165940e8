"""Sessions at the gateway: gone on with after a cut and after a restart, begun anew where Discord has forgotten them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.bots.discord.conftest import DiscordSetup
from tests.bots.discord.gateway_client import listening, push_message, running


async def _reconnect(setup: DiscordSetup) -> None:
    await setup.api.gateway.send(7)


async def _dropped(setup: DiscordSetup) -> None:
    await setup.api.gateway.close(4000)


@pytest.mark.parametrize("cut", [_reconnect, _dropped])
async def test_what_was_said_while_the_connection_was_cut_is_heard(
    setup: DiscordSetup, cut: Callable[[DiscordSetup], Awaitable[None]]
) -> None:
    async with listening(setup) as ear:
        await push_message(setup, "wan")
        assert await ear.texts(1) == ["wan"]
        session = setup.api.gateway.sessions["session0"]
        await cut(setup)
        session.socket = None
        await push_message(setup, "tu")
        await setup.api.gateway.ready(2)
        assert await ear.texts(2) == ["wan", "tu"]
    assert (setup.api.gateway.identified, setup.api.gateway.resumed) == (1, 1)


async def test_what_was_said_while_nobody_listened_is_heard_by_who_listens_next(setup: DiscordSetup) -> None:
    setup.api.gateway.shards = 2
    async with listening(setup) as ear:
        await setup.api.gateway.ready(2)
        await push_message(setup, "wan")
        assert await ear.texts(1) == ["wan"]
    await push_message(setup, "tu")
    next_process = setup.connect(setup.drafts)
    async with running(setup, next_process.gateway.listen) as ear:
        assert await ear.texts(1) == ["tu"]
        await setup.api.gateway.ready(4)
        await push_message(setup, "mute")
        assert await ear.texts(2) == ["tu", "mute"]
    await next_process.close()
    assert (setup.api.gateway.identified, setup.api.gateway.resumed) == (2, 2)


async def test_what_was_heard_but_could_not_be_kept_is_heard_by_who_listens_next(setup: DiscordSetup) -> None:
    async with listening(setup) as ear:
        await push_message(setup, "wan")
        assert await ear.texts(1) == ["wan"]
        ear.unreachable = 1_000_000
        await push_message(setup, "tu")
        await push_message(setup, "mute")
        async with asyncio.timeout(5):
            await ear.failed.wait()
    async with listening(setup) as ear:
        assert await ear.texts(2) == ["tu", "mute"]


async def test_a_session_that_discord_has_forgotten_meanwhile_begins_anew(setup: DiscordSetup) -> None:
    async with listening(setup) as ear:
        await push_message(setup, "wan")
        assert await ear.texts(1) == ["wan"]
    setup.api.gateway.sessions.clear()
    async with listening(setup) as ear:
        await setup.api.gateway.ready(2)
        await push_message(setup, "tu")
        assert await ear.texts(1) == ["tu"]
    assert (setup.api.gateway.identified, setup.api.gateway.resumed) == (2, 0)


async def test_a_session_that_is_not_known_any_more_begins_anew(setup: DiscordSetup) -> None:
    async with listening(setup) as ear:
        await setup.api.gateway.send(9, False)
        await setup.api.gateway.ready(2)
        await push_message(setup, "wan")
        assert await ear.texts(1) == ["wan"]
    assert setup.api.gateway.identified == 2

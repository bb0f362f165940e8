"""Sessions at the gateway: gone on with after a cut and after a restart, begun anew where Discord has forgotten them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.bots.discord.conftest import Desk
from tests.bots.discord.gateway_client import listening, says, told


async def _reconnect(desk: Desk) -> None:
    await desk.api.gateway.send(7)


async def _dropped(desk: Desk) -> None:
    await desk.api.gateway.close(4000)


@pytest.mark.parametrize("cut", [_reconnect, _dropped])
async def test_what_was_said_while_the_connection_was_cut_is_heard(
    desk: Desk, cut: Callable[[Desk], Awaitable[None]]
) -> None:
    async with listening(desk) as ear:
        await says(desk, "wan")
        assert await ear.words(1) == ["wan"]
        session = desk.api.gateway.sessions["session0"]
        await cut(desk)
        session.socket = None
        await says(desk, "tu")
        await desk.api.gateway.ready(2)
        assert await ear.words(2) == ["wan", "tu"]
    assert (desk.api.gateway.identified, desk.api.gateway.resumed) == (1, 1)


async def test_what_was_said_while_nobody_listened_is_heard_by_who_listens_next(desk: Desk) -> None:
    desk.api.gateway.shards = 2
    async with listening(desk) as ear:
        await desk.api.gateway.ready(2)
        await says(desk, "wan")
        assert await ear.words(1) == ["wan"]
    await says(desk, "tu")
    next_process = desk.connected(desk.drafts)
    async with told(desk, next_process.gateway.listen) as ear:
        assert await ear.words(1) == ["tu"]
        await desk.api.gateway.ready(4)
        await says(desk, "mute")
        assert await ear.words(2) == ["tu", "mute"]
    await next_process.close()
    assert (desk.api.gateway.identified, desk.api.gateway.resumed) == (2, 2)


async def test_what_was_heard_but_could_not_be_kept_is_heard_by_who_listens_next(desk: Desk) -> None:
    async with listening(desk) as ear:
        await says(desk, "wan")
        assert await ear.words(1) == ["wan"]
        ear.away = 1_000_000
        await says(desk, "tu")
        await says(desk, "mute")
        async with asyncio.timeout(5):
            await ear.failed.wait()
    async with listening(desk) as ear:
        assert await ear.words(2) == ["tu", "mute"]


async def test_a_session_that_discord_has_forgotten_meanwhile_begins_anew(desk: Desk) -> None:
    async with listening(desk) as ear:
        await says(desk, "wan")
        assert await ear.words(1) == ["wan"]
    desk.api.gateway.sessions.clear()
    async with listening(desk) as ear:
        await desk.api.gateway.ready(2)
        await says(desk, "tu")
        assert await ear.words(1) == ["tu"]
    assert (desk.api.gateway.identified, desk.api.gateway.resumed) == (2, 0)


async def test_a_session_that_is_not_known_any_more_begins_anew(desk: Desk) -> None:
    async with listening(desk) as ear:
        await desk.api.gateway.send(9, False)
        await desk.api.gateway.ready(2)
        await says(desk, "wan")
        assert await ear.words(1) == ["wan"]
    assert desk.api.gateway.identified == 2

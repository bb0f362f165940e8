"""Being called by Telegram."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web

from bots.http import Timeouts, Webhooks, application
from bots.telegram import Telegram
from bots.telegram.parse import KINDS
from bots.telegram.verify import HEADER, genuine
from bots.telegram.webhook import register
from core.channel import Channel, Gateway, Request
from core.errors import Malformed
from core.event import Event, Said
from tests.bots.telegram.conftest import Desk

COMMANDS = {
    "": [("quiz", "Take a quiz"), ("forget", "Forget me")],
    "vi": [("quiz", "Làm bài kiểm tra"), ("forget", "Quên mình đi")],
}


@pytest.fixture
async def door(desk: Desk) -> AsyncIterator[tuple[str, list[Event]]]:
    """A web server that takes the channel's calls, and what it has taken."""
    events: list[Event] = []

    async def take(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Request(body=await request.read(), headers=headers)
        if not desk.bot.channel.verify(call):
            return web.Response(status=401)
        events.extend(desk.bot.channel.parse(call))
        return web.Response()

    app = web.Application()
    app.router.add_post("/telegram", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", events
    await runner.cleanup()


def _at(bot: Telegram, url: str) -> Telegram:
    return replace(bot, settings=replace(bot.settings, public_url=url))


async def test_what_comes_before_the_bot_knows_its_name_is_asked_for_again(desk: Desk) -> None:
    kept: list[Event] = []

    async def keep(event: Event) -> bool:
        kept.append(event)
        return True

    def count(name: str, /, **labels: str) -> None: ...

    named = desk.api.hold("getMe")
    desk.api.hook_secret = desk.bot.secret
    async with _served(Webhooks(keep, count), desk) as desk.api.hook:
        registering = asyncio.create_task(desk.bot.register(COMMANDS))
        mention = [{"type": "mention", "offset": 0, "length": 8}]
        assert await desk.api.says("@SonaBot toki", -100200, entities=mention) == 503
        assert await desk.api.says("/quiz@SonaBot", -100200) == 503
        named.set()
        await registering
        assert [await desk.api.call_hook() for _ in range(2)] == [200, 200]
    assert [(event.body, event.addressed) for event in kept] == [(Said(text="toki"), True), (Said(text="/quiz"), True)]


@asynccontextmanager
async def _served(hooks: Webhooks, desk: Desk) -> AsyncGenerator[str]:
    """The address of the house's own door for this channel."""
    runner = web.AppRunner(application(hooks, {"/telegram": desk.bot.channel}, [], Timeouts()))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/telegram"
    await runner.cleanup()


async def test_telegram_calls_where_it_was_told_with_the_secret_it_was_given(
    desk: Desk, door: tuple[str, list[Event]]
) -> None:
    url, events = door
    for _ in range(2):
        await _at(desk.bot, f"{url}/").register(COMMANDS)
    assert await desk.api.says("toki") == 200
    assert [event.body for event in events] == [Said(text="toki")]
    assert desk.api.commands == {
        ("default", ""): ["quiz", "forget"],
        ("default", "vi"): ["quiz", "forget"],
        ("all_group_chats", ""): ["quiz"],
        ("all_group_chats", "vi"): ["quiz"],
    }
    desk.api.hook_secret = "wrong"
    assert await desk.api.says("forged") == 401


async def test_registering_goes_on_until_telegram_answers(desk: Desk) -> None:
    desk.api.refuse("getMe", 502, "Bad Gateway")
    desk.api.refuse("setMyCommands", 429, "Too Many Requests: retry after 3", retry_after=3)
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    bot = desk.bot
    await register(
        client=bot.client, channel=bot.channel, public_url="", secret=bot.secret, commands=COMMANDS, sleep=pause
    )
    assert pauses == [2.0, 3.0]
    assert desk.api.made("setWebhook") == []


async def test_an_address_that_telegram_does_not_take_is_said_once_and_left(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await _at(desk.bot, "http://sona.example").register(COMMANDS)
    (said,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "an https url must be provided" in said.getMessage()
    assert len(desk.api.made("setWebhook")) == 1


async def test_a_token_that_telegram_does_not_know_is_said_once_and_left(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.api.token = "another"
    await _at(desk.bot, "https://sona.example").register(COMMANDS)
    (said,) = caplog.records
    assert "does not accept the bot's token" in said.getMessage()
    assert "4242:TEST" not in caplog.text


async def test_the_webhook_asks_for_what_is_read_and_keeps_what_waits(
    desk: Desk, door: tuple[str, list[Event]]
) -> None:
    await desk.api.says("before")
    await _at(desk.bot, door[0]).register(COMMANDS)
    assert desk.api.hook_kinds == list(KINDS)
    assert len(desk.api.waiting) == 1


async def test_only_the_secret_opens_and_never_an_empty_one(desk: Desk) -> None:
    assert genuine(Request(body=b"", headers={HEADER: "s"}), "s")
    assert not genuine(Request(body=b"", headers={HEADER: "s "}), "s")
    assert not genuine(Request(body=b"", headers={HEADER: "é\udcff"}), "s")
    assert not genuine(Request(body=b"", headers={HEADER: ""}), "")
    assert not genuine(Request(body=b""), "s")


async def test_it_is_a_channel_and_a_gateway(desk: Desk) -> None:
    channel: Channel = desk.bot.channel
    gateway: Gateway = desk.bot.gateway
    assert (channel.name, gateway) == ("telegram", desk.bot.gateway)
    with pytest.raises(Malformed):
        channel.parse(Request(body=b"{"))

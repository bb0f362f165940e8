"""Commands and buttons: answered at once, and the answer takes the place of the promise."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp.test_utils import TestServer

from bots.http import Timeouts, Webhooks, application
from core.errors import Throttled
from core.event import Event, Said
from core.reply import Choice, Text
from tests.bots.discord.conftest import HERE, DiscordSetup


@asynccontextmanager
async def _called(setup: DiscordSetup, kept: list[Event]) -> AsyncGenerator[str]:
    """The web application with its address for interactions; events are kept in `kept`."""

    async def receive(event: Event) -> bool:
        kept.append(event)
        return True

    app = application(Webhooks(receive, _ignored), {"/discord": setup.bot.channel}, [], Timeouts())
    async with TestServer(app) as server:
        yield str(server.make_url("/discord"))


def _ignored(name: str, /, **labels: str) -> None:
    """Nothing is asked of the counters here."""


async def _by_gateway(setup: DiscordSetup, asked: dict[str, object]) -> tuple[Event, ...]:
    events = setup.bot.channel.read("INTERACTION_CREATE", asked)
    await setup.bot.channel.acknowledge(events)
    return events


async def _settled(setup: DiscordSetup) -> None:
    """Everything that is on its way has arrived."""
    await setup.bot.channel.wait_for_calls()


async def test_a_ping_is_answered(setup: DiscordSetup) -> None:
    async with _called(setup, []) as url:
        assert await setup.api.post_interaction(url, {"id": "5", "type": 1, "token": "t"}) == (200, b'{"type": 1}')


async def test_by_http_choices_are_offered_in_the_answer_itself(setup: DiscordSetup) -> None:
    option = {"name": "unit", "type": 3, "value": "3", "focused": True}
    data = {"id": "1", "name": "lesson", "options": [option]}
    kept: list[Event] = []
    async with _called(setup, kept) as url:
        asked = setup.api.interaction({"type": 4, "channel_id": "7", "locale": "es-ES", "data": data})
        status, body = await setup.api.post_interaction(url, asked)
    assert (status, json.loads(body)) == (
        200,
        {"type": 8, "data": {"choices": [{"name": "es-ES lesson 3", "value": "toki/3"}]}},
    )
    assert kept == []


async def test_a_command_by_http_is_promised_at_once_and_answered_in_its_place(setup: DiscordSetup) -> None:
    kept: list[Event] = []
    async with _called(setup, kept) as url:
        assert (await setup.api.post_interaction(url, setup.slash_command("lesson", unit="2")))[0] == 200
    assert [event.body for event in kept] == [Said(text="/lesson 2")]
    assert setup.api.channel().texts == ["Sona is thinking…"]
    await setup.bot.channel.send(HERE, Text(text="Unit 2"), key="p")
    await setup.bot.channel.send(HERE, Text(text="Ready?"), key="q")
    assert setup.api.channel().texts == ["Unit 2", "Ready?"]


async def test_a_command_by_the_gateway_is_promised_and_answered_in_its_place(setup: DiscordSetup) -> None:
    await _by_gateway(setup, setup.slash_command("quiz"))
    await _settled(setup)
    assert setup.api.channel().texts == ["Sona is thinking…"]
    live = setup.bot.channel.live(HERE)
    await live.draft("Let us")
    assert setup.api.channel().texts == ["Let us"]
    sent = await setup.bot.channel.send(HERE, Text(text="Let us see"), key="p")
    assert setup.api.channel().texts == ["Let us see"]
    assert sent in setup.api.channel().messages


async def test_two_commands_before_the_answer_leave_one_promise(setup: DiscordSetup) -> None:
    for name in ("quiz", "review"):
        await _by_gateway(setup, setup.slash_command(name))
        await _settled(setup)
    await setup.bot.channel.send(HERE, Text(text="Well"), key="p")
    assert setup.api.channel().texts == ["Well"]


async def test_an_answer_that_comes_before_its_promise_waits_for_it(setup: DiscordSetup) -> None:
    asked = setup.slash_command("quiz")
    setup.clock.pass_((int(str(asked["id"])) >> 22) / 1000 + 1420070400 - setup.clock.now().timestamp() + 1)
    await _promised(setup, asked)
    with pytest.raises(Throttled):
        await setup.bot.channel.send(HERE, Text(text="Well"), key="p")
    setup.clock.pass_(60)
    await setup.bot.channel.send(HERE, Text(text="Well"), key="p")
    assert setup.api.channel().texts == ["Well"]


async def _promised(setup: DiscordSetup, asked: dict[str, object]) -> None:
    """As by HTTP, while Discord still waits for our answer."""
    setup.bot.channel.read("INTERACTION_CREATE", asked)
    await setup.bot.channel.answer(setup.bot.channel.read("INTERACTION_CREATE", asked))


async def test_a_tap_is_answered_without_a_promise(setup: DiscordSetup) -> None:
    await setup.bot.channel.send(HERE, Text(text="Which?", choices=(Choice(label="one", value="1"),)), key="p")
    (button,) = setup.api.channel().buttons
    data = {"component_type": 2, "custom_id": button["custom_id"]}
    message = next(iter(setup.api.channel().messages.values()))
    asked = setup.api.interaction({"type": 3, "channel_id": "7", "context": 1, "data": data, "message": message})
    (event,) = await _by_gateway(setup, asked)
    await _settled(setup)
    assert event.body.kind == "tapped"
    told = setup.api.interactions[asked["token"]]
    assert told.response == {"type": 6}
    await setup.bot.channel.send(HERE, Text(text="One!"), key="q")
    assert setup.api.channel().texts == ["Which?", "One!"]


async def test_a_forged_interaction_is_kept_out(setup: DiscordSetup) -> None:
    kept: list[Event] = []
    async with _called(setup, kept) as url:
        setup.api.key = type(setup.api.key)(bytes(31) + b"1")
        assert (await setup.api.post_interaction(url, setup.slash_command("quiz")))[0] == 401
    assert kept == []


async def test_commands_are_offered_once(setup: DiscordSetup) -> None:
    assert await setup.bot.register()
    assert setup.api.commands[0]["name_localizations"] == {"vi": "bài-học"}
    assert not await setup.bot.register()
    fewer = replace(setup.bot, commands=setup.bot.commands[:1])
    assert await fewer.register()
    assert [command["name"] for command in setup.api.commands] == ["lesson"]

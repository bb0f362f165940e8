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
from tests.bots.discord.conftest import HERE, Desk


@asynccontextmanager
async def _called(desk: Desk, kept: list[Event]) -> AsyncGenerator[str]:
    """The web application with its address for interactions; events are kept in `kept`."""

    async def receive(event: Event) -> bool:
        kept.append(event)
        return True

    app = application(Webhooks(receive, _ignored), {"/discord": desk.bot.channel}, [], Timeouts())
    async with TestServer(app) as server:
        yield str(server.make_url("/discord"))


def _ignored(name: str, /, **labels: str) -> None:
    """Nothing is asked of the counters here."""


async def _by_gateway(desk: Desk, asked: dict[str, object]) -> tuple[Event, ...]:
    events = desk.bot.channel.read("INTERACTION_CREATE", asked)
    await desk.bot.channel.acknowledge(events)
    return events


async def _settled(desk: Desk) -> None:
    """Everything that is on its way has arrived."""
    await desk.bot.channel.settled()


async def test_a_ping_is_answered(desk: Desk) -> None:
    async with _called(desk, []) as url:
        assert await desk.api.posts(url, {"id": "5", "type": 1, "token": "t"}) == (200, b'{"type": 1}')


async def test_by_http_choices_are_offered_in_the_answer_itself(desk: Desk) -> None:
    option = {"name": "unit", "type": 3, "value": "3", "focused": True}
    data = {"id": "1", "name": "lesson", "options": [option]}
    kept: list[Event] = []
    async with _called(desk, kept) as url:
        asked = desk.api.asks({"type": 4, "channel_id": "7", "locale": "es-ES", "data": data})
        status, body = await desk.api.posts(url, asked)
    assert (status, json.loads(body)) == (
        200,
        {"type": 8, "data": {"choices": [{"name": "es-ES lesson 3", "value": "toki/3"}]}},
    )
    assert kept == []


async def test_a_command_by_http_is_promised_at_once_and_answered_in_its_place(desk: Desk) -> None:
    kept: list[Event] = []
    async with _called(desk, kept) as url:
        assert (await desk.api.posts(url, desk.slash("lesson", unit="2")))[0] == 200
    assert [event.body for event in kept] == [Said(text="/lesson 2")]
    assert desk.api.room().texts == ["Sona is thinking…"]
    await desk.bot.channel.send(HERE, Text(text="Unit 2"), key="p")
    await desk.bot.channel.send(HERE, Text(text="Ready?"), key="q")
    assert desk.api.room().texts == ["Unit 2", "Ready?"]


async def test_a_command_by_the_gateway_is_promised_and_answered_in_its_place(desk: Desk) -> None:
    await _by_gateway(desk, desk.slash("quiz"))
    await _settled(desk)
    assert desk.api.room().texts == ["Sona is thinking…"]
    live = desk.bot.channel.live(HERE)
    await live.draft("Let us")
    assert desk.api.room().texts == ["Let us"]
    sent = await desk.bot.channel.send(HERE, Text(text="Let us see"), key="p")
    assert desk.api.room().texts == ["Let us see"]
    assert sent in desk.api.room().messages


async def test_two_commands_before_the_answer_leave_one_promise(desk: Desk) -> None:
    for name in ("quiz", "review"):
        await _by_gateway(desk, desk.slash(name))
        await _settled(desk)
    await desk.bot.channel.send(HERE, Text(text="Well"), key="p")
    assert desk.api.room().texts == ["Well"]


async def test_an_answer_that_comes_before_its_promise_waits_for_it(desk: Desk) -> None:
    asked = desk.slash("quiz")
    desk.clock.pass_((int(str(asked["id"])) >> 22) / 1000 + 1420070400 - desk.clock.now().timestamp() + 1)
    await _promised(desk, asked)
    with pytest.raises(Throttled):
        await desk.bot.channel.send(HERE, Text(text="Well"), key="p")
    desk.clock.pass_(60)
    await desk.bot.channel.send(HERE, Text(text="Well"), key="p")
    assert desk.api.room().texts == ["Well"]


async def _promised(desk: Desk, asked: dict[str, object]) -> None:
    """As by HTTP, while Discord still waits for our answer."""
    desk.bot.channel.read("INTERACTION_CREATE", asked)
    await desk.bot.channel.answer(desk.bot.channel.read("INTERACTION_CREATE", asked))


async def test_a_tap_is_answered_without_a_promise(desk: Desk) -> None:
    await desk.bot.channel.send(HERE, Text(text="Which?", choices=(Choice(label="one", value="1"),)), key="p")
    (button,) = desk.api.room().buttons
    data = {"component_type": 2, "custom_id": button["custom_id"]}
    message = next(iter(desk.api.room().messages.values()))
    asked = desk.api.asks({"type": 3, "channel_id": "7", "context": 1, "data": data, "message": message})
    (event,) = await _by_gateway(desk, asked)
    await _settled(desk)
    assert event.body.kind == "tapped"
    told = desk.api.told[asked["token"]]
    assert told.response == {"type": 6}
    await desk.bot.channel.send(HERE, Text(text="One!"), key="q")
    assert desk.api.room().texts == ["Which?", "One!"]


async def test_a_forged_interaction_is_kept_out(desk: Desk) -> None:
    kept: list[Event] = []
    async with _called(desk, kept) as url:
        desk.api.key = type(desk.api.key)(bytes(31) + b"1")
        assert (await desk.api.posts(url, desk.slash("quiz")))[0] == 401
    assert kept == []


async def test_commands_are_offered_once(desk: Desk) -> None:
    assert await desk.bot.register()
    assert desk.api.commands[0]["name_localizations"] == {"vi": "bài-học"}
    assert not await desk.bot.register()
    fewer = replace(desk.bot, offers=desk.bot.offers[:1])
    assert await fewer.register()
    assert [command["name"] for command in desk.api.commands] == ["lesson"]

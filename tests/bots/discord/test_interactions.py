"""Commands and buttons: the immediate response, and the answer that replaces a deferred message."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp.test_utils import TestServer

from bots.http import Timeouts, Webhooks, application
from core.channel import LiveTarget
from core.errors import Throttled
from core.event import Event, Said
from core.outbound import OutboundMessage
from core.reply import Choice, Text
from tests.bots.discord.conftest import HERE, DiscordSetup


@asynccontextmanager
async def _web_app(setup: DiscordSetup, stored: list[Event]) -> AsyncGenerator[str]:
    """Serve the web application and yield the URL for interactions; `stored` collects the events."""

    async def receive(event: Event) -> bool:
        stored.append(event)
        return True

    app = application(Webhooks(receive, _no_count), {"/discord": setup.bot.channel}, [], Timeouts())
    async with TestServer(app) as server:
        yield str(server.make_url("/discord"))


def _no_count(name: str, /, **labels: str) -> None:
    """Discard counters."""


async def _interact(setup: DiscordSetup, interaction: dict[str, object]) -> tuple[Event, ...]:
    events = setup.bot.channel.read("INTERACTION_CREATE", interaction)
    await setup.bot.channel.acknowledge(events)
    return events


async def _wait_for_calls(setup: DiscordSetup) -> None:
    await setup.bot.channel.wait_for_calls()


async def test_a_ping_is_answered(setup: DiscordSetup) -> None:
    async with _web_app(setup, []) as url:
        assert await setup.api.post_interaction(url, {"id": "5", "type": 1, "token": "t"}) == (200, b'{"type": 1}')


async def test_over_http_the_response_contains_the_autocomplete_choices(setup: DiscordSetup) -> None:
    option = {"name": "unit", "type": 3, "value": "3", "focused": True}
    data = {"id": "1", "name": "lesson", "options": [option]}
    stored: list[Event] = []
    async with _web_app(setup, stored) as url:
        interaction = setup.api.interaction({"type": 4, "channel_id": "7", "locale": "es-ES", "data": data})
        status, body = await setup.api.post_interaction(url, interaction)
    assert (status, json.loads(body)) == (
        200,
        {"type": 8, "data": {"choices": [{"name": "es-ES lesson 3", "value": "toki/3"}]}},
    )
    assert stored == []


async def test_a_command_over_http_is_deferred_and_the_answer_replaces_the_deferred_message(
    setup: DiscordSetup,
) -> None:
    stored: list[Event] = []
    async with _web_app(setup, stored) as url:
        assert (await setup.api.post_interaction(url, setup.slash_command("lesson", unit="2")))[0] == 200
    assert [event.body for event in stored] == [Said(text="/lesson 2")]
    assert setup.api.channel().texts == ["Sona is thinking…"]
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="Unit 2")))
    await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=Text(text="Ready?")))
    assert setup.api.channel().texts == ["Unit 2", "Ready?"]


async def test_a_command_over_the_gateway_is_deferred_and_the_answer_replaces_the_deferred_message(
    setup: DiscordSetup,
) -> None:
    await _interact(setup, setup.slash_command("quiz"))
    await _wait_for_calls(setup)
    assert setup.api.channel().texts == ["Sona is thinking…"]
    live = setup.bot.channel.live(LiveTarget(address=HERE))
    await live.draft("Let us")
    assert setup.api.channel().texts == ["Let us"]
    sent = await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="Let us see")))
    assert setup.api.channel().texts == ["Let us see"]
    assert sent in setup.api.channel().messages


async def test_two_commands_before_the_answer_leave_one_deferred_message(setup: DiscordSetup) -> None:
    for name in ("quiz", "review"):
        await _interact(setup, setup.slash_command(name))
        await _wait_for_calls(setup)
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="Well")))
    assert setup.api.channel().texts == ["Well"]


async def test_an_answer_before_its_deferred_message_exists_is_throttled(setup: DiscordSetup) -> None:
    interaction = setup.slash_command("quiz")
    setup.clock.pass_((int(str(interaction["id"])) >> 22) / 1000 + 1420070400 - setup.clock.now().timestamp() + 1)
    await _respond_over_http(setup, interaction)
    with pytest.raises(Throttled):
        await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="Well")))
    setup.clock.pass_(60)
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="Well")))
    assert setup.api.channel().texts == ["Well"]


async def _respond_over_http(setup: DiscordSetup, interaction: dict[str, object]) -> None:
    """Answer the interaction without sending the response, as if Discord had not yet read it."""
    setup.bot.channel.read("INTERACTION_CREATE", interaction)
    await setup.bot.channel.answer(setup.bot.channel.read("INTERACTION_CREATE", interaction))


async def test_a_tap_is_acknowledged_without_a_deferred_message(setup: DiscordSetup) -> None:
    await setup.bot.channel.send(
        OutboundMessage(id="p", address=HERE, reply=Text(text="Which?", choices=(Choice(label="one", value="1"),)))
    )
    (button,) = setup.api.channel().buttons
    data = {"component_type": 2, "custom_id": button["custom_id"]}
    message = next(iter(setup.api.channel().messages.values()))
    interaction = setup.api.interaction({"type": 3, "channel_id": "7", "context": 1, "data": data, "message": message})
    (event,) = await _interact(setup, interaction)
    await _wait_for_calls(setup)
    assert event.body.kind == "tapped"
    tapped = setup.api.interactions[interaction["token"]]
    assert tapped.response == {"type": 6}
    await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=Text(text="One!")))
    assert setup.api.channel().texts == ["Which?", "One!"]


async def test_a_forged_interaction_is_rejected(setup: DiscordSetup) -> None:
    stored: list[Event] = []
    async with _web_app(setup, stored) as url:
        setup.api.key = type(setup.api.key)(bytes(31) + b"1")
        assert (await setup.api.post_interaction(url, setup.slash_command("quiz")))[0] == 401
    assert stored == []


async def test_commands_are_registered_only_when_they_differ(setup: DiscordSetup) -> None:
    assert await setup.bot.register()
    assert setup.api.commands[0]["name_localizations"] == {"vi": "bài-học"}
    assert not await setup.bot.register()
    fewer = replace(setup.bot, commands=setup.bot.commands[:1])
    assert await fewer.register()
    assert [command["name"] for command in setup.api.commands] == ["lesson"]

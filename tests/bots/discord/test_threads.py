"""Lessons that are started in a server's channel continue in a thread of their own."""

from collections.abc import Coroutine
from typing import Any

from aiohttp.test_utils import TestServer

from bots.discord.interactions import NewThread, OpenInteraction
from bots.discord.threads import open_thread
from bots.http import Timeouts, Webhooks, application
from core.address import Address
from core.channel import LiveTarget
from core.event import Event, Said
from core.outbound import OutboundMessage
from core.reply import Text
from tests.bots.discord.conftest import HERE, DiscordSetup
from tests.fakes.discord_rules import Answer, rate_limited


def _lesson(setup: DiscordSetup, **more: Any) -> dict[str, Any]:
    options = [{"name": "unit", "type": 3, "value": "toki/2"}]
    return setup.in_server(type=2, data={"id": "1", "type": 1, "name": "lesson", "options": options}, **more)


async def _interact(setup: DiscordSetup, interaction: dict[str, Any]) -> Event:
    events = setup.bot.channel.read("INTERACTION_CREATE", interaction)
    assert setup.bot.channel.opens_thread(events)
    (event,) = await setup.bot.channel.respond(events)
    await setup.bot.channel.wait_for_calls()
    return event


async def test_a_lesson_opens_a_thread_with_its_sender_and_continues_there(setup: DiscordSetup) -> None:
    interaction = _lesson(setup)
    event = await _interact(setup, interaction)
    thread = setup.api.channels[event.address.chat]
    assert (thread.parent, thread.name, thread.members) == ("7", "bài-học toki/2 · Lan", ["7"])
    assert event.body == Said(text="/lesson toki/2")
    response = setup.api.interactions[interaction["token"]].response
    assert response is not None
    assert (response["type"], response["data"]["flags"]) == (4, 64)
    assert f"<#{thread.id}>" in response["data"]["content"]
    await setup.bot.channel.live(LiveTarget(address=event.address)).draft("Unit")
    await setup.bot.channel.send(OutboundMessage(id="p", address=event.address, reply=Text(text="Unit 2")))
    assert thread.texts == ["Unit 2"]
    mention = {"id": "4242", "username": "Sona"}
    author = {"id": "8", "username": "minh"}
    await setup.bot.channel.identify()
    message = {"id": "1400000000000000001", "type": 0, "channel_id": thread.id, "guild_id": "55", "author": author}
    (said,) = setup.bot.channel.read("MESSAGE_CREATE", {**message, "content": "<@4242> li?", "mentions": [mention]})
    assert said.address == event.address


async def test_over_http_the_event_is_stored_with_the_threads_address(setup: DiscordSetup) -> None:
    stored: list[Event] = []

    async def receive(event: Event) -> bool:
        stored.append(event)
        return True

    def ignored(name: str, /, **labels: str) -> None: ...

    app = application(Webhooks(receive, ignored), {"/discord": setup.bot.channel}, [], Timeouts())
    async with TestServer(app) as server:
        status, _ = await setup.api.post_interaction(str(server.make_url("/discord")), _lesson(setup))
    await setup.bot.channel.wait_for_calls()
    assert status == 200
    assert [setup.api.channels[event.address.chat].parent for event in stored] == ["7"]


async def test_a_lesson_continues_in_the_channel_if_no_thread_can_be_opened(setup: DiscordSetup) -> None:
    setup.api.refuse("POST /channels/7/threads", Answer(403, "Missing Permissions", 50013))
    event = await _interact(setup, _lesson(setup))
    assert event.address == HERE
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="Unit 2")))
    assert setup.api.channel().texts == ["Unit 2"]


async def test_a_lesson_in_a_thread_opens_no_other_thread(setup: DiscordSetup) -> None:
    setup.api.channel("9").parent = "7"
    interaction = _lesson(setup, channel_id="9", channel={"id": "9", "type": 11, "parent_id": "7"})
    events = setup.bot.channel.read("INTERACTION_CREATE", interaction)
    assert not setup.bot.channel.opens_thread(events)
    (event,) = await setup.bot.channel.respond(events)
    await setup.bot.channel.wait_for_calls()
    assert event.address == Address("discord", "9")
    assert not [call for call in setup.api.calls if "threads" in call]


async def test_a_thread_that_opens_too_late_links_to_the_channel(setup: DiscordSetup) -> None:
    setup.api.refuse("POST /channels/7/threads", rate_limited(0.3))
    interaction = OpenInteraction(id="1", token="t", response={}, address=HERE)
    late = list[Coroutine[Any, Any, None]]()
    lesson = NewThread(name="lesson", user="7", locale="es-ES")
    assert await open_thread(setup.bot.client, interaction, lesson, start=late.append, wait_seconds=0.1) is None
    (linking,) = late
    await linking
    (thread,) = [chat for chat in setup.api.channels.values() if chat.parent == "7"]
    assert thread.texts == ["Seguimos en <#7>."]
    assert setup.api.channel().texts == []

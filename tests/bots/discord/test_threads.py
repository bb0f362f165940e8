"""A lesson asked for in a server's channel goes on in a thread of its own."""

from collections.abc import Coroutine
from typing import Any

from aiohttp.test_utils import TestServer

from bots.discord.interactions import NewThread, OpenInteraction
from bots.discord.threads import opened
from bots.http import Timeouts, Webhooks, application
from core.address import Address
from core.event import Event, Said
from core.reply import Text
from tests.bots.discord.conftest import HERE, Desk
from tests.fakes.discord_rules import Answer, limited


def _lesson(desk: Desk, **more: Any) -> dict[str, Any]:
    options = [{"name": "unit", "type": 3, "value": "toki/2"}]
    return desk.in_server(type=2, data={"id": "1", "type": 1, "name": "lesson", "options": options}, **more)


async def _comes(desk: Desk, asked: dict[str, Any]) -> Event:
    events = desk.bot.channel.read("INTERACTION_CREATE", asked)
    assert desk.bot.channel.moves(events)
    (event,) = await desk.bot.channel.take_up(events)
    await desk.bot.channel.settled()
    return event


async def test_a_thread_is_opened_with_who_asked_and_the_lesson_goes_on_there(desk: Desk) -> None:
    asked = _lesson(desk)
    event = await _comes(desk, asked)
    thread = desk.api.rooms[event.address.chat]
    assert (thread.parent, thread.name, thread.members) == ("7", "bài-học toki/2 · Lan", ["7"])
    assert event.body == Said(text="/lesson toki/2")
    response = desk.api.told[asked["token"]].response
    assert response is not None
    assert (response["type"], response["data"]["flags"]) == (4, 64)
    assert f"<#{thread.id}>" in response["data"]["content"]
    await desk.bot.channel.live(event.address).draft("Unit")
    await desk.bot.channel.send(event.address, Text(text="Unit 2"), key="p")
    assert thread.texts == ["Unit 2"]
    mention = {"id": "4242", "username": "Sona"}
    author = {"id": "8", "username": "minh"}
    await desk.bot.channel.identify()
    message = {"id": "1400000000000000001", "type": 0, "channel_id": thread.id, "guild_id": "55", "author": author}
    (said,) = desk.bot.channel.read("MESSAGE_CREATE", {**message, "content": "<@4242> li?", "mentions": [mention]})
    assert said.address == event.address


async def test_by_http_the_event_is_kept_where_it_goes_on(desk: Desk) -> None:
    kept: list[Event] = []

    async def receive(event: Event) -> bool:
        kept.append(event)
        return True

    def ignored(name: str, /, **labels: str) -> None: ...

    app = application(Webhooks(receive, ignored), {"/discord": desk.bot.channel}, [], Timeouts())
    async with TestServer(app) as server:
        status, _ = await desk.api.posts(str(server.make_url("/discord")), _lesson(desk))
    await desk.bot.channel.settled()
    assert status == 200
    assert [desk.api.rooms[event.address.chat].parent for event in kept] == ["7"]


async def test_where_no_thread_can_be_opened_it_goes_on_where_it_was_asked(desk: Desk) -> None:
    desk.api.refuse("POST /channels/7/threads", Answer(403, "Missing Permissions", 50013))
    event = await _comes(desk, _lesson(desk))
    assert event.address == HERE
    await desk.bot.channel.send(HERE, Text(text="Unit 2"), key="p")
    assert desk.api.room().texts == ["Unit 2"]


async def test_in_a_thread_the_lesson_stays(desk: Desk) -> None:
    desk.api.room("9").parent = "7"
    asked = _lesson(desk, channel_id="9", channel={"id": "9", "type": 11, "parent_id": "7"})
    events = desk.bot.channel.read("INTERACTION_CREATE", asked)
    assert not desk.bot.channel.moves(events)
    (event,) = await desk.bot.channel.take_up(events)
    await desk.bot.channel.settled()
    assert event.address == Address("discord", "9")
    assert not [call for call in desk.api.calls if "threads" in call]


async def test_a_thread_that_comes_too_late_says_where_it_goes_on(desk: Desk) -> None:
    desk.api.refuse("POST /channels/7/threads", limited(0.3))
    asked = OpenInteraction(id="1", token="t", response={}, address=HERE)
    late = list[Coroutine[Any, Any, None]]()
    lesson = NewThread(name="lesson", user="7", locale="es-ES")
    assert await opened(desk.bot.client, asked, lesson, start=late.append, patience=0.1) is None
    (sent_back,) = late
    await sent_back
    (thread,) = [room for room in desk.api.rooms.values() if room.parent == "7"]
    assert thread.texts == ["Seguimos en <#7>."]
    assert desk.api.room().texts == []

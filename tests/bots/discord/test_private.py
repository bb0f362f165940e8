"""What one person alone sees, and chats where the bot is only brought along: both by an interaction's token, while it lasts."""

from typing import Any

import pytest

from core.address import Address
from core.errors import Refused
from core.event import Event, Stopped
from core.reply import Choice, Mark, Picture, Quiz, Text, Voice
from tests.bots.discord.conftest import HERE, Desk
from tests.fakes.discord_rules import Answer

ONLY, GUEST = Address("discord", "7", "@7"), Address("discord", "7", "+")
BROUGHT = {"authorizing_integration_owners": {"1": "7"}}
A, B = Choice(label="to eat", value="q1:0"), Choice(label="to go", value="q1:1")


async def _asks(desk: Desk, name: str, **more: Any) -> Event:
    asked = desk.in_server(**{"type": 2, "data": {"id": "1", "type": 1, "name": name}, **more})
    return await _comes(desk, asked)


async def _comes(desk: Desk, asked: dict[str, Any]) -> Event:
    (event,) = await desk.bot.channel.take_up(desk.bot.channel.read("INTERACTION_CREATE", asked))
    await desk.bot.channel.settled()
    return event


def _messages(desk: Desk) -> list[tuple[str, bool]]:
    """Every message's words, and whether one person alone sees it."""
    return [(message["content"], bool(message["flags"] & 64)) for message in desk.api.room().messages.values()]


async def test_all_of_a_private_answer_is_hidden_from_the_others(desk: Desk) -> None:
    event = await _asks(desk, "progress")
    assert (event.address, event.group) == (ONLY, False)
    await desk.bot.channel.live(ONLY).draft("Half")
    assert _messages(desk) == [("Half", True)]
    await desk.bot.channel.send(ONLY, Text(text="Half"), key="p")
    await desk.bot.channel.send(ONLY, Text(text="of it"), key="q")
    assert _messages(desk) == [("Half", True), ("of it", True)]


async def test_a_private_question_is_answered_and_marked_in_private(desk: Desk) -> None:
    await _asks(desk, "progress")
    quiz = Quiz(id="q1", question="moku?", form="choice", choices=(A, B))
    target = await desk.bot.channel.send(ONLY, quiz, key="q")
    message = desk.api.room().messages[target]
    data = {"component_type": 2, "custom_id": desk.api.room().buttons[1]["custom_id"]}
    event = await _comes(desk, desk.in_server(type=3, data=data, message=message))
    assert (event.address, event.body.kind) == (ONLY, "tapped")
    mark = Mark(quiz="q1", question="moku?", choices=(A, B), chosen="q1:1", right="q1:0", correct=False, text="No.")
    assert await desk.bot.channel.send(ONLY, mark, key="m", target=target) == target
    await desk.bot.channel.send(ONLY, Text(text="Next"), key="n")
    assert _messages(desk) == [("moku?\n\nNo.", True), ("Next", True)]


async def test_after_the_quarter_of_an_hour_it_is_refused_plainly(desk: Desk) -> None:
    await _asks(desk, "progress")
    await desk.bot.channel.send(ONLY, Text(text="in time"), key="p")
    desk.clock.pass_(15 * 60)
    with pytest.raises(Refused, match="15 minutes") as refused:
        await desk.bot.channel.send(ONLY, Text(text="too late"), key="q")
    assert refused.value.gone
    assert _messages(desk) == [("in time", True)]


async def test_where_discord_has_forgotten_the_token_it_is_refused_too(desk: Desk) -> None:
    asked = desk.in_server(type=2, data={"id": "1", "type": 1, "name": "progress"})
    await _comes(desk, asked)
    desk.api.told[asked["token"]].over = True
    desk.clock.pass_(60)
    with pytest.raises(Refused):
        await desk.bot.channel.send(ONLY, Text(text="too late"), key="q")


async def test_a_guest_answers_by_the_token_alone(desk: Desk) -> None:
    desk.api.room().refusal = Answer(403, "Missing Access", 50001)
    event = await _asks(desk, "quiz", **BROUGHT)
    assert (event.address, event.group) == (GUEST, True)
    live = desk.bot.channel.live(GUEST)
    await live.typing()
    await live.draft("o")
    for number in range(3):
        await desk.bot.channel.send(GUEST, Text(text=f"n{number}"), key=f"p{number}")
    await live.draft("no place of its own")
    assert _messages(desk) == [("n0", False), ("n1", False), ("n2", False)]
    assert not [call for call in desk.api.calls if "/channels/" in call]


async def test_a_guest_has_five_messages_more_and_is_then_refused(desk: Desk) -> None:
    await _asks(desk, "quiz", **BROUGHT)
    for number in range(6):
        await desk.bot.channel.send(GUEST, Text(text=f"n{number}"), key=f"p{number}")
    with pytest.raises(Refused) as refused:
        await desk.bot.channel.send(GUEST, Text(text="n6"), key="p6")
    assert refused.value.gone
    assert len(_messages(desk)) == 6


async def test_a_guest_sends_sound_and_pictures_as_files(desk: Desk) -> None:
    await _asks(desk, "quiz", **BROUGHT)
    sound = await desk.sound()
    await desk.bot.channel.send(GUEST, Voice(text="moku", audio=sound), key="v")
    await desk.bot.channel.send(GUEST, Picture(media=sound, text="a cat"), key="p")
    assert desk.counted == ["audio"]
    assert desk.api.uploads == [{"files[0]": b"OggS"}] * 2
    assert _messages(desk) == [("", False), ("a cat", False)]


async def test_where_the_bot_may_not_write_a_command_lends_it_the_way(desk: Desk) -> None:
    await _asks(desk, "quiz")
    await desk.bot.channel.send(HERE, Text(text="first"), key="p")
    desk.api.room().refusal = Answer(403, "Missing Permissions", 50013)
    await desk.bot.channel.send(HERE, Text(text="second"), key="q")
    assert _messages(desk) == [("first", False), ("second", False)]
    desk.clock.pass_(15 * 60)
    with pytest.raises(Refused):
        await desk.bot.channel.send(HERE, Text(text="third"), key="r")


@pytest.mark.parametrize("code", [50001, 50013])
async def test_where_the_bot_may_not_write_sound_and_pictures_come_as_files_too(desk: Desk, code: int) -> None:
    await _asks(desk, "quiz")
    await desk.bot.channel.send(HERE, Text(text="first"), key="p")
    desk.api.room().refusal = Answer(403, "Missing Access", code)
    sound = await desk.sound()
    quiz = Quiz(id="q1", question="Heard?", form="listening", say="moku", audio=sound)
    await desk.bot.channel.send(HERE, quiz, key="q")
    await desk.bot.channel.send(HERE, Picture(media=sound, text="a cat"), key="r")
    assert _messages(desk) == [("first", False), ("", False), ("Heard?", False), ("a cat", False)]
    assert desk.counted == ["audio"]
    desk.clock.pass_(15 * 60)
    with pytest.raises(Refused):
        await desk.bot.channel.send(HERE, quiz, key="s")


@pytest.mark.parametrize("waits", [True, False])
async def test_who_stops_in_a_channel_stops_what_runs_for_them_alone_too(desk: Desk, waits: bool) -> None:
    """They are told of it there only where they wait for an answer."""
    assert (await _asks(desk, "stop")).address == HERE
    await _asks(desk, "progress")
    if not waits:
        await desk.bot.channel.send(ONLY, Text(text="All of it"), key="p")
    asked = desk.in_server(type=2, data={"id": "1", "type": 1, "name": "stop"})
    events = await desk.bot.channel.take_up(desk.bot.channel.read("INTERACTION_CREATE", asked))
    await desk.bot.channel.settled()
    assert [(event.address, event.group, event.body.kind) for event in events] == [
        (HERE, True, "stopped"),
        (ONLY, False, "stopped"),
    ]
    assert len({event.id for event in events}) == 2
    assert [event.body for event in events] == [Stopped(), Stopped(quiet=not waits)]


async def test_a_draft_is_not_left_behind_where_the_bot_may_not_write(desk: Desk) -> None:
    await _asks(desk, "quiz")
    await desk.bot.channel.send(HERE, Text(text="first"), key="p")
    desk.api.room().refusal = Answer(403, "Missing Permissions", 50013)
    await desk.bot.channel.live(HERE).draft("Half")
    await desk.bot.channel.send(HERE, Text(text="Half of it"), key="q")
    assert _messages(desk) == [("first", False), ("Half of it", False)]


async def test_in_person_nothing_needs_to_be_hidden(desk: Desk) -> None:
    event = await _comes(desk, desk.slash("progress"))
    assert event.address == HERE
    await desk.bot.channel.send(HERE, Text(text="All of it"), key="p")
    assert _messages(desk) == [("All of it", False)]

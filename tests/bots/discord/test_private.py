"""What one person alone sees, and chats where the bot is only brought along: both by an interaction's token, while it lasts."""

from typing import Any

import pytest

from core.address import Address
from core.errors import Refused
from core.event import Event, Stopped
from core.reply import Choice, Mark, Picture, Quiz, Text, Voice
from tests.bots.discord.conftest import HERE, DiscordSetup
from tests.fakes.discord_rules import Answer

ONLY, GUEST = Address("discord", "7", "@7"), Address("discord", "7", "+")
BROUGHT = {"authorizing_integration_owners": {"1": "7"}}
A, B = Choice(label="to eat", value="q1:0"), Choice(label="to go", value="q1:1")


async def _asks(setup: DiscordSetup, name: str, **more: Any) -> Event:
    asked = setup.in_server(**{"type": 2, "data": {"id": "1", "type": 1, "name": name}, **more})
    return await _comes(setup, asked)


async def _comes(setup: DiscordSetup, asked: dict[str, Any]) -> Event:
    (event,) = await setup.bot.channel.respond(setup.bot.channel.read("INTERACTION_CREATE", asked))
    await setup.bot.channel.wait_for_calls()
    return event


def _messages(setup: DiscordSetup) -> list[tuple[str, bool]]:
    """Every message's words, and whether one person alone sees it."""
    return [(message["content"], bool(message["flags"] & 64)) for message in setup.api.channel().messages.values()]


async def test_all_of_a_private_answer_is_hidden_from_the_others(setup: DiscordSetup) -> None:
    event = await _asks(setup, "progress")
    assert (event.address, event.group) == (ONLY, False)
    await setup.bot.channel.live(ONLY).draft("Half")
    assert _messages(setup) == [("Half", True)]
    await setup.bot.channel.send(ONLY, Text(text="Half"), key="p")
    await setup.bot.channel.send(ONLY, Text(text="of it"), key="q")
    assert _messages(setup) == [("Half", True), ("of it", True)]


async def test_a_private_question_is_answered_and_marked_in_private(setup: DiscordSetup) -> None:
    await _asks(setup, "progress")
    quiz = Quiz(id="q1", question="moku?", form="choice", choices=(A, B))
    target = await setup.bot.channel.send(ONLY, quiz, key="q")
    message = setup.api.channel().messages[target]
    data = {"component_type": 2, "custom_id": setup.api.channel().buttons[1]["custom_id"]}
    event = await _comes(setup, setup.in_server(type=3, data=data, message=message))
    assert (event.address, event.body.kind) == (ONLY, "tapped")
    mark = Mark(quiz="q1", question="moku?", choices=(A, B), chosen="q1:1", right="q1:0", correct=False, text="No.")
    assert await setup.bot.channel.send(ONLY, mark, key="m", target=target) == target
    await setup.bot.channel.send(ONLY, Text(text="Next"), key="n")
    assert _messages(setup) == [("moku?\n\nNo.", True), ("Next", True)]


async def test_after_the_quarter_of_an_hour_it_is_refused_plainly(setup: DiscordSetup) -> None:
    await _asks(setup, "progress")
    await setup.bot.channel.send(ONLY, Text(text="in time"), key="p")
    setup.clock.pass_(15 * 60)
    with pytest.raises(Refused, match="15 minutes") as refused:
        await setup.bot.channel.send(ONLY, Text(text="too late"), key="q")
    assert refused.value.gone
    assert _messages(setup) == [("in time", True)]


async def test_where_discord_has_forgotten_the_token_it_is_refused_too(setup: DiscordSetup) -> None:
    asked = setup.in_server(type=2, data={"id": "1", "type": 1, "name": "progress"})
    await _comes(setup, asked)
    setup.api.interactions[asked["token"]].expired = True
    setup.clock.pass_(60)
    with pytest.raises(Refused):
        await setup.bot.channel.send(ONLY, Text(text="too late"), key="q")


async def test_a_guest_answers_by_the_token_alone(setup: DiscordSetup) -> None:
    setup.api.channel().refusal = Answer(403, "Missing Access", 50001)
    event = await _asks(setup, "quiz", **BROUGHT)
    assert (event.address, event.group) == (GUEST, True)
    live = setup.bot.channel.live(GUEST)
    await live.typing()
    await live.draft("o")
    for number in range(3):
        await setup.bot.channel.send(GUEST, Text(text=f"n{number}"), key=f"p{number}")
    await live.draft("no place of its own")
    assert _messages(setup) == [("n0", False), ("n1", False), ("n2", False)]
    assert not [call for call in setup.api.calls if "/channels/" in call]


async def test_a_guest_has_five_messages_more_and_is_then_refused(setup: DiscordSetup) -> None:
    await _asks(setup, "quiz", **BROUGHT)
    for number in range(6):
        await setup.bot.channel.send(GUEST, Text(text=f"n{number}"), key=f"p{number}")
    with pytest.raises(Refused) as refused:
        await setup.bot.channel.send(GUEST, Text(text="n6"), key="p6")
    assert refused.value.gone
    assert len(_messages(setup)) == 6


async def test_a_guest_sends_sound_and_pictures_as_files(setup: DiscordSetup) -> None:
    await _asks(setup, "quiz", **BROUGHT)
    sound = await setup.sound()
    await setup.bot.channel.send(GUEST, Voice(text="moku", audio=sound), key="v")
    await setup.bot.channel.send(GUEST, Picture(media=sound, text="a cat"), key="p")
    assert setup.fallbacks == ["audio"]
    assert setup.api.uploads == [{"files[0]": b"OggS"}] * 2
    assert _messages(setup) == [("", False), ("a cat", False)]


async def test_where_the_bot_may_not_write_a_command_lends_it_the_way(setup: DiscordSetup) -> None:
    await _asks(setup, "quiz")
    await setup.bot.channel.send(HERE, Text(text="first"), key="p")
    setup.api.channel().refusal = Answer(403, "Missing Permissions", 50013)
    await setup.bot.channel.send(HERE, Text(text="second"), key="q")
    assert _messages(setup) == [("first", False), ("second", False)]
    setup.clock.pass_(15 * 60)
    with pytest.raises(Refused):
        await setup.bot.channel.send(HERE, Text(text="third"), key="r")


@pytest.mark.parametrize("code", [50001, 50013])
async def test_where_the_bot_may_not_write_sound_and_pictures_come_as_files_too(setup: DiscordSetup, code: int) -> None:
    await _asks(setup, "quiz")
    await setup.bot.channel.send(HERE, Text(text="first"), key="p")
    setup.api.channel().refusal = Answer(403, "Missing Access", code)
    sound = await setup.sound()
    quiz = Quiz(id="q1", question="Heard?", form="listening", say="moku", audio=sound)
    await setup.bot.channel.send(HERE, quiz, key="q")
    await setup.bot.channel.send(HERE, Picture(media=sound, text="a cat"), key="r")
    assert _messages(setup) == [("first", False), ("", False), ("Heard?", False), ("a cat", False)]
    assert setup.fallbacks == ["audio"]
    setup.clock.pass_(15 * 60)
    with pytest.raises(Refused):
        await setup.bot.channel.send(HERE, quiz, key="s")


@pytest.mark.parametrize("waits", [True, False])
async def test_who_stops_in_a_channel_stops_what_runs_for_them_alone_too(setup: DiscordSetup, waits: bool) -> None:
    """They are told of it there only where they wait for an answer."""
    assert (await _asks(setup, "stop")).address == HERE
    await _asks(setup, "progress")
    if not waits:
        await setup.bot.channel.send(ONLY, Text(text="All of it"), key="p")
    asked = setup.in_server(type=2, data={"id": "1", "type": 1, "name": "stop"})
    events = await setup.bot.channel.respond(setup.bot.channel.read("INTERACTION_CREATE", asked))
    await setup.bot.channel.wait_for_calls()
    assert [(event.address, event.group, event.body.kind) for event in events] == [
        (HERE, True, "stopped"),
        (ONLY, False, "stopped"),
    ]
    assert len({event.id for event in events}) == 2
    assert [event.body for event in events] == [Stopped(), Stopped(quiet=not waits)]


async def test_a_draft_is_not_left_behind_where_the_bot_may_not_write(setup: DiscordSetup) -> None:
    await _asks(setup, "quiz")
    await setup.bot.channel.send(HERE, Text(text="first"), key="p")
    setup.api.channel().refusal = Answer(403, "Missing Permissions", 50013)
    await setup.bot.channel.live(HERE).draft("Half")
    await setup.bot.channel.send(HERE, Text(text="Half of it"), key="q")
    assert _messages(setup) == [("first", False), ("Half of it", False)]


async def test_in_person_nothing_needs_to_be_hidden(setup: DiscordSetup) -> None:
    event = await _comes(setup, setup.slash_command("progress"))
    assert event.address == HERE
    await setup.bot.channel.send(HERE, Text(text="All of it"), key="p")
    assert _messages(setup) == [("All of it", False)]

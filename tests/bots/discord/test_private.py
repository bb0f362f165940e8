"""Ephemeral answers and chats of a user-installed bot: both are sent with an interaction's token while it is valid."""

from typing import Any

import pytest

from core.address import Address
from core.channel import LiveTarget
from core.errors import Refused
from core.event import Event, Stopped
from core.outbound import OutboundMessage
from core.reply import Choice, Mark, Picture, Quiz, Text, Voice
from tests.bots.discord.conftest import HERE, DiscordSetup
from tests.fakes.discord_rules import Answer

PRIVATE, GUEST = Address("discord", "7", "@7"), Address("discord", "7", "+")
USER_INSTALLED = {"authorizing_integration_owners": {"1": "7"}}
A, B = Choice(label="to eat", value="q1:0"), Choice(label="to go", value="q1:1")


async def _use_command(setup: DiscordSetup, name: str, **more: Any) -> Event:
    interaction = setup.in_server(**{"type": 2, "data": {"id": "1", "type": 1, "name": name}, **more})
    return await _interact(setup, interaction)


async def _interact(setup: DiscordSetup, interaction: dict[str, Any]) -> Event:
    (event,) = await setup.bot.channel.respond(setup.bot.channel.read("INTERACTION_CREATE", interaction))
    await setup.bot.channel.wait_for_calls()
    return event


def _messages(setup: DiscordSetup) -> list[tuple[str, bool]]:
    """Return every message's text, and whether it is ephemeral."""
    return [(message["content"], bool(message["flags"] & 64)) for message in setup.api.channel().messages.values()]


async def test_every_message_of_a_private_answer_is_ephemeral(setup: DiscordSetup) -> None:
    event = await _use_command(setup, "progress")
    assert (event.address, event.group) == (PRIVATE, False)
    await setup.bot.channel.live(LiveTarget(address=PRIVATE)).draft("Half")
    assert _messages(setup) == [("Half", True)]
    await setup.bot.channel.send(OutboundMessage(id="p", address=PRIVATE, reply=Text(text="Half")))
    await setup.bot.channel.send(OutboundMessage(id="q", address=PRIVATE, reply=Text(text="of it")))
    assert _messages(setup) == [("Half", True), ("of it", True)]


async def test_a_private_question_is_answered_and_marked_in_private(setup: DiscordSetup) -> None:
    await _use_command(setup, "progress")
    quiz = Quiz(id="q1", question="moku?", form="choice", choices=(A, B))
    target = await setup.bot.channel.send(OutboundMessage(id="q", address=PRIVATE, reply=quiz))
    message = setup.api.channel().messages[target]
    data = {"component_type": 2, "custom_id": setup.api.channel().buttons[1]["custom_id"]}
    event = await _interact(setup, setup.in_server(type=3, data=data, message=message))
    assert (event.address, event.body.kind) == (PRIVATE, "tapped")
    mark = Mark(quiz="q1", question="moku?", choices=(A, B), chosen="q1:1", right="q1:0", correct=False, text="No.")
    assert await setup.bot.channel.send(OutboundMessage(id="m", address=PRIVATE, reply=mark), target=target) == target
    await setup.bot.channel.send(OutboundMessage(id="n", address=PRIVATE, reply=Text(text="Next")))
    assert _messages(setup) == [("moku?\n\nNo.", True), ("Next", True)]


async def test_an_answer_after_15_minutes_is_refused(setup: DiscordSetup) -> None:
    await _use_command(setup, "progress")
    await setup.bot.channel.send(OutboundMessage(id="p", address=PRIVATE, reply=Text(text="in time")))
    setup.clock.pass_(15 * 60)
    with pytest.raises(Refused, match="15 minutes") as refused:
        await setup.bot.channel.send(OutboundMessage(id="q", address=PRIVATE, reply=Text(text="too late")))
    assert refused.value.gone
    assert _messages(setup) == [("in time", True)]


async def test_an_answer_with_a_token_that_discord_rejects_is_refused(setup: DiscordSetup) -> None:
    interaction = setup.in_server(type=2, data={"id": "1", "type": 1, "name": "progress"})
    await _interact(setup, interaction)
    setup.api.interactions[interaction["token"]].expired = True
    setup.clock.pass_(60)
    with pytest.raises(Refused):
        await setup.bot.channel.send(OutboundMessage(id="q", address=PRIVATE, reply=Text(text="too late")))


async def test_a_guest_bot_answers_with_the_token_only(setup: DiscordSetup) -> None:
    setup.api.channel().refusal = Answer(403, "Missing Access", 50001)
    event = await _use_command(setup, "quiz", **USER_INSTALLED)
    assert (event.address, event.group) == (GUEST, True)
    live = setup.bot.channel.live(LiveTarget(address=GUEST))
    await live.typing()
    await live.draft("o")
    for number in range(3):
        await setup.bot.channel.send(OutboundMessage(id=f"p{number}", address=GUEST, reply=Text(text=f"n{number}")))
    await live.draft("no place of its own")
    assert _messages(setup) == [("n0", False), ("n1", False), ("n2", False)]
    assert not [call for call in setup.api.calls if "/channels/" in call]


async def test_a_guest_bot_can_send_five_followups(setup: DiscordSetup) -> None:
    await _use_command(setup, "quiz", **USER_INSTALLED)
    for number in range(6):
        await setup.bot.channel.send(OutboundMessage(id=f"p{number}", address=GUEST, reply=Text(text=f"n{number}")))
    with pytest.raises(Refused) as refused:
        await setup.bot.channel.send(OutboundMessage(id="p6", address=GUEST, reply=Text(text="n6")))
    assert refused.value.gone
    assert len(_messages(setup)) == 6


async def test_a_guest_bot_sends_audio_and_pictures_as_files(setup: DiscordSetup) -> None:
    await _use_command(setup, "quiz", **USER_INSTALLED)
    sound = await setup.sound()
    await setup.bot.channel.send(OutboundMessage(id="v", address=GUEST, reply=Voice(text="moku", audio=sound)))
    await setup.bot.channel.send(OutboundMessage(id="p", address=GUEST, reply=Picture(media=sound, text="a cat")))
    assert setup.fallbacks == ["audio"]
    assert setup.api.uploads == [{"files[0]": b"OggS"}] * 2
    assert _messages(setup) == [("", False), ("a cat", False)]


async def test_without_channel_access_the_bot_answers_a_command_with_its_token(setup: DiscordSetup) -> None:
    await _use_command(setup, "quiz")
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="first")))
    setup.api.channel().refusal = Answer(403, "Missing Permissions", 50013)
    await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=Text(text="second")))
    assert _messages(setup) == [("first", False), ("second", False)]
    setup.clock.pass_(15 * 60)
    with pytest.raises(Refused):
        await setup.bot.channel.send(OutboundMessage(id="r", address=HERE, reply=Text(text="third")))


@pytest.mark.parametrize("code", [50001, 50013])
async def test_without_channel_access_audio_and_pictures_are_sent_as_files(setup: DiscordSetup, code: int) -> None:
    await _use_command(setup, "quiz")
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="first")))
    setup.api.channel().refusal = Answer(403, "Missing Access", code)
    sound = await setup.sound()
    quiz = Quiz(id="q1", question="Heard?", form="listening", say="moku", audio=sound)
    await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=quiz))
    await setup.bot.channel.send(OutboundMessage(id="r", address=HERE, reply=Picture(media=sound, text="a cat")))
    assert _messages(setup) == [("first", False), ("", False), ("Heard?", False), ("a cat", False)]
    assert setup.fallbacks == ["audio"]
    setup.clock.pass_(15 * 60)
    with pytest.raises(Refused):
        await setup.bot.channel.send(OutboundMessage(id="s", address=HERE, reply=quiz))


@pytest.mark.parametrize("answer_due", [True, False])
async def test_a_stop_in_a_channel_also_stops_the_senders_private_conversation(
    setup: DiscordSetup, answer_due: bool
) -> None:
    """The private one is quiet unless an answer is due there."""
    assert (await _use_command(setup, "stop")).address == HERE
    await _use_command(setup, "progress")
    if not answer_due:
        await setup.bot.channel.send(OutboundMessage(id="p", address=PRIVATE, reply=Text(text="All of it")))
    interaction = setup.in_server(type=2, data={"id": "1", "type": 1, "name": "stop"})
    events = await setup.bot.channel.respond(setup.bot.channel.read("INTERACTION_CREATE", interaction))
    await setup.bot.channel.wait_for_calls()
    assert [(event.address, event.group, event.body.kind) for event in events] == [
        (HERE, True, "stopped"),
        (PRIVATE, False, "stopped"),
    ]
    assert len({event.id for event in events}) == 2
    assert [event.body for event in events] == [Stopped(), Stopped(quiet=not answer_due)]


async def test_without_channel_access_no_draft_is_left_behind(setup: DiscordSetup) -> None:
    await _use_command(setup, "quiz")
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="first")))
    setup.api.channel().refusal = Answer(403, "Missing Permissions", 50013)
    await setup.bot.channel.live(LiveTarget(address=HERE)).draft("Half")
    await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=Text(text="Half of it")))
    assert _messages(setup) == [("first", False), ("Half of it", False)]


async def test_in_direct_messages_private_commands_are_not_ephemeral(setup: DiscordSetup) -> None:
    event = await _interact(setup, setup.slash_command("progress"))
    assert event.address == HERE
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="All of it")))
    assert _messages(setup) == [("All of it", False)]

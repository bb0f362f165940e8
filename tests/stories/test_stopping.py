"""Who says stop, by button, by command or in the platform's own way, ends the answer and its cost on every channel."""

import asyncio

import pytest
from sqlalchemy import text

from core.reply import Text
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.scripted_stream import Gate, Say
from tests.stories.clients.discord import DiscordPhone
from tests.stories.clients.slack import SlackPhone
from tests.stories.clients.telegram import TelegramPhone
from tests.stories.clients.web import WebPhone
from tests.stories.conftest import Meet
from tests.stories.conversation import Talk

TOLD = "Once upon a time there was a small "
_TURNS = text("SELECT input_tokens, output_tokens, cost FROM turns WHERE input_tokens > 0 ORDER BY started_at")
_SAID = text("SELECT text FROM messages WHERE role = 'sona' ORDER BY seq")
CHANNELS = ["web", "telegram", "discord", "slack", "sms"]


class Reached(asyncio.Event):
    """A gate that tells when somebody came to it."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()

    async def wait(self) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride] - it only ever returns true
        self.reached.set()
        return await super().wait()


async def _stops(talk: Talk, way: str) -> None:
    """In words, or in the way that the device has for it."""
    match talk.phone:
        case WebPhone() | SlackPhone() as phone if way == "natively":
            await phone.stops()
        case TelegramPhone() as phone if way == "natively":
            await phone.presses_stop()
        case SlackPhone() as phone if way == "/sona stop":
            await phone.commands("stop")
        case DiscordPhone() as phone if way == "natively":
            await phone.commands("stop")
        case phone:
            await phone.interrupts(way)


async def _asks_for_a_story(talk: Talk, claude: FakeAnthropic) -> None:
    gate = Reached()
    claude.add(Say(TOLD, "house."), Gate(gate), Say("never said " * 500))
    await talk.phone.says("Tell me a long story.")
    async with asyncio.timeout(10):
        await gate.reached.wait()
    if talk.phone.address.channel != "sms":
        await talk.sees_drafted("Once upon")


@pytest.mark.parametrize(
    ("channel", "way"),
    [
        ("web", "natively"),
        ("web", "/stop"),
        ("web", "dừng lại"),
        ("terminal", "natively"),
        ("telegram", "natively"),
        ("telegram", "/stop"),
        ("telegram", "Stop!"),
        ("discord", "natively"),
        ("discord", "stop"),
        ("slack", "natively"),
        ("slack", "!stop"),
        ("slack", "/sona stop"),
        ("slack", "para"),
        ("sms", "/stop"),
    ],
)
async def test_a_stop_hangs_up_on_the_model_and_keeps_and_counts_what_was_said(
    meet: Meet, claude: FakeAnthropic, channel: str, way: str
) -> None:
    talk = await meet(channel)
    talk.forgets()
    await _asks_for_a_story(talk, claude)
    await _stops(talk, way)
    async with asyncio.timeout(5):
        await claude.hung_up.wait()
    await talk.settles()
    await talk.hears(Text, "Once upon a time")
    await talk.hears(Text)
    talk.hears_nothing_more()
    if isinstance(talk.phone, DiscordPhone):
        assert len([words for words in talk.phone.chat.texts if "Once upon" in words]) == 1
    (turn,) = await talk.rows(_TURNS, {})
    assert len(TOLD) // 4 <= turn.output_tokens <= len(TOLD + "house.") // 4
    assert turn.cost > 0
    assert any("Once upon a time" in row.text for row in await talk.rows(_SAID, {}))
    claude.add(Say("Gladly."))
    await talk.says("And now?")
    await talk.hears(Text, "Gladly.")


@pytest.mark.parametrize(("channel", "way"), [("web", "natively"), ("telegram", "/stop"), ("discord", "natively")])
async def test_a_stop_that_breaks_an_answer_off_leaves_the_quiz_open_and_the_next_one_ends_it(
    meet: Meet, claude: FakeAnthropic, channel: str, way: str
) -> None:
    talk = await meet(channel)
    await talk.says("/quiz")
    assert (await talk.state()).quiz is not None
    await _asks_for_a_story(talk, claude)
    await _stops(talk, way)
    await _stops(talk, way)
    await talk.settles()
    assert (await talk.state()).quiz is not None
    await _stops(talk, way)
    await talk.settles()
    assert (await talk.state()).quiz is None


async def test_who_ends_the_messages_by_carrier_word_ends_the_cost_too_and_is_sent_nothing(
    meet: Meet, claude: FakeAnthropic
) -> None:
    talk = await meet("sms")
    before = await talk.phone.shown("")
    await _asks_for_a_story(talk, claude)
    await talk.phone.says("STOP")
    async with asyncio.timeout(5):
        await claude.hung_up.wait()
    await talk.settles()
    assert await talk.phone.shown("") == before
    (turn,) = await talk.rows(_TURNS, {})
    assert 0 < turn.output_tokens <= len(TOLD + "house.") // 4


@pytest.mark.parametrize("channel", CHANNELS)
async def test_words_said_while_the_tutor_thinks_are_answered_next(
    meet: Meet, claude: FakeAnthropic, channel: str
) -> None:
    talk = await meet(channel)
    talk.forgets()
    gate = Reached()
    claude.add(Gate(gate), Say("One."))
    claude.add(Say("Two and three."))
    await talk.phone.says("What is one?")
    async with asyncio.timeout(10):
        await gate.reached.wait()
    await talk.phone.says("What is two?")
    await talk.phone.says("And three?")
    gate.set()
    await talk.settles()
    await talk.hears(Text, "One.")
    await talk.hears(Text, "Two and three.")
    talk.hears_nothing_more()
    told = str(claude.requests[-1]["messages"])
    assert told.index("What is two?") < told.index("And three?")
    assert claude.left == 0


async def test_what_is_typed_ahead_at_a_terminal_is_answered_next(meet: Meet, claude: FakeAnthropic) -> None:
    talk = await meet("terminal")
    gate = Reached()
    claude.add(Gate(gate), Say("One."))
    claude.add(Say("Two."))
    await talk.phone.says("What is one?")
    async with asyncio.timeout(10):
        await gate.reached.wait()
    ahead = asyncio.create_task(talk.phone.says("What is two?"))
    gate.set()
    await ahead
    await talk.settles()
    await talk.hears(Text, "One.")
    await talk.hears(Text, "Two.")
    talk.hears_nothing_more()

"""A learner in Slack, from the signed call to the marked question, through the whole house."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from core.ports.knowledge import Embedder
from core.reply import Mark, Quiz, Text
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.scripted_stream import Gate, Say
from tests.fakes.slack import SECRET, TOKEN, FakeSlack
from tests.stories.clients.slack import SlackPhone, ThreadPhone
from tests.stories.conftest import Meet, Town
from tests.stories.conversation import Talk
from tests.stories.program import StoryHouse, open_house
from tests.stories.test_a_learner_studies import takes_the_quiz


@pytest.fixture
async def api() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        yield fake


@pytest.fixture
async def house(
    api: FakeSlack, tmp_path: Path, embedder: Embedder, database_url: str, redis_url: str
) -> AsyncIterator[StoryHouse]:
    chosen = {"slack_bot_token": TOKEN, "slack_signing_secret": SECRET, "slack_api_url": api.url}
    servers = {"database_url": database_url, "redis_url": redis_url, "public_url": "here"}
    async with open_house(tmp_path, embedder, **chosen, **servers) as opened:
        yield opened


@pytest.mark.parametrize("thread", ["", "1699999999.000001"])
async def test_from_hello_to_the_end_of_a_quiz(api: FakeSlack, house: StoryHouse, thread: str) -> None:
    phone = SlackPhone(api, house.taking.wait, house.clock, f"{house.url}slack", thread=thread)
    talk = Talk(house, phone)
    await talk.says("/start")
    await talk.hears(Text, "Sona", "without a language model")
    await talk.taps("Start a lesson")
    await talk.hears(Text, "Unit 1 of 12")
    await talk.hears(Text, "**moku**: eat, drink; food")
    await talk.taps("Quiz me")
    await talk.hears(Text, "questions: 8")
    await takes_the_quiz(talk, misses=2)
    await talk.hears(Text, "Well done: 7 of 8 right")
    assert "processing" not in phone.channel.sessions.values()
    assert not any(message.get("streaming") for message in phone.channel.messages.values())


async def test_a_thread_is_named_after_what_it_was_begun_with_and_a_changed_question_is_answered_anew(
    api: FakeSlack, house: StoryHouse
) -> None:
    phone = SlackPhone(api, house.taking.wait, house.clock, f"{house.url}slack", thread="1699999999.000001")
    talk = Talk(house, phone)
    await talk.says("who painted the ceiling of the chapel?")
    await talk.hears(Text, "nothing")
    for _ in range(2):
        await phone.changes("who painted the ceiling of the chapel?", "what is moku?")
        await talk.settles()
    await talk.hears(Text, "**moku**")
    assert phone.channel.titles == {"1699999999.000001": "who painted the ceiling of the chapel?"}
    assert len([event for event in house.taking.events if event.address == phone.address]) == 3
    rows = await talk.rows(text("SELECT id FROM events WHERE address = :address"), {"address": str(phone.address)})
    assert len(rows) == 2


async def test_who_writes_to_the_app_is_answered_below_what_they_wrote_and_goes_on_wherever_they_like(
    meet: Meet, town: Town, claude: FakeAnthropic
) -> None:
    talk = await meet("slack")
    phone, api = talk.phone, town.slack
    assert isinstance(phone, SlackPhone)
    assert api is not None
    talk.forgets()
    claude.add(Say("Moku is food."))
    await talk.says("What is moku?")
    await talk.hears(Text, "Moku is food.")
    root = phone.timestamps[-1]
    assert [call["thread_ts"] for call in api.calls_of("chat.startStream")] == [root]
    assert phone.channel.sessions == {root: "active"}
    assert phone.channel.titles == {root: "What is moku?"}
    claude.add(Say("Water is telo."))
    await phone.replies("And water?", root)
    await talk.settles()
    await talk.hears(Text, "Water is telo.")
    claude.add(Say("Ale is all."))
    await talk.says("What is ale?")
    await talk.hears(Text, "Ale is all.")
    assert phone.channel.titles == {root: "What is moku?", phone.timestamps[-1]: "What is ale?"}
    await talk.says("/quiz")
    await talk.hears(Text, "questions: 8")
    await talk.hears(Quiz)
    assert phone.channel.messages[talk.receipt]["thread_ts"] == phone.timestamps[-1]
    await talk.says("I don't know")
    await talk.hears(Mark)
    assert phone.channel.messages[talk.receipt]["thread_ts"] == phone.timestamps[-2]
    assert str(claude.requests[-1]["messages"]).count("What is moku?") == 1


async def test_who_stops_by_command_stops_what_runs_for_them_in_a_channels_thread(
    town: Town, claude: FakeAnthropic
) -> None:
    await town.meets("slack", claude=claude)
    talk = await town.gathers("slack")
    phone = talk.phone
    assert isinstance(phone, ThreadPhone)
    claude.add(Say("Once upon a time there was ", "a small "), Gate(asyncio.Event()), Say("never said"))
    await phone.says(f"{phone.mention} Tell me a long story.")
    await talk.sees_drafted("Once upon")
    await phone.commands("stop")
    async with asyncio.timeout(5):
        await claude.hung_up.wait()
    await talk.settles()
    await talk.hears(Text, "Once upon a time")
    await talk.hears(Text)
    talk.hears_nothing_more()
    assert phone.channel.ephemeral == []


async def test_who_is_known_is_not_greeted_again_when_slack_has_long_told_of_them(town: Town) -> None:
    talk = await town.meets("slack")
    phone = talk.phone
    assert isinstance(phone, SlackPhone)
    await phone.greets()
    await talk.settles()
    await talk.hears(Text, "Sona")
    await talk.house.passes(days=31)
    await talk.house.stores.cleanup(datetime.max.replace(tzinfo=UTC))
    before = list(phone.channel.texts)
    await phone.open_messages()
    await talk.settles()
    assert phone.channel.texts == before

"""A learner in Slack, from the signed call to the marked question, through the whole house."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.ports.knowledge import Embedder
from core.reply import Text
from tests.fakes.slack import SECRET, TOKEN, FakeSlack
from tests.street.house import StoryHouse, open_house
from tests.street.phones.slack import SlackPhone
from tests.street.talk import Talk
from tests.street.test_a_learner_studies import takes_the_quiz


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
    assert "processing" not in phone.channel.session.values()
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

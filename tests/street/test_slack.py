"""A learner in Slack, from the signed call to the marked question, through the whole house."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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

"""Where a platform refuses a keyboard, the number in the list does what the button would have done."""

import pytest

from core.reply import Text
from tests.stories.conftest import Town


@pytest.mark.parametrize("channel", ["telegram", "slack"])
async def test_a_number_takes_what_its_button_would_have_taken(town: Town, channel: str) -> None:
    talk = await town.meets(channel)
    if town.api is not None:
        town.api.refuse("sendMessage", 400, "Bad Request: BUTTON_DATA_INVALID")
    if town.slack is not None:
        town.slack.refuse("chat.postMessage", "invalid_blocks")
    talk.forgets()
    await talk.says("/start")
    await talk.hears(Text, "Sona")
    assert any("1. Start a lesson" in shown for shown in await talk.phone.shown(talk.receipt))
    await talk.says("1")
    await talk.hears(Text, "Unit 1 of 12")

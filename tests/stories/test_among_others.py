"""Sona where several people talk: heard when it is addressed, and private where one asks for oneself."""

from typing import cast

import pytest

from core.reply import Mark, Quiz, Text
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.scripted_stream import Say
from tests.stories.clients import AlonePhone, GroupPhone
from tests.stories.conftest import Town


@pytest.mark.parametrize("channel", ["telegram", "discord", "slack"])
async def test_among_others_it_answers_when_it_is_addressed_and_has_listened(
    town: Town, claude: FakeAnthropic, channel: str
) -> None:
    await town.meets(channel, claude=claude)
    talk = await town.gathers(channel)
    phone = cast(GroupPhone, talk.phone)
    for words in ("I think moku means water.", "No, food!"):
        await phone.murmurs(words)
        await talk.settles()
    talk.hears_nothing_more()
    assert claude.requests == []
    claude.add(Say("It means food."))
    await talk.says(f"{phone.mention} who is right?")
    await talk.hears(Text, "It means food.")
    talk.hears_nothing_more()
    await talk.says(f"{phone.mention} /link")
    await talk.hears(Text, "in a private chat")
    talk.hears_nothing_more()
    told = str(claude.requests[0]["messages"])
    assert all(words in told for words in ("I think moku means water.", "No, food!", "who is right?"))


@pytest.mark.parametrize("channel", ["discord", "slack"])
async def test_what_one_asks_for_oneself_among_others_is_shown_to_nobody_else(town: Town, channel: str) -> None:
    await town.meets(channel)
    talk = await town.asks_alone(channel)
    phone = cast(AlonePhone, talk.phone)
    await phone.commands("progress")
    await talk.settles()
    await talk.hears(Text, "Nothing learned yet")
    await talk.taps("Quiz me")
    await talk.hears(Text, "questions: 8")
    await talk.hears(Quiz)
    quiz = (await talk.state()).quiz
    assert quiz is not None
    assert quiz.current is not None
    await talk.taps_choice(quiz.current.choices[0])
    await talk.hears(Mark)
    assert phone.overheard() == []

"""With a model behind it: streaming, tools, their record and cost, stopping, bursts, failures and groups."""

import asyncio

import pytest
from sqlalchemy import text

from core.reply import Choice, Quiz, Text
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.scripted_stream import Drop, Fail, Gate, Say, Use
from tests.stories.clients.telegram import TelegramPhone
from tests.stories.conftest import Town
from tests.stories.conversation import Talk

EVERYWHERE = pytest.mark.parametrize("channel", ["web", "terminal", "telegram", "discord", "slack"])
_TURNS = text("SELECT model, input_tokens, output_tokens, cost, started_at, ended_at FROM turns ORDER BY started_at")
_CALLS = text("SELECT name, input, output, failed, seconds FROM tool_calls ORDER BY seq")


async def met(town: Town, channel: str, claude: FakeAnthropic, *, chat: int = 7) -> Talk:
    await town.builds(
        telegram=channel == "telegram", on_discord=channel == "discord", on_slack=channel == "slack", claude=claude
    )
    talk = await town.meets(channel, chat=chat)
    talk.forgets()
    return talk


async def cost(talk: Talk) -> float:
    return sum(row.cost for row in await talk.rows(_TURNS, {}))


@EVERYWHERE
async def test_an_answer_is_seen_while_it_is_written(town: Town, claude: FakeAnthropic, channel: str) -> None:
    talk = await met(town, channel, claude)
    gate = asyncio.Event()
    claude.add(Say("The sun ", "rises in the "), Gate(gate), Say("east."))
    await talk.phone.says("Where does the sun rise?")
    await talk.sees_drafted("The sun")
    gate.set()
    await talk.settles()
    await talk.hears(Text, "The sun rises in the east.")
    talk.hears_nothing_more()


@EVERYWHERE
async def test_tools_are_run_and_kept_and_what_it_cost_is_written_down(
    town: Town, claude: FakeAnthropic, channel: str
) -> None:
    talk = await met(town, channel, claude)
    claude.add(Say("Let me look."), Use("look_up_word", {"word": "moku"}), Use("no_such_tool", {}))
    claude.add(Say("It means food."))
    await talk.says("What does moku mean?")
    answer = await talk.hears(Text, "It means food.")
    assert "Let me look." in answer.text
    known, unknown = sorted(await talk.rows(_CALLS, {}), key=lambda row: row.name)
    assert (known.name, known.input, known.failed) == ("look_up_word", '{"word": "moku"}', False)
    assert "eat, drink; food" in known.output
    assert known.seconds > 0
    assert (unknown.name, unknown.failed) == ("no_such_tool", True)
    turn = (await talk.rows(_TURNS, {}))[-1]
    assert turn.model == "claude-sonnet-5-5"
    assert turn.input_tokens > 0
    assert turn.output_tokens > 0
    assert turn.cost > 0
    assert turn.ended_at > turn.started_at


async def test_an_answer_cites_what_was_read(town: Town, claude: FakeAnthropic) -> None:
    talk = await met(town, "web", claude)
    await talk.shares("handbook.md", "text/markdown", b"# Handbook\n\n## Holidays\n\nEveryone has 25 days of leave.")
    talk.forgets()
    claude.add(Use("search_knowledge", {"query": "days of leave"}))
    claude.add(Say("You have 25 days [1]."))
    await talk.says("How many days of leave do I have?")
    answer = await talk.hears(Text, "25 days [1]")
    assert [(source.title, source.section) for source in answer.sources] == [("Handbook", "Holidays")]


async def test_a_quiz_is_begun_by_the_model_and_answered_without_it(town: Town, claude: FakeAnthropic) -> None:
    talk = await met(town, "telegram", claude)
    claude.add(Use("start_quiz", {"unit": "1"}))
    claude.add(Say("Here we go!"))
    await talk.says("please test me on the first unit")
    await talk.hears(Text, "Here we go!")
    await talk.hears(Text, "questions: 8")
    await talk.hears(Quiz)
    asked = len(claude.requests)
    await talk.says("skip")
    assert len(claude.requests) == asked


@EVERYWHERE
async def test_a_model_that_is_away_is_apologised_for_and_studies_go_on(
    town: Town, claude: FakeAnthropic, channel: str
) -> None:
    talk = await met(town, channel, claude)
    for _ in range(10):
        claude.add(Fail(500, "api_error"))
    await talk.says("Tell me about fish.")
    await talk.hears(Text, "cannot think clearly")
    await talk.taps("Quiz me")
    await talk.hears(Text, "questions: 8")
    await talk.hears(Quiz)


async def test_an_answer_that_breaks_off_keeps_its_words_and_its_cost(town: Town, claude: FakeAnthropic) -> None:
    talk = await met(town, "web", claude)
    claude.add(Say("Fish live in "), Drop())
    await talk.says("Where do fish live?")
    await talk.hears(Text, "Fish live in", "broke off")
    assert await cost(talk) > 0


async def test_in_a_group_it_answers_when_it_is_addressed_and_knows_who_speaks(
    town: Town, claude: FakeAnthropic
) -> None:
    talk = await met(town, "telegram", claude, chat=-100200)
    phone = talk.phone
    assert isinstance(phone, TelegramPhone)
    await phone.writes("I think moku means water.", sender=8, name="Ben")
    await phone.writes("No, food!", sender=9, name="Chi")
    claude.add(Say("Chi is right."))
    await talk.says("@SonaBot who is right?")
    await talk.hears(Text, "Chi is right.")
    talk.hears_nothing_more()
    told = str(claude.requests[0]["messages"])
    assert "Ben: I think moku means water." in told
    assert "Chi: No, food!" in told
    assert "Lan: " in told


async def test_what_one_person_sent_privately_is_not_found_in_their_group(town: Town, claude: FakeAnthropic) -> None:
    private = await met(town, "telegram", claude)
    await private.shares("diary.md", "text/markdown", b"# Diary\n\nThe treasure lies under the old oak tree.")
    group = await town.meets("telegram", chat=-100200)
    claude.add(Use("search_knowledge", {"query": "where does the treasure lie"}))
    claude.add(Say("I do not know."))
    await group.says("@SonaBot where does the treasure lie?")
    await group.hears(Text, "I do not know.")
    assert "oak" not in str(claude.requests[-1]["messages"])


async def test_buttons_of_another_message_are_not_taken_for_this_one(town: Town, claude: FakeAnthropic) -> None:
    talk = await met(town, "web", claude)
    await talk.says("/quiz 1")
    await talk.hears(Text)
    await talk.hears(Quiz)
    await talk.taps_choice(Choice(label="old", value="q:gone.1:0"))
    await talk.hears(Text, "behind us")
    await talk.hears(Quiz)

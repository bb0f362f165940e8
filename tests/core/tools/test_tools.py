"""Tools are found by themselves, say what they take, check what they are given, and do what they say."""

import re
from dataclasses import fields
from typing import Annotated, Any

import pytest
from pydantic import Field

from core.errors import ToolFault
from core.phrases import locales, phrase
from core.principal import NOBODY, UNKNOWN_AUDIENCE
from core.reply import Source, Voice
from core.tools.context import ToolContext, ToolOutcome
from core.tools.tool import tool
from tests.fakes.collaborators import Reader, Shelf, StillClock, conversation, hit
from tests.fakes.tools import all_tools

TOOLS = all_tools()
NOW = StillClock().now()


class Desk:
    """The tools over these passages, with what was cited and read."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.cited: list[Source] = []
        self.reader = Reader()
        self.tools = all_tools(shelf, self.reader)
        self.context = ToolContext(
            conversation=conversation(), principal=NOBODY, audience=UNKNOWN_AUDIENCE, now=NOW, cite=self._cite
        )

    def _cite(self, source: Source) -> int:
        self.cited.append(source)
        return len(self.cited)


async def run(name: str, desk: Desk | None = None, **given: Any) -> ToolOutcome:
    here = desk or Desk()
    return await here.tools[name].run(here.context, given)


def test_tools_are_listed_in_the_order_of_names() -> None:
    assert list(TOOLS) == [
        "explain_grammar",
        "look_up_word",
        "read_link",
        "remember",
        "search_knowledge",
        "set_language",
        "show_progress",
        "speak",
        "start_quiz",
        "start_review",
        "what_time",
    ]


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_tells_a_model_what_it_does_and_takes(name: str) -> None:
    spec = TOOLS[name].spec
    assert re.fullmatch(r"[a-z_]{1,64}", spec.name)
    assert len(spec.description) > 20
    assert spec.parameters["type"] == "object"
    assert spec.parameters["additionalProperties"] is False
    assert all("description" in argument for argument in spec.parameters["properties"].values())


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("locale", locales())
def test_a_tool_shows_what_it_is_doing_in_every_language(name: str, locale: str) -> None:
    assert phrase(TOOLS[name].doing, locale).endswith("…")


def test_a_context_stays_small() -> None:
    assert len(fields(ToolContext)) <= 6


async def test_arguments_that_do_not_fit_come_back_as_a_hint() -> None:
    with pytest.raises(ToolFault, match="query: Field required") as caught:
        await run("search_knowledge")
    assert caught.value.again
    with pytest.raises(ToolFault, match="colour: Extra inputs are not permitted"):
        await run("what_time", colour="red")


async def test_typed_arguments_arrive_typed_with_their_defaults() -> None:
    @tool(doing="doing.time")
    async def add(
        context: ToolContext,
        one: Annotated[int, Field(description="A number")],
        title: Annotated[str, Field(description="A title")] = "sum",
    ) -> str:
        """Add one to a number."""
        return f"{title}: {one + 1}"

    assert (await add.run(Desk().context, {"one": "2"})).text == "sum: 3"
    assert set(add.spec.parameters["properties"]) == {"one", "title"}
    assert add.spec.parameters["required"] == ["one"]


async def test_passages_are_numbered_with_title_section_and_link() -> None:
    shelf = Shelf(hit("Moku is food.", title="Course", section="Unit 1", link="https://x.y/1"), hit("Telo is water."))
    desk = Desk(shelf)
    found = await run("search_knowledge", desk, query="moku")
    assert found.text == "[1] Course · Unit 1 · https://x.y/1\nMoku is food.\n\n[2] Notes\nTelo is water."
    assert desk.cited[0] == Source(title="Course", section="Unit 1", link="https://x.y/1", quote="Moku is food.")
    assert shelf.asked == [("moku", "learner-1")]


async def test_nothing_found_is_said_so() -> None:
    assert (await run("search_knowledge", query="moku")).text.startswith("Nothing was found.")
    assert "No dictionary has “zzz”" in (await run("look_up_word", word="zzz")).text
    assert "say nothing about" in (await run("explain_grammar", topic="gerunds")).text


async def test_words_and_grammar_come_from_the_course() -> None:
    assert (await run("look_up_word", word=" moku ")).text == "**moku** food"
    assert (await run("explain_grammar", topic="what is li")).text.startswith("**li**")


async def test_a_quiz_begins_in_the_conversation_and_shows_its_question() -> None:
    outcome = await run("start_quiz")
    assert outcome.conversation is not None
    assert outcome.conversation.quiz is not None
    assert [reply.kind for reply in outcome.replies] == ["quiz"]


async def test_a_title_and_an_aim_are_remembered_and_an_empty_one_changes_nothing() -> None:
    outcome = await run("remember", title="Toki Pona", focus="")
    assert outcome.conversation is not None
    assert (outcome.conversation.title, outcome.conversation.focus) == ("Toki Pona", "")


async def test_the_language_changes_to_one_that_is_spoken_only() -> None:
    outcome = await run("set_language", language="vi-VN")
    assert outcome.conversation is not None
    assert outcome.conversation.learner.locale == "vi"
    with pytest.raises(ToolFault, match="en, es, vi"):
        await run("set_language", language="fr")


async def test_words_are_said_aloud() -> None:
    assert (await run("speak", text="toki!", language="eo")).replies == (Voice(text="toki!", language="eo"),)


async def test_a_link_is_put_down_to_be_read_and_nothing_else_is() -> None:
    desk = Desk()
    await run("read_link", desk, url="https://example.org/a?b=c")
    address = "https://example.org/a?b=c"
    assert desk.reader.read == [(address, address, "", "learner-1", "web:c1")]
    with pytest.raises(ToolFault):
        await run("read_link", url="file:///etc/passwd")


async def test_the_time_is_the_persons() -> None:
    assert (await run("what_time")).text == "Friday 2026-11-20 19:00 (Asia/Ho_Chi_Minh)"


async def test_progress_and_review_come_from_the_lessons() -> None:
    assert (await run("show_progress")).text == "1 of 12 units"
    assert (await run("start_review")).text == "Nothing is due."

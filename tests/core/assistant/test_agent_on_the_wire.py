"""Whole answers with tools, over real sockets, against servers that refuse a conversation out of order."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from random import Random

import pytest

from core.address import Address
from core.assistant.agent import Agent
from core.assistant.tool_runner import ToolDeps
from core.conversation import ClaimedTurn, Message
from core.dialogue.confirmation import Confirmations
from core.dialogue.dispatcher import Dispatcher
from core.event import Event, Said, Sender
from core.phrases import phrase
from core.ports.model import Model
from core.providers.models.anthropic import AnthropicModel
from core.providers.models.openai import OpenAIModel
from core.reply import Text
from tests.fakes import anthropic, openai_chat
from tests.fakes.collaborators import Shelf, Signs, StillClock, conversation, hit
from tests.fakes.dialogue import dispatcher
from tests.fakes.scripted_stream import Drop, Finish, Say, Script, Think, Use
from tests.fakes.tools import all_tools


@dataclass
class Server:
    model: Model
    script: Script


@pytest.fixture(params=["anthropic", "openai"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    if request.param == "anthropic":
        async with anthropic.FakeAnthropic() as fake:
            claude = AnthropicModel(name=anthropic.MODEL, api_key=anthropic.KEY, base_url=fake.url)
            yield Server(claude, fake)
            await claude.close()
    else:
        async with openai_chat.FakeOpenAI() as fake:
            gpt = OpenAIModel(name=openai_chat.MODEL, api_key=openai_chat.KEY, base_url=fake.url)
            yield Server(gpt, fake)
            await gpt.close()


def mind(model: Model) -> Dispatcher:
    clock = StillClock()
    tools = ToolDeps(
        tools=all_tools(Shelf(hit("Moku means food.", title="Course"))),
        clock=clock,
        confirmations=Confirmations(clock=clock, rng=Random(7)),
    )
    return dispatcher(Agent(model=model, tools=tools), clock=clock)


def claimed(*said: str) -> ClaimedTurn:
    at = StillClock().now()
    past = (
        Message(role="sona", text="Hello!", at=at),
        Message(role="person", text="hi", at=at, speaker="Bo"),
        Message(role="person", text=" \n", at=at),
    )
    events = tuple(
        Event(
            id=f"web:{number}",
            address=Address("web", "c1"),
            sender=Sender(id="s", name="Ana"),
            at=at,
            body=Said(text=text),
            group=True,
        )
        for number, text in enumerate(said)
    )
    return ClaimedTurn(conversation=replace(conversation(), history=past), events=events, token="t")


async def test_an_answer_over_several_rounds_and_tools_is_taken_by_the_server(server: Server) -> None:
    server.script.add(
        Think("two things"),
        Say("Let me see."),
        Use("search_knowledge", {"query": "moku"}),
        Use("look_up_word", {}),
        Use("nobody", {"x": 1}),
    )
    server.script.add(Think("again"), Use("look_up_word", {"word": "moku"}))
    server.script.add(Say("It is ", "food [1]."))
    draft = await mind(server.model).think(claimed("what is moku?", "please"), Signs())
    assert [call.failed for call in sorted(draft.calls, key=lambda call: call.name)] == [True, False, True, False]
    (reply,) = draft.replies
    assert isinstance(reply, Text)
    assert reply.text == "Let me see.\n\nIt is food [1]."
    assert [source.title for source in reply.sources] == ["Course"]
    assert draft.usage.model == server.model.name
    assert draft.usage.input > 100
    assert server.script.left == 0


async def test_an_answer_whose_thinking_left_no_room_for_a_word_says_so(server: Server) -> None:
    server.script.add(Think("hm" * 1000), Finish("length"))
    draft = await mind(server.model).think(claimed("what is moku?"), Signs())
    assert draft.messages[-1].text == phrase("failure.unsaid", "en")


async def test_a_conversation_goes_on_after_an_answer_that_broke_off(server: Server) -> None:
    server.script.add(Use("what_time"))
    server.script.add(Say("It is"), Drop())
    server.script.add(Say("Noon."))
    talk = mind(server.model)
    broken = await talk.think(claimed("time?"), Signs())
    assert broken.messages[-1].text == f"It is\n\n{phrase('failure.broken_off', 'en')}"
    assert broken.usage.input > 0
    again = replace(claimed("and now?"), conversation=broken.conversation)
    assert (await talk.think(again, Signs())).messages[-1].text == "Noon."

"""An agent with a scripted model, and everything around it."""

from dataclasses import replace
from random import Random

from core.address import Address
from core.assistant.agent import Agent
from core.assistant.tool_runner import ToolDeps
from core.conversation import Message
from core.dialogue.confirmation import Confirmations
from core.dialogue.draft import TurnDraft
from core.event import Event, Said, Sender
from core.ports.model import ToolResult
from core.reply import Text
from core.tools.tool import Tool, by_name
from tests.fakes.collaborators import Reader, Shelf, Signs, StillClock, conversation, hit
from tests.fakes.dialogue import incoming
from tests.fakes.scripted_model import ScriptedModel
from tests.fakes.tools import all_tools

SHELF = Shelf(
    hit("Moku means food.", title="Course", section="Words", link="https://x.y"), hit("Telo is water.", title="Book")
)


def said(text: str) -> Event:
    at = StillClock().now()
    return Event(id="web:1", address=Address("web", "c1"), sender=Sender(id="s"), at=at, body=Said(text=text))


def thought_of(*lines: str) -> TurnDraft:
    roles = ("person", "sona")
    history = tuple(
        Message(role=roles[place % 2], text=line, at=StillClock().now()) for place, line in enumerate(lines)
    )
    return TurnDraft(conversation=replace(conversation(), history=history))


class Scene:
    """An agent with its model, and everything around it."""

    def __init__(self, *tools: Tool, seconds: float = 5.0, calls: int = 16, rounds: int = 6) -> None:
        self.model = ScriptedModel()
        self.signs = Signs()
        self.reader = Reader()
        clock = StillClock()
        self.deps = ToolDeps(
            tools=by_name(*tools) if tools else all_tools(SHELF, self.reader),
            clock=clock,
            confirmations=Confirmations(clock=clock, rng=Random(7)),
            seconds=seconds,
            calls=calls,
        )
        self.agent = Agent(model=self.model, tools=self.deps, rounds=rounds)

    async def ask(self, text: str, draft: TurnDraft | None = None) -> TurnDraft:
        answered = await self.agent.answer(incoming(said(text)), draft or thought_of(text), self.signs)
        assert answered is not None
        return answered

    def results(self, prompt: int = -1) -> list[ToolResult]:
        return [part for part in self.model.prompts[prompt].utterances[-1].parts if isinstance(part, ToolResult)]


def text_of(draft: TurnDraft) -> Text:
    reply = draft.replies[0]
    assert isinstance(reply, Text)
    return reply

"""Running the tools that a model asks for, and keeping a record of each."""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.assistant.citations import Citations
from core.channel import LiveUpdates
from core.clock import Clock
from core.conversation import Conversation, ToolCall
from core.errors import Failure, ToolFault
from core.phrases import phrase
from core.ports.knowledge import AddSource, Retriever
from core.ports.model import ModelToolCall, ToolResult
from core.reply import Reply
from core.tools.context import StudyLookup, ToolContext, ToolOutcome
from core.tools.tool import Tool

_OUTPUT_CHARACTERS = 12_000
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDeps:
    """What tools work with, and how long (in seconds) and how often in a turn."""

    tools: Mapping[str, Tool]
    retriever: Retriever
    lessons: StudyLookup
    reader: AddSource
    clock: Clock
    seconds: float = 30.0
    calls: int = 16


class ToolRunner:
    """The tools of one turn: what they changed, what they made, what was called."""

    def __init__(self, workshop: ToolDeps, conversation: Conversation, live: LiveUpdates) -> None:
        self.conversation = conversation
        self.replies: tuple[Reply, ...] = ()
        self.calls: list[ToolCall] = []
        self.citations = Citations()
        self._workshop = workshop
        self._live = live
        self._asked = 0
        self._changing = asyncio.Lock()

    async def run(self, calls: Sequence[ModelToolCall]) -> tuple[ToolResult, ...]:
        """Run calls side by side, those that change the conversation one after the other; results in the calls' order.

        Never raises but for cancellation: whatever goes wrong is told to the model.
        """
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._kept(call)) for call in calls]
        await self._live.status("")
        return tuple(task.result() for task in tasks)

    async def _kept(self, call: ModelToolCall) -> ToolResult:
        clock = self._workshop.clock
        began = clock.now()
        output, failed = "It was broken off.", True
        try:
            output, failed = await self._tried(call)
            if len(output) > _OUTPUT_CHARACTERS:
                output = f"{output[:_OUTPUT_CHARACTERS]}\n[cut: {len(output) - _OUTPUT_CHARACTERS} characters more]"
            return ToolResult(id=call.id, output=_delimited(output), failed=failed)
        finally:
            record = ToolCall(
                id=call.id,
                name=call.name,
                input=json.dumps(dict(call.input), ensure_ascii=False),
                output=output,
                failed=failed,
                seconds=(clock.now() - began).total_seconds(),
            )
            self.calls.append(record)

    async def _tried(self, call: ModelToolCall) -> tuple[str, bool]:
        """The output and whether it failed."""
        self._asked += 1
        tool = self._workshop.tools.get(call.name)
        if tool is None:
            return f"There is no tool called {call.name}.", True
        if self._asked > self._workshop.calls:
            return "Too many calls in one turn. Answer with what you have.", True
        try:
            async with asyncio.timeout(self._workshop.seconds):
                return (await self._run(tool, call)).text, False
        except ToolFault as fault:
            hint = "Try once more with other arguments." if fault.again else "Do not try it again in this turn."
            return f"{fault} {hint}", True
        except TimeoutError:
            return "It took too long. Do not try it again in this turn.", True
        except Failure as failure:
            return f"It does not work at the moment ({type(failure).__name__}).", True
        except Exception as error:  # noqa: BLE001 - a broken tool must not take the answer with it
            _logger.error("tool %s broke: %s", call.name, type(error).__name__)
            return "It broke. Do not try it again in this turn.", True

    async def _run(self, tool: Tool, call: ModelToolCall) -> ToolOutcome:
        await self._live.status(phrase(tool.doing, self.conversation.learner.locale))
        if not tool.changes:
            return await tool.run(self._context(), call.input)
        async with self._changing:
            outcome = await tool.run(self._context(), call.input)
            self.conversation = outcome.conversation or self.conversation
            self.replies += outcome.replies
            return outcome

    def _context(self) -> ToolContext:
        workshop = self._workshop
        return ToolContext(
            conversation=self.conversation,
            clock=workshop.clock,
            retriever=workshop.retriever,
            lessons=workshop.lessons,
            read=self._read,
            cite=self.citations.cite,
        )

    async def _read(self, uri: str, title: str, mime: str) -> None:
        here = self.conversation
        await self._workshop.reader(uri, title, mime, owner=here.learner.id, notify=str(here.address))


def _delimited(output: str) -> str:
    """The output between marks that it cannot close itself."""
    harmless = output.replace("</output", "‹/output")
    return f"<output>\n{harmless}\n</output>"

"""Running the tools that a model calls: every guard is enforced here, and every call is recorded."""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.assistant.citations import Citations
from core.channel import LiveUpdates
from core.clock import Clock
from core.conversation import ToolCall
from core.dialogue.confirmation import Confirmation, Confirmations, quoted
from core.dialogue.draft import TurnDraft
from core.errors import Failure, ToolFault
from core.event import Event
from core.phrases import phrase
from core.ports.model import ModelToolCall, ToolResult
from core.reply import Reply
from core.tools.context import ToolContext, ToolOutcome
from core.tools.tool import Tool

CONFIRM = Confirmation(kind="tool", ask="tool.ask", destroys=True)
_OUTPUT_CHARACTERS = 12_000
_SHOWN_CHARACTERS = 200
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDeps:
    """The tools by name, and the limits of a turn: seconds for a call, and calls."""

    tools: Mapping[str, Tool]
    clock: Clock
    confirmations: Confirmations
    seconds: float = 30.0
    calls: int = 16


class ToolRunner:
    """Runs the tools of one turn and collects what they changed, their replies and the record of the calls.

    The event is the one being answered: its sender is asked to confirm what destroys, and the draft's principal needs
    the roles that a tool names.
    """

    def __init__(self, deps: ToolDeps, event: Event, draft: TurnDraft, live: LiveUpdates) -> None:
        self.conversation = draft.conversation
        self.replies: tuple[Reply, ...] = ()
        self.calls: list[ToolCall] = []
        self.citations = Citations()
        self._deps = deps
        self._event = event
        self._draft = draft
        self._live = live
        self._count = 0
        self._changing = asyncio.Lock()

    async def run(self, calls: Sequence[ModelToolCall]) -> tuple[ToolResult, ...]:
        """Run calls concurrently, those that change the conversation one after the other; results in the calls' order.

        Raises nothing but cancellation: whatever goes wrong is told to the model.
        """
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._recorded(call)) for call in calls]
        await self._live.status("")
        return tuple(task.result() for task in tasks)

    async def run_confirmed(self, call: ModelToolCall) -> ToolResult:
        """Run a call that the person has confirmed; every other guard applies as ever."""
        result = await self._recorded(call, confirmed=True)
        await self._live.status("")
        return result

    async def _recorded(self, call: ModelToolCall, *, confirmed: bool = False) -> ToolResult:
        began = self._deps.clock.now()
        output, failed = "It was broken off.", True
        try:
            output, failed = await self._guarded(call, confirmed=confirmed)
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
                seconds=(self._deps.clock.now() - began).total_seconds(),
            )
            self.calls.append(record)

    async def _guarded(self, call: ModelToolCall, *, confirmed: bool) -> tuple[str, bool]:
        """The output for the model, and whether the call failed."""
        self._count += 1
        tool = self._deps.tools.get(call.name)
        if tool is None:
            return f"There is no tool called {call.name}.", True
        if self._count > self._deps.calls:
            return "Too many calls in one turn. Answer with what you have.", True
        if tool.roles and not tool.roles & self._draft.principal.roles:
            return f"The person may not do that: it takes the role {' or '.join(sorted(tool.roles))}.", True
        try:
            if tool.destroys and not confirmed:
                return await self._ask(tool, call), False
            async with asyncio.timeout(self._deps.seconds):
                return (await self._run(tool, call)).text, False
        except ToolFault as fault:
            hint = "Try once more with other arguments." if fault.again else "Do not try it again in this turn."
            return f"{fault} {hint}", True
        except TimeoutError:
            return "It took too long. Do not try it again in this turn.", True
        except Failure as failure:
            return f"It does not work at the moment ({type(failure).__name__}).", True
        except Exception as error:  # noqa: BLE001 - a broken tool must not take the answer with it
            _logger.error("tool %s failed: %s", call.name, type(error).__name__)
            return "It broke. Do not try it again in this turn.", True

    async def _ask(self, tool: Tool, call: ModelToolCall) -> str:
        """Ask the person to confirm exactly this call, which the pending question keeps."""
        tool.check(call.input)
        async with self._changing:
            if self.conversation.pending is not self._draft.conversation.pending:
                raise ToolFault("One confirmation is open already. Wait for the person's answer to it.")
            locale = self.conversation.learner.locale
            about = phrase("tool.about", locale, tool=shown_name(call.name), arguments=_shown(call.input))
            subject = json.dumps({"name": call.name, "input": dict(call.input), "id": call.id}, ensure_ascii=False)
            draft = replace(self._draft, conversation=self.conversation, replies=())
            asked = self._deps.confirmations.ask(CONFIRM, about, self._event, draft, subject=subject)
            self.conversation = asked.conversation
            self.replies += asked.replies
        return "It has not run: the person is asked to confirm it below your words. Do not call it again."

    async def _run(self, tool: Tool, call: ModelToolCall) -> ToolOutcome:
        await self._live.status(phrase(tool.doing, self.conversation.learner.locale))
        if not tool.changes:
            return await tool.run(self._context(call), call.input)
        async with self._changing:
            outcome = await tool.run(self._context(call), call.input)
            self.conversation = outcome.conversation or self.conversation
            self.replies += outcome.replies
            return outcome

    def _context(self, call: ModelToolCall) -> ToolContext:
        return ToolContext(
            conversation=self.conversation,
            principal=self._draft.principal,
            audience=self._draft.audience,
            now=self._deps.clock.now(),
            cite=self.citations.cite,
            key=call.id,
        )


def shown_name(name: str) -> str:
    """A tool's name as people read it."""
    return name.replace("_", " ")


def _shown(given: Mapping[str, object]) -> str:
    """The arguments as a list, each quoted as data on one line."""
    lines = (f"- {shown_name(name)}: {quoted(str(value), _SHOWN_CHARACTERS)}" for name, value in given.items())
    return "".join(f"\n{line}" for line in lines)


def _delimited(output: str) -> str:
    """The output between marks that it cannot close itself."""
    harmless = output.replace("</output", "‹/output")
    return f"<output>\n{harmless}\n</output>"

"""Tool calls that a person was asked to confirm."""

import json
from dataclasses import replace

from core.assistant.tool_runner import CONFIRM, ToolDeps, ToolRunner, shown_name
from core.channel import LiveUpdates
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import Incoming
from core.phrases import phrase
from core.ports.model import ModelToolCall
from core.reply import Text


class ConfirmedCalls:
    """Answers the yes or no to a tool call, and runs exactly the call that was shown."""

    def __init__(self, *, tools: ToolDeps) -> None:
        self._tools = tools

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        event = incoming.event
        answered = self._tools.confirmations.answer(CONFIRM, event, draft)
        if answered is None:
            return None
        answer, closed = answered
        pending = draft.conversation.pending
        if answer != "yes" or pending is None:
            return closed.with_replies(self._text(draft, "tool.late" if answer == "late" else "tool.kept"))
        kept = json.loads(pending.subject)
        call = ModelToolCall(id=kept["id"], name=kept["name"], input=kept["input"])
        runner = ToolRunner(self._tools, event, closed, live)
        result = await runner.run_confirmed(call)
        key = "tool.failed" if result.failed else "tool.done"
        told = self._text(draft, key, tool=shown_name(call.name))
        return replace(
            closed,
            conversation=runner.conversation,
            replies=closed.replies + (runner.replies or (told,)),
            calls=closed.calls + tuple(runner.calls),
        )

    @staticmethod
    def _text(draft: TurnDraft, key: str, **values: object) -> Text:
        return Text(text=phrase(key, draft.conversation.learner.locale, **values))

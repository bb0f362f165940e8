"""The agent loop: the model answers, its tool calls run, until it has an answer."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import cast

from core.assistant.prompt import system, utterances
from core.assistant.tool_runner import ToolDeps, ToolRunner
from core.channel import LiveUpdates
from core.conversation import Message, Usage
from core.dialogue.draft import Interrupted, TurnDraft
from core.dialogue.intent import Incoming
from core.dialogue.suggestions import suggest
from core.dialogue.text import words
from core.errors import Failure, Throttled
from core.event import Event, Said, Spoke, Tapped
from core.phrases import phrase
from core.ports.model import Chunk, Delta, End, Meter, Model, ModelText, ModelToolCall, OpaqueBlock, Prompt, Utterance
from core.reply import Choice, Text

_MAX_TOKENS = 8192
_LAST = "There will be no more tools in this turn: answer now with what you have."
_logger = logging.getLogger(__name__)


class Agent:
    """Answers everything said, with a language model; at most `rounds` model answers a turn."""

    def __init__(self, *, model: Model, tools: ToolDeps, rounds: int = 6) -> None:
        self._model = model
        self._tools = tools
        self._specs = tuple(tool.spec for tool in tools.tools.values())
        self._rounds = rounds

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        """The draft with the answer to the last message of the history.

        If the model fails, the person is told, below what it had said; its cost is recorded. When cancelled, raises
        `Interrupted` with the same.
        """
        event = incoming.event
        if not isinstance(event.body, Said | Spoke | Tapped) or not incoming.text:
            return None
        turn = _Turn(tools=ToolRunner(self._tools, event, draft, live), live=live)
        try:
            note = await self._converse(event, draft, turn)
        except Failure as failure:
            _logger.warning("the model failed: %s", type(failure).__name__)
            return turn.finished(draft, *_apology(failure, turn, draft.conversation.learner.locale))
        except asyncio.CancelledError:
            raise Interrupted(turn.finished(draft, "")) from None
        return turn.finished(draft, phrase(note, draft.conversation.learner.locale) if note else "")

    async def _converse(self, event: Event, draft: TurnDraft, turn: "_Turn") -> str:
        """Loop until there is an answer; return the phrase key of a note below it, or an empty string."""
        told = list(utterances(_history(event, draft)))
        about = system(draft.conversation, self._tools.clock.now(), group=event.group)
        for left in reversed(range(self._rounds)):
            prompt = Prompt(system=about, utterances=tuple(told), tools=self._specs, max_tokens=_MAX_TOKENS)
            end, heard = await self._stream_answer(prompt, turn)
            calls = [part for part in heard if isinstance(part, ModelToolCall)]
            if end.reason == "refusal":
                return "failure.refusal" if not turn.text.strip() else ""
            if not calls or not left:
                return _closing_note(end, bool(calls), turn)
            results = await turn.tools.run(calls)
            last = (ModelText(text=_LAST),) if left == 1 else ()
            told += [Utterance(role="assistant", parts=heard), Utterance(role="user", parts=(*results, *last))]
        return "failure.rounds"

    async def _stream_answer(
        self, prompt: Prompt, turn: "_Turn"
    ) -> tuple[End, tuple[ModelText | ModelToolCall | OpaqueBlock, ...]]:
        """Stream one answer of the model as a draft; return how it ended and its parts in order."""
        parts: list[ModelText | ModelToolCall | OpaqueBlock] = []
        end = End(reason="done", usage=Usage())
        turn.begin()
        stream = cast("AsyncGenerator[Chunk]", self._model.complete(prompt))
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                match chunk:
                    case Delta(text=text):
                        _extend(parts, text)
                        await turn.say(text)
                    case ModelToolCall() | OpaqueBlock():
                        parts.append(chunk)
                    case Meter(usage=usage):
                        turn.meter = usage
                    case End(usage=usage):
                        end, turn.meter = chunk, usage
        return end, tuple(parts)


@dataclass(slots=True)
class _Turn:
    """The text, usage and tool results of a running turn."""

    tools: ToolRunner
    live: LiveUpdates
    text: str = ""
    usage: Usage = field(default_factory=Usage)
    meter: Usage = field(default_factory=Usage)
    _break: bool = False

    def begin(self) -> None:
        """Begin another answer of the model, in a new paragraph; add the usage of the previous one."""
        self.usage, self.meter = self.usage + self.meter, Usage()
        self._break = bool(self.text.strip())

    async def say(self, piece: str) -> None:
        if self._break and piece.strip():
            self.text, self._break = self.text.rstrip() + "\n\n", False
        self.text += piece
        if shown := self.tools.citations.settle(self.text)[0].strip():
            await self.live.draft(shown)

    def finished(self, draft: TurnDraft, note: str, choices: tuple[Choice, ...] = ()) -> TurnDraft:
        """The draft with the answer, the tools' replies and the usage; `note` follows the model's text."""
        text, sources = self.tools.citations.settle(self.text.strip())
        whole = "\n\n".join(part for part in (text.strip(), note) if part)
        answer = Text(text=whole, choices=choices, sources=sources, rateable=bool(text.strip()))
        said = (answer,) if whole else ()
        return replace(
            draft,
            conversation=self.tools.conversation,
            replies=draft.replies + said + self.tools.replies,
            calls=draft.calls + tuple(self.tools.calls),
            usage=draft.usage + self.usage + self.meter,
        )


def _history(event: Event, draft: TurnDraft) -> tuple[Message, ...]:
    history = draft.conversation.history
    if history and history[-1].role == "person":
        return history
    return (*history, Message(role="person", text=words(event), at=event.at))


def _extend(parts: list[ModelText | ModelToolCall | OpaqueBlock], text: str) -> None:
    if parts and isinstance(parts[-1], ModelText):
        parts[-1] = ModelText(text=parts[-1].text + text)
    else:
        parts.append(ModelText(text=text))


def _closing_note(end: End, unanswered: bool, turn: _Turn) -> str:
    if end.reason == "length":
        return "failure.length" if turn.text.strip() else "failure.unsaid"
    if unanswered or not (turn.text.strip() or turn.tools.replies):
        return "failure.rounds"
    return ""


def _apology(failure: Failure, turn: _Turn, locale: str) -> tuple[str, tuple[Choice, ...]]:
    if turn.text.strip():
        return phrase("failure.broken_off", locale), ()
    key = "failure.throttled" if isinstance(failure, Throttled) else "failure.model"
    return phrase(key, locale), suggest(locale, "lesson", "quiz", "review")

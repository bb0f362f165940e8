"""The model with its tools: asked, heard, given what it asks for, until it has an answer."""

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
        """The thought with the answer; the last line of the conversation's history is what is answered.

        A model that fails is told to the person honestly, with what it had said so far and what it has cost.
        Cancelled, it raises `Interrupted` with the same.
        """
        event = incoming.event
        if not isinstance(event.body, Said | Spoke | Tapped) or not incoming.text:
            return None
        turn = _Turn(box=ToolRunner(self._tools, event, draft, live), live=live)
        try:
            note = await self._converse(event, draft, turn)
        except Failure as failure:
            _logger.warning("the model failed: %s", type(failure).__name__)
            return turn.finished(draft, *_apology(failure, turn, draft.conversation.learner.locale))
        except asyncio.CancelledError:
            raise Interrupted(turn.finished(draft, "")) from None
        return turn.finished(draft, phrase(note, draft.conversation.learner.locale) if note else "")

    async def _converse(self, event: Event, draft: TurnDraft, turn: "_Turn") -> str:
        """Go round until there is an answer; the key of what is to be said below it, or empty."""
        told = list(utterances(_history(event, draft)))
        about = system(draft.conversation, self._tools.clock.now(), group=event.group)
        for left in reversed(range(self._rounds)):
            prompt = Prompt(system=about, utterances=tuple(told), tools=self._specs, max_tokens=_MAX_TOKENS)
            end, heard = await self._hear(prompt, turn)
            calls = [part for part in heard if isinstance(part, ModelToolCall)]
            if end.reason == "refusal":
                return "failure.refusal" if not turn.text.strip() else ""
            if not calls or not left:
                return _closing(end, bool(calls), turn)
            results = await turn.box.run(calls)
            last = (ModelText(text=_LAST),) if left == 1 else ()
            told += [Utterance(role="assistant", parts=heard), Utterance(role="user", parts=(*results, *last))]
        return "failure.rounds"

    async def _hear(
        self, prompt: Prompt, turn: "_Turn"
    ) -> tuple[End, tuple[ModelText | ModelToolCall | OpaqueBlock, ...]]:
        """One answer of the model, shown while it comes, with its parts in order."""
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
    """What the turn has come to so far: words, tokens, and what the tools did."""

    box: ToolRunner
    live: LiveUpdates
    text: str = ""
    usage: Usage = field(default_factory=Usage)
    meter: Usage = field(default_factory=Usage)
    _break: bool = False

    def begin(self) -> None:
        """A new answer of the model: what the one before used is settled, and its words stand on their own."""
        self.usage, self.meter = self.usage + self.meter, Usage()
        self._break = bool(self.text.strip())

    async def say(self, piece: str) -> None:
        if self._break and piece.strip():
            self.text, self._break = self.text.rstrip() + "\n\n", False
        self.text += piece
        if shown := self.box.citations.settle(self.text)[0].strip():
            await self.live.draft(shown)

    def finished(self, draft: TurnDraft, note: str, choices: tuple[Choice, ...] = ()) -> TurnDraft:
        """The thought with everything in it; `note` stands below what the model said."""
        text, sources = self.box.citations.settle(self.text.strip())
        whole = "\n\n".join(part for part in (text.strip(), note) if part)
        answer = Text(text=whole, choices=choices, sources=sources, rateable=bool(text.strip()))
        said = (answer,) if whole else ()
        return replace(
            draft,
            conversation=self.box.conversation,
            replies=draft.replies + said + self.box.replies,
            calls=draft.calls + tuple(self.box.calls),
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


def _closing(end: End, unanswered: bool, turn: _Turn) -> str:
    if end.reason == "length":
        return "failure.length" if turn.text.strip() else "failure.unsaid"
    if unanswered or not (turn.text.strip() or turn.box.replies):
        return "failure.rounds"
    return ""


def _apology(failure: Failure, turn: _Turn, locale: str) -> tuple[str, tuple[Choice, ...]]:
    if turn.text.strip():
        return phrase("failure.broken_off", locale), ()
    key = "failure.throttled" if isinstance(failure, Throttled) else "failure.model"
    return phrase(key, locale), suggest(locale, "lesson", "quiz", "review")

"""Anthropic's stream events, read into chunks and a count of tokens."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from core.conversation import Usage
from core.errors import Malformed
from core.ports.model import Chunk, Delta, End, Meter, ModelToolCall, OpaqueBlock
from core.providers.models.prices import cost

if TYPE_CHECKING:
    from anthropic.types import (
        MessageDeltaUsage,
        RawContentBlockDeltaEvent,
        RawContentBlockStartEvent,
        RawMessageStreamEvent,
    )
    from anthropic.types import Usage as StartUsage

Reason = Literal["done", "tools", "length", "refusal"]
_REASONS: dict[str, Reason] = {
    "tool_use": "tools",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}
_CHARACTERS_A_TOKEN = 4


@dataclass(slots=True)
class _ToolUse:
    id: str
    name: str
    json: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class _Thinking:
    text: str = ""
    signature: str = ""


class AnthropicStream:
    """One answer as it comes in."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._open: dict[int, _ToolUse | _Thinking] = {}
        self._spoilt = False
        self._reason: Reason = "done"
        self._characters = 0
        self._counts = {"input_tokens": 0, "output_tokens": 0}
        self.begun = False
        self.ended = False

    def take(self, event: "RawMessageStreamEvent") -> Iterator[Chunk]:
        match event.type:
            case "message_start":
                self.begun = True
                self._count(event.message.usage)
                yield Meter(usage=self._usage())
            case "content_block_start":
                yield from self._started(event)
            case "content_block_delta":
                pieces = tuple(self._delta(event))
                yield Meter(usage=self.estimate())
                yield from pieces
            case "content_block_stop":
                yield from self._stopped(self._open.pop(event.index, None))
            case "message_delta":
                self._count(event.usage)
                self._reason = _REASONS.get(event.delta.stop_reason or "", "done")
            case "message_stop":
                self.ended = True
                yield self._end()

    def estimate(self) -> Usage:
        """What was used so far, should nothing more come: the input as counted, the output guessed from its length."""
        guess = self._characters // _CHARACTERS_A_TOKEN
        self._counts["output_tokens"] = max(self._counts["output_tokens"], guess)
        return self._usage()

    def _started(self, event: "RawContentBlockStartEvent") -> Iterator[Chunk]:
        block = event.content_block
        if block.type == "tool_use":
            self._open[event.index] = _ToolUse(block.id, block.name)
        elif block.type == "thinking":
            self._open[event.index] = _Thinking(block.thinking, block.signature)
        elif block.type == "redacted_thinking":
            yield OpaqueBlock(data={"type": "redacted_thinking", "data": block.data})

    def _delta(self, event: "RawContentBlockDeltaEvent") -> Iterator[Chunk]:
        match event.delta.type, self._open.get(event.index):
            case "text_delta", _:
                text: str = getattr(event.delta, "text", "")
                self._characters += len(text)
                yield Delta(text=text)
            case "input_json_delta", _ToolUse() as use:
                json_text: str = getattr(event.delta, "partial_json", "")
                self._characters += len(json_text)
                use.json.append(json_text)
            case "thinking_delta", _Thinking() as thinking:
                draft: str = getattr(event.delta, "thinking", "")
                self._characters += len(draft)
                thinking.text += draft
            case "signature_delta", _Thinking() as thinking:
                thinking.signature += getattr(event.delta, "signature", "")
            case _:
                pass

    def _stopped(self, block: _ToolUse | _Thinking | None) -> Iterator[Chunk]:
        match block:
            case _Thinking(text=text, signature=signature):
                yield OpaqueBlock(data={"type": "thinking", "thinking": text, "signature": signature})
            case _ToolUse(id=id, name=name, json=pieces):
                given = _object("".join(pieces) or "{}")
                if given is None:
                    self._spoilt = True
                else:
                    yield ModelToolCall(id=id, name=name, input=given)
            case None:
                pass

    def _end(self) -> End:
        """The end; arguments that are no JSON are forgiven only where the length limit cut them."""
        if self._spoilt and self._reason != "length":
            raise Malformed("a tool call's arguments are no JSON object")
        return End(reason=self._reason, usage=self._usage())

    def _count(self, usage: "StartUsage | MessageDeltaUsage") -> None:
        for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"):
            value: object = getattr(usage, name, None)
            if isinstance(value, int):
                self._counts[name] = value

    def _usage(self) -> Usage:
        usage = Usage(
            model=self._model,
            input=self._counts["input_tokens"],
            output=self._counts["output_tokens"],
            cache_read=self._counts.get("cache_read_input_tokens", 0),
            cache_write=self._counts.get("cache_creation_input_tokens", 0),
        )
        return cost(usage)


def _object(text: str) -> dict[str, Any] | None:
    try:
        given: object = json.loads(text)
    except ValueError:
        return None
    return cast("dict[str, Any]", given) if isinstance(given, dict) else None

"""Chat completion chunks, read into our chunks and a count of tokens."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from core.conversation import Usage
from core.errors import Malformed, Unreachable
from core.ports.model import Chunk, Delta, End, Meter, ModelToolCall
from core.providers.models.prices import cost

if TYPE_CHECKING:
    from openai.types import CompletionUsage
    from openai.types.chat import ChatCompletionChunk
    from openai.types.chat.chat_completion_chunk import ChoiceDelta, ChoiceDeltaToolCall

_CHARACTERS_A_TOKEN = 4


@dataclass(slots=True)
class _ToolCall:
    id: str = ""
    name: str = ""
    arguments: str = ""


class OpenAIStream:
    """One answer as it comes in; `asked` is how many characters the question had."""

    def __init__(self, model: str, *, asked: int = 0) -> None:
        self._model = model
        self._asked = asked
        self._calls: dict[int, _ToolCall] = {}
        self._finish: str | None = None
        self._refused = False
        self._characters = 0
        self._usage = Usage(model=model)
        self.begun = False

    def take(self, piece: "ChatCompletionChunk") -> Iterator[Chunk]:
        self.begun = True
        if piece.usage is not None:
            self._count(piece.usage)
        for choice in piece.choices or ():
            self._finish = choice.finish_reason or self._finish
            if choice.delta is not None:  # pyright: ignore[reportUnnecessaryComparison] - servers leave it out
                pieces = tuple(self._delta(choice.delta))
                yield Meter(usage=self.estimate())
                yield from pieces

    def end(self) -> Iterator[Chunk]:
        """The calls and the end. Raises `Unreachable` when the server never said that it was done."""
        if self._finish is None:
            raise Unreachable("the stream ended before the answer did")
        calls = tuple(self._ready())
        yield from calls
        yield End(reason=self._reason(bool(calls)), usage=cost(self._usage))

    def estimate(self) -> Usage:
        """What was used so far, should nothing more come: the counts come last, so both sides are guessed from their lengths."""
        if self._usage.output:
            return cost(self._usage)
        written = max(1, self._characters // _CHARACTERS_A_TOKEN)
        return cost(Usage(model=self._model, input=self._asked // _CHARACTERS_A_TOKEN, output=written))

    def _delta(self, delta: "ChoiceDelta") -> Iterator[Chunk]:
        self._refused = self._refused or bool(delta.refusal)
        text = delta.content or delta.refusal or ""
        if text:
            self._characters += len(text)
            yield Delta(text=text)
        for part in delta.tool_calls or ():
            self._gather(part)

    def _gather(self, part: "ChoiceDeltaToolCall") -> None:
        call = self._calls.setdefault(part.index, _ToolCall())
        call.id = call.id or part.id or ""
        if part.function is not None:
            call.name = call.name or part.function.name or ""
            call.arguments += part.function.arguments or ""
            self._characters += len(part.function.arguments or "")

    def _ready(self) -> Iterator[ModelToolCall]:
        for index, call in sorted(self._calls.items()):
            try:
                given: object = json.loads(call.arguments or "{}")
            except ValueError:
                given = None
            if isinstance(given, dict):
                yield ModelToolCall(id=call.id or f"call_{index}", name=call.name, input=cast("dict[str, Any]", given))
            elif self._finish != "length":
                raise Malformed("a tool call's arguments are no JSON object")

    def _reason(self, calls: bool) -> Literal["done", "tools", "length", "refusal"]:
        if self._finish == "length":
            return "length"
        if calls:
            return "tools"
        return "refusal" if self._refused or self._finish == "content_filter" else "done"

    def _count(self, usage: "CompletionUsage") -> None:
        details = usage.prompt_tokens_details
        cached = (details.cached_tokens or 0) if details is not None else 0
        self._usage = Usage(
            model=self._model,
            input=usage.prompt_tokens - cached,
            output=usage.completion_tokens,
            cache_read=cached,
        )

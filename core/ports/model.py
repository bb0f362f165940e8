"""A language model that streams words and asks for tools."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from core.conversation import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelText:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelToolCall:
    """The model wants a tool run. `input` is the parsed arguments, not yet validated."""

    id: str
    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool gave for `Call.id`."""

    id: str
    output: str
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueBlock:
    """A piece of an answer that only the model which made it can read, such as its signed thinking.

    It goes back unchanged and in its place when the results of the same answer's tools are handed in, and is never kept.
    """

    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    role: Literal["user", "assistant"]
    parts: tuple[ModelText | ModelToolCall | ToolResult | OpaqueBlock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool as the model sees it; `parameters` is a JSON schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """`system` is ordered from what never changes to what changes often, so that its beginning can be cached."""

    system: tuple[str, ...]
    utterances: tuple[Utterance, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The answer is complete. `reason` is `done`, `tools`, `length` or `refusal`."""

    reason: Literal["done", "tools", "length", "refusal"]
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """What the answer has used so far, replacing the meter before it; it stands when no `End` comes."""

    usage: Usage


Chunk = Delta | ModelToolCall | OpaqueBlock | Meter | End


class Model(Protocol):
    @property
    def name(self) -> str: ...

    def complete(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        """Stream one answer, `End` last. Raises `Throttled`, `Unreachable`, `Refused` or `Malformed`; already streamed pieces stay valid.

        Each piece comes after a `Meter` that counts it. Closing the iterator early stops the request and its cost.
        """
        ...

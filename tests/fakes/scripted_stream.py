"""What a fake model does when it is asked, one step after the other."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Say:
    """Words, each piece streamed on its own."""

    pieces: tuple[str, ...]

    def __init__(self, *pieces: str) -> None:
        object.__setattr__(self, "pieces", pieces)


@dataclass(frozen=True)
class Use:
    """A tool call; `raw` replaces the JSON of the arguments."""

    name: str
    input: Mapping[str, Any] = field(default_factory=dict[str, Any])
    raw: str = ""


@dataclass(frozen=True)
class Think:
    """Signed thinking (Anthropic only; others leave it out)."""

    text: str


@dataclass(frozen=True)
class Gate:
    """Go on only when the test opens the gate."""

    open: asyncio.Event


@dataclass(frozen=True)
class Wait:
    seconds: float


@dataclass(frozen=True)
class Fail:
    """Answer with an HTTP error before anything is streamed."""

    status: int
    kind: str
    retry_after: str = ""


@dataclass(frozen=True)
class Hiccup:
    """An error event in the middle of a stream that began with status 200."""

    kind: str


@dataclass(frozen=True)
class Drop:
    """The connection goes away in the middle of the stream."""


@dataclass(frozen=True)
class Finish:
    """End for another reason than the steps imply: `length` or `refusal`, or `silence` for no end at all."""

    reason: str


Step = Say | Use | Think | Gate | Wait | Fail | Hiccup | Drop | Finish
Answer = tuple[Step, ...]


class Script:
    """Answers in the order in which they are asked for; asked once too often is a failing test."""

    def __init__(self) -> None:
        self._answers: list[Answer] = []

    def add(self, *steps: Step) -> None:
        self._answers.append(steps)

    def next(self) -> Answer:
        if not self._answers:
            return (Fail(500, "api_error"),)
        return self._answers.pop(0)

    @property
    def left(self) -> int:
        return len(self._answers)

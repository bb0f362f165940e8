"""A model without a network, for tests of what stands above it."""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from typing import Literal

from core.conversation import Usage
from core.errors import Refused, Throttled, Unreachable
from core.ports.model import Chunk, Delta, End, Meter, ModelToolCall, OpaqueBlock, Prompt
from tests.fakes.scripted_stream import Drop, Fail, Finish, Gate, Hiccup, Say, Script, Think, Use, Wait


class ScriptedModel(Script):
    """Plays a script; every prompt it was given is kept. Each answer uses 100 tokens in and one a piece out, for a cent."""

    name = "scripted"

    def __init__(self) -> None:
        super().__init__()
        self.prompts: list[Prompt] = []
        self.closed_early = 0
        self._numbers = itertools.count(1)

    async def complete(self, prompt: Prompt) -> AsyncGenerator[Chunk]:
        self.prompts.append(prompt)
        written, tools, reason = 0, False, "done"
        try:
            for step in self.next():
                match step:
                    case Fail():
                        raise _failure(step)
                    case Say(pieces=pieces):
                        for piece in pieces:
                            written += 1
                            yield Meter(usage=_usage(written))
                            yield Delta(text=piece)
                    case Use(name=name, input=given):
                        tools, written = True, written + 1
                        yield ModelToolCall(id=f"call-{next(self._numbers)}", name=name, input=given)
                    case Think(text=text):
                        yield OpaqueBlock(data={"text": text})
                    case Gate(open=gate):
                        yield Meter(usage=_usage(written))
                        await gate.wait()
                    case Wait(seconds=seconds):
                        await asyncio.sleep(seconds)
                    case Finish(reason=other):
                        reason = other
                    case Hiccup() | Drop():
                        yield Meter(usage=_usage(written))
                        raise Unreachable("dropped")
        except GeneratorExit:
            self.closed_early += 1
            raise
        if reason == "silence":
            raise Unreachable("the stream ended before the answer did")
        yield End(reason=_reason(reason, tools), usage=_usage(written))


def _reason(wanted: str, tools: bool) -> Literal["done", "tools", "length", "refusal"]:
    if wanted == "length":
        return "length"
    if wanted == "refusal":
        return "refusal"
    return "tools" if tools else "done"


def _usage(written: int) -> Usage:
    return Usage(model="scripted", input=100, output=written, cost=0.01)


def _failure(step: Fail) -> Throttled | Unreachable | Refused:
    if step.status in (429, 529):
        return Throttled(step.kind, retry_after=float(step.retry_after or 10))
    return Unreachable(step.kind) if step.status >= 500 else Refused(step.kind)

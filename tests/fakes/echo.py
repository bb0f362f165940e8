"""A Claude that repeats what it was told last, after a moment."""

import random
from typing import Any

from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.scripted_stream import Answer, Say, Wait


class EchoingAnthropic(FakeAnthropic):
    """Answers with the last words of the person, after up to `slowest` seconds that `chance` decides."""

    def __init__(self, chance: random.Random, *, slowest: float) -> None:
        super().__init__()
        self._chance = chance
        self._slowest = slowest

    def next(self) -> Answer:
        """The answer to the request that came in just now."""
        return (Wait(self._chance.uniform(0, self._slowest)), Say(_words(self.requests[-1]["messages"][-1]["content"])))


def _words(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block["text"] for block in content if block["type"] == "text")

"""What became of every word: answered once, in its order, or not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.program import Kill
from tests.faults.telegram import Accepted

WORD = re.compile(r"\bc\d+e\d+\b")

# The worker reads the platform's answer and commits within this many seconds, also on a busy machine.
_COMMIT = 2.0
# What a killed worker had sent already may be accepted this much later.
_ON_THE_WAY = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """`repeated` are messages sent again because a worker died between the platform's acceptance and our commit."""

    lost: list[str] = field(default_factory=list[str])
    twice: list[str] = field(default_factory=list[str])
    disordered: list[str] = field(default_factory=list[str])
    repeated: list[str] = field(default_factory=list[str])


def reckon(said: Sequence[Sequence[str]], accepted: Sequence[Accepted], kills: Sequence[Kill]) -> Reckoning:
    """`said` holds each conversation's words in order; `accepted` all answers in the order they were taken."""
    found = Reckoning()
    deaths = [kill.at for kill in kills if kill.name in ("worker", "supervisor")]
    for chat in {message.chat for message in accepted}:
        _read(found, [message for message in accepted if message.chat == chat], deaths)
    answered = {word for message in accepted for word in WORD.findall(message.text)}
    found.lost.extend(word for words in said for word in words if word not in answered)
    return found


def _read(found: Reckoning, messages: Sequence[Accepted], deaths: Sequence[float]) -> None:
    """One conversation: a copy has to follow its original at once, everything else has to be new and in order."""
    seen: list[str] = []
    last: Accepted | None = None
    for message in messages:
        words = WORD.findall(message.text)
        if last is not None and message.text == last.text:
            in_window = any(last.at - _ON_THE_WAY <= death <= min(last.at + _COMMIT, message.at) for death in deaths)
            (found.repeated if in_window else found.twice).append(message.text)
        else:
            found.twice.extend(word for word in words if word in seen)
            found.disordered.extend(word for word in words if seen and _place(word) < _place(seen[-1]))
            seen += words
        last = message


def _place(word: str) -> int:
    return int(word.partition("e")[2])

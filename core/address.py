"""Where a conversation lives: a channel, a chat in it and perhaps a thread of that chat."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote

_SAFE = "-_.+@"


@dataclass(frozen=True, slots=True)
class Address:
    """One place where people talk with Sona; `str()` and `parse` are inverse to each other.

    The text form is `channel:chat` or `channel:chat:thread`, each part percent-encoded,
    so that any platform's own ids fit and two different addresses never share a text.
    """

    channel: str
    chat: str
    thread: str = ""

    def __post_init__(self) -> None:
        if not self.channel or not self.chat:
            raise ValueError("an address needs a channel and a chat")

    def __str__(self) -> str:
        parts = [self.channel, self.chat] + ([self.thread] if self.thread else [])
        return ":".join(quote(part, safe=_SAFE) for part in parts)

    @classmethod
    def parse(cls, text: str) -> Self:
        parts = [unquote(part) for part in text.split(":")]
        if not 2 <= len(parts) <= 3:
            raise ValueError(f"not an address: {text!r}")
        return cls(*parts)

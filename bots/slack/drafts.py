"""Which message of a conversation holds an answer that is still being written, and how it is written."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from core.address import Address

_MAX_DRAFTS = 4096
_STREAM = "stream:"
_WORKING = "working"
_THREAD_SEPARATOR = "@"


class SlackDrafts(Protocol):
    """Remembers a word for each conversation; shared where turns and deliveries run in several processes."""

    async def read(self, address: Address) -> str:
        """What is remembered, or nothing."""
        ...

    async def write(self, address: Address, message: str) -> object:
        """Remember it; an empty word forgets."""
        ...


class LocalSlackDrafts:
    """Remembers within one process."""

    def __init__(self) -> None:
        self._messages: OrderedDict[Address, str] = OrderedDict()

    async def read(self, address: Address) -> str:
        return self._messages.get(address, "")

    async def write(self, address: Address, message: str) -> None:
        self._messages.pop(address, None)
        if message:
            self._messages[address] = message
        if len(self._messages) > _MAX_DRAFTS:
            self._messages.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackDraft:
    """`message` is the timestamp of the half-written message, or empty; `streaming` that it is a stream; `working` that anything is shown at all; `thread` where."""

    message: str = ""
    streaming: bool = False
    working: bool = False
    thread: str = ""

    @classmethod
    def parse(cls, stored: str) -> "SlackDraft":
        stored, _, thread = stored.partition(_THREAD_SEPARATOR)
        if stored.startswith(_STREAM):
            return cls(message=stored.removeprefix(_STREAM), streaming=True, working=True, thread=thread)
        return cls(message="" if stored == _WORKING else stored, working=bool(stored), thread=thread)

    def __str__(self) -> str:
        thread = f"{_THREAD_SEPARATOR}{self.thread}" if self.thread else ""
        if not self.message:
            return f"{_WORKING}{thread}" if self.working else ""
        return f"{_STREAM if self.streaming else ''}{self.message}{thread}"

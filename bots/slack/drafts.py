"""Storage of drafts: the message of each conversation that holds an unfinished answer, and how it is written."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from core.address import Address

_MAX_DRAFTS = 4096
_STREAM = "stream:"
_WORKING = "working"
_THREAD_SEPARATOR = "@"


class SlackDrafts(Protocol):
    """Stores one value for each conversation; processes that run turns or deliveries share it."""

    async def read(self, address: Address) -> str:
        """Return the stored value, or an empty string."""
        ...

    async def write(self, address: Address, message: str) -> object:
        """Store a value; an empty one deletes it."""
        ...


class LocalSlackDrafts:
    """Stores drafts in the memory of one process."""

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
    """`message` is the timestamp of the unfinished message, or empty; `streaming` says that it is a stream; `working` that
    a draft or a session is shown; `thread` is the thread that shows it.
    """

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

"""Storage of drafts: the message of each conversation that holds an unfinished answer."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from core.address import Address

_MAX_DRAFTS = 4096
_WRITER_SEPARATOR = "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordDraft:
    """`message` is the id of the message that holds the unfinished answer, or empty; `writer` the one now editing it, or empty."""

    message: str = ""
    writer: str = ""

    @classmethod
    def parse(cls, stored: str) -> Self:
        message, _, writer = stored.partition(_WRITER_SEPARATOR)
        return cls(message=message, writer=writer)

    def __str__(self) -> str:
        return f"{self.message}{_WRITER_SEPARATOR}{self.writer}" if self.writer else self.message


class DiscordDrafts(Protocol):
    """Stores one value for each conversation. Processes that run turns or deliveries share it, so that the final answer
    replaces the draft.
    """

    async def read(self, address: Address) -> str:
        """Return the stored value, or an empty string."""
        ...

    async def write(self, address: Address, message: str) -> str:
        """Store a value and return the previous one; an empty value deletes it."""
        ...

    async def write_all(self, messages: Mapping[Address, str]) -> Sequence[str]:
        """Do the same for several conversations in one step; concurrent calls take effect in the order they were made."""
        ...

    async def change(self, address: Address, before: str, after: str) -> bool:
        """Store `after` atomically if the stored value is `before` (empty: none); return whether it was."""
        ...


class LocalDiscordDrafts:
    """Stores drafts in the memory of one process."""

    def __init__(self) -> None:
        self._messages: OrderedDict[Address, str] = OrderedDict()

    async def read(self, address: Address) -> str:
        return self._messages.get(address, "")

    async def write(self, address: Address, message: str) -> str:
        before = self._messages.pop(address, "")
        if message:
            self._messages[address] = message
        if len(self._messages) > _MAX_DRAFTS:
            self._messages.popitem(last=False)
        return before

    async def write_all(self, messages: Mapping[Address, str]) -> Sequence[str]:
        return [await self.write(address, message) for address, message in messages.items()]

    async def change(self, address: Address, before: str, after: str) -> bool:
        if self._messages.get(address, "") != before:
            return False
        await self.write(address, after)
        return True

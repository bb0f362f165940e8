"""Which message holds an answer that is still being written."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from core.address import Address

_MAX_DRAFTS = 4096
_WRITER_SEPARATOR = "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordDraft:
    """The `message` with a half-written answer, empty before there is one; `by` names who is drawing it just now, or nobody."""

    message: str = ""
    writer: str = ""

    @classmethod
    def parse(cls, stored: str) -> Self:
        message, _, writer = stored.partition(_WRITER_SEPARATOR)
        return cls(message=message, writer=writer)

    def __str__(self) -> str:
        return f"{self.message}{_WRITER_SEPARATOR}{self.writer}" if self.writer else self.message


class DiscordDrafts(Protocol):
    """Remembers one message id for each conversation.

    Where turns and deliveries run in several processes they have to share this, so that the final
    answer takes the half-written one's place.
    """

    async def read(self, address: Address) -> str:
        """The message's id, or nothing."""
        ...

    async def write(self, address: Address, message: str) -> str:
        """Remember the message, and return the one before; an empty id forgets it."""
        ...

    async def write_all(self, messages: Mapping[Address, str]) -> Sequence[str]:
        """The same for several at once; in the order in which this was called, whoever waits."""
        ...

    async def change(self, address: Address, before: str, after: str) -> bool:
        """The same at once where it is still `before` that is remembered (empty: nothing), and whether it was."""
        ...


class LocalDiscordDrafts:
    """Remembers within one process."""

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

"""Which message holds an answer that is still being written, where it could not be shown as a native draft."""

from collections import OrderedDict
from typing import Protocol

from core.address import Address

_MOST = 4096


class TelegramDrafts(Protocol):
    """Remembers one message id for each conversation.

    Where turns and deliveries run in several processes they have to share this, so that the final
    answer takes the half-written one's place.
    """

    async def read(self, address: Address) -> str:
        """The message's id, or nothing."""
        ...

    async def write(self, address: Address, message: str) -> object:
        """Remember the message; an empty id forgets it."""
        ...


class LocalTelegramDrafts:
    """Remembers within one process."""

    def __init__(self) -> None:
        self._messages: OrderedDict[Address, str] = OrderedDict()

    async def read(self, address: Address) -> str:
        return self._messages.get(address, "")

    async def write(self, address: Address, message: str) -> None:
        self._messages.pop(address, None)
        if message:
            self._messages[address] = message
        if len(self._messages) > _MOST:
            self._messages.popitem(last=False)

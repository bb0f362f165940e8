"""Where a conversation lives on Discord: a chat, one person's private view of it, or a chat that the bot is no member of."""

from dataclasses import dataclass
from typing import Self

from core.address import Address

_ONLY, _GUEST = "@", "+"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordLocation:
    """A channel, a thread (which is a channel of its own) or a private chat.

    `only` is the one person who sees what is sent there; in a chat where the bot is a `guest` everybody does, but
    it got there with a person who uses it and not by itself.
    """

    chat: str
    only: str = ""
    guest: bool = False

    @classmethod
    def of(cls, address: Address) -> Self:
        only = address.thread.removeprefix(_ONLY) if address.thread.startswith(_ONLY) else ""
        return cls(chat=address.chat, only=only, guest=address.thread == _GUEST)

    @property
    def address(self) -> Address:
        return Address("discord", self.chat, f"{_ONLY}{self.only}" if self.only else _GUEST if self.guest else "")

    @property
    def lent(self) -> bool:
        """Whether things are sent there by the token of an interaction only."""
        return bool(self.only) or self.guest

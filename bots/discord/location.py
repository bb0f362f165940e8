"""Where a conversation lives on Discord: a chat, one person's private view of it, or a chat that the bot is no member of."""

from dataclasses import dataclass
from typing import Self

from core.address import Address

_PRIVATE, _GUEST = "@", "+"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordLocation:
    """A channel, a thread (which is a channel of its own) or a private chat.

    `only` is the one person who sees what is sent there; in a chat where the bot is a `guest` everybody does, but
    it got there with a person who uses it and not by itself.
    """

    chat: str
    private_to: str = ""
    guest: bool = False

    @classmethod
    def of(cls, address: Address) -> Self:
        private_to = address.thread.removeprefix(_PRIVATE) if address.thread.startswith(_PRIVATE) else ""
        return cls(chat=address.chat, private_to=private_to, guest=address.thread == _GUEST)

    @property
    def address(self) -> Address:
        return Address(
            "discord", self.chat, f"{_PRIVATE}{self.private_to}" if self.private_to else _GUEST if self.guest else ""
        )

    @property
    def needs_token(self) -> bool:
        """Whether things are sent there by the token of an interaction only."""
        return bool(self.private_to) or self.guest

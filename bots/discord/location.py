"""Addresses of Discord conversations: a chat, one person's ephemeral messages in it, or a chat without the bot as a member."""

from dataclasses import dataclass
from typing import Self

from core.address import Address

_PRIVATE, _GUEST = "@", "+"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordLocation:
    """A channel, a thread (to Discord also a channel) or a private chat.

    `private_to` is the id of the only user who sees the messages. In a `guest` chat everybody sees them, but the bot is
    installed by the user and not a member.
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
        """Whether messages can be sent with an interaction's token only."""
        return bool(self.private_to) or self.guest

"""Where a conversation lives on Slack: workspace, channel and thread, or one person's private view of a channel."""

from dataclasses import dataclass
from typing import Self

from core.address import Address

_ONLY = "@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`thread` is the timestamp of the thread's first message; `only` the one person who sees what is sent there."""

    team: str
    channel: str
    thread: str = ""
    only: str = ""

    @classmethod
    def of(cls, address: Address) -> Self:
        team, _, channel = address.chat.partition(".")
        if address.thread.startswith(_ONLY):
            return cls(team=team, channel=channel, only=address.thread.removeprefix(_ONLY))
        return cls(team=team, channel=channel, thread=address.thread)

    @property
    def address(self) -> Address:
        return Address("slack", f"{self.team}.{self.channel}", f"{_ONLY}{self.only}" if self.only else self.thread)

    @property
    def direct(self) -> bool:
        """Whether it is the bot's conversation with one person."""
        return self.channel.startswith("D")

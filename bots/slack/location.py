"""Addresses of Slack conversations: workspace, channel and thread, or one person's ephemeral messages in a channel."""

from dataclasses import dataclass, replace
from typing import Self

from core.address import Address

_PRIVATE = "@"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackLocation:
    """`thread` is the timestamp of the thread's first message; `private_to` the id of the only user who sees the messages.

    A direct conversation of the bot and one person has one address; its threads only determine where messages are shown.
    """

    team: str
    channel: str
    thread: str = ""
    private_to: str = ""

    @classmethod
    def of(cls, address: Address) -> Self:
        team, _, channel = address.chat.partition(".")
        if address.thread.startswith(_PRIVATE):
            return cls(team=team, channel=channel, private_to=address.thread.removeprefix(_PRIVATE))
        return cls(team=team, channel=channel, thread=address.thread)

    def in_thread(self, thread: str) -> Self:
        """Return a direct conversation as shown in this thread; any other location unchanged."""
        return replace(self, thread=thread) if self.direct and not self.thread and not self.private_to else self

    @property
    def address(self) -> Address:
        thread = "" if self.direct else self.thread
        return Address(
            "slack", f"{self.team}.{self.channel}", f"{_PRIVATE}{self.private_to}" if self.private_to else thread
        )

    @property
    def display_thread(self) -> str:
        """The thread that shows a direct conversation; empty for other locations, whose address contains it."""
        return self.thread if self.direct else ""

    @property
    def direct(self) -> bool:
        """Whether it is a direct conversation of two."""
        return self.channel.startswith("D")

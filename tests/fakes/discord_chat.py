"""A channel or thread of the fake Discord and its messages."""

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord_rules import Answer, invalid


@dataclass
class DiscordChat:
    """A channel, or a thread of the channel `parent`. `refusal` answers every call that concerns it."""

    id: str
    parent: str = ""
    name: str = ""
    members: list[str] = field(default_factory=list[str])
    refusal: Answer | None = None
    typing_calls: int = 0
    messages: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def open(self, thread: "DiscordChat", body: dict[str, Any]) -> dict[str, Any]:
        """Open a public thread of this channel."""
        if self.parent:
            raise Answer(400, "Cannot execute action on this channel type", 50024)
        if not 1 <= len(body.get("name", "")) <= 100 or body.get("type") != 11:
            raise invalid("name", "Must be between 1 and 100 in length.")
        thread.parent, thread.name = self.id, body["name"]
        return {"id": thread.id, "type": 11, "parent_id": self.id, "name": thread.name}

    @property
    def texts(self) -> list[str]:
        return [message["content"] for message in self.messages.values()]

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """Return the buttons and menus of the last message."""
        rows = self.messages[list(self.messages)[-1]]["components"] if self.messages else []
        return [button for row in rows for button in row["components"]]

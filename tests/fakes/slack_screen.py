"""The channels of the fake Slack, and the text that people see in them."""

import re
from dataclasses import dataclass, field
from typing import Any


@dataclass
class SlackChat:
    """A channel. `refusal` is the error of every call that concerns it, `member` says whether the app is in it; `statuses`,
    `sessions` and `titles` are by thread.
    """

    id: str
    member: bool = True
    refusal: str = ""
    messages: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    ephemeral: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    statuses: dict[str, str] = field(default_factory=dict[str, str])
    sessions: dict[str, str] = field(default_factory=dict[str, str])
    prompts: list[Any] = field(default_factory=list[Any])
    titles: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def texts(self) -> list[str]:
        """Return the visible texts of all messages in order, without markup."""
        return [visible_text(message) for message in self.messages.values()]

    def buttons(self, ts: str) -> list[dict[str, Any]]:
        return [element for block in self.messages[ts]["blocks"] for element in _elements(block)]


def _elements(block: dict[str, Any]) -> list[dict[str, Any]]:
    return block["elements"] if block["type"] == "actions" else []


def visible_text(message: dict[str, Any]) -> str:
    """Return a message's visible text without markup: its stream, else its blocks, else its text."""
    if message.get("streamed"):
        return message["streamed"]
    lines = [line for block in message.get("blocks") or [] for line in _lines(block)]
    words = "\n".join(lines) if lines else message.get("text", "")
    return without_marks(words)


def without_marks(words: str) -> str:
    """Remove markup; several underscores in a row are a gap to fill in, not markup."""
    words = re.sub(r"<[^<>|]*\|([^<>]*)>", r"\1", words)
    words = re.sub(r"(?<!\w)[*~`]+|[*~`]+(?!\w)|(?<![\w_])_(?=[^\s_])|(?<=[^\s_])_(?![\w_])", "", words)
    return words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _lines(block: dict[str, Any]) -> list[str]:
    match block["type"]:
        case "section" | "header":
            return [block["text"]["text"]]
        case "context":
            return [element["text"] for element in block["elements"]]
        case "table":
            return [" | ".join(cell["text"] for cell in row) for row in block["rows"]]
        case _:
            return []

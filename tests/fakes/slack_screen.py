"""What people see in the channels of the fake."""

import re
from dataclasses import dataclass, field
from typing import Any


@dataclass
class SlackChat:
    """`refusal` is the error that everything there is answered with, `member` whether the app is in it; `status` what is shown under each thread."""

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
        """What people see, from the first message to the last, without marks."""
        return [visible_text(message) for message in self.messages.values()]

    def buttons(self, ts: str) -> list[dict[str, Any]]:
        return [element for block in self.messages[ts]["blocks"] for element in _elements(block)]


def _elements(block: dict[str, Any]) -> list[dict[str, Any]]:
    return block["elements"] if block["type"] == "actions" else []


def visible_text(message: dict[str, Any]) -> str:
    """The words of a message, without marks: what is streamed, else its blocks, else its text."""
    if message.get("streamed"):
        return message["streamed"]
    lines = [line for block in message.get("blocks") or [] for line in _lines(block)]
    words = "\n".join(lines) if lines else message.get("text", "")
    return without_marks(words)


def without_marks(words: str) -> str:
    """Without marks; several underscores in a row are a gap to fill and none."""
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

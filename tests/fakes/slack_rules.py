"""Slack's limits and errors for messages, blocks, streams and scopes."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

TEXT_LIMIT, UPDATE_LIMIT = 40_000, 4_000
STREAM_SECONDS, TRIGGER_SECONDS = 300.0, 3.0
BLOCKS_LIMIT, TABLE_LIMIT = 11_300, 10_000
SCOPES = {
    "chat": "chat:write",
    "agents": "chat:write",
    "assistant": "assistant:write",
    "conversations.open": "im:write",
    "files.info": "files:read",
    "files": "files:write",
    "users": "users:read",
}
BLOCKS = {
    "section",
    "context",
    "actions",
    "table",
    "input",
    "divider",
    "image",
    "header",
    "markdown",
    "context_actions",
}


class Answer(Exception):
    """A response that is not `ok`; `retry_after` is the header of a 429."""

    def __init__(self, error: str, *, status: int = 200, retry_after: float = 0) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.retry_after = retry_after


class MessageRate:
    """About one message a second per channel, with bursts of three."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self._recent: dict[str, list[float]] = {}

    def record(self, channel: str) -> None:
        now = self._time()
        recent = [at for at in self._recent.get(channel, []) if now - at < 3]
        if len(recent) >= 3:
            raise Answer("ratelimited", status=429, retry_after=max(1, round(3 - (now - recent[0]))))
        self._recent[channel] = [*recent, now]


def check_message(call: Mapping[str, Any], limit: int = TEXT_LIMIT) -> None:
    """Raise `Answer` for an invalid message."""
    text, shown = call.get("text", ""), call.get("blocks") or []
    if not text and not shown:
        raise Answer("no_text")
    if len(text) > limit:
        raise Answer("msg_too_long")
    check_blocks(shown)


def check_blocks(found: object, limit: int = 50) -> None:
    if not isinstance(found, list) or len(found) > limit:
        raise Answer("invalid_blocks")
    if sum(block.get("type") == "table" for block in found) > 1:
        raise Answer("only_one_table_allowed")
    names = [block["block_id"] for block in found if "block_id" in block]
    if len(set(names)) != len(names):
        raise Answer("invalid_blocks")
    for block in found:
        _check_block(block)
    if sum(map(_size, found)) > BLOCKS_LIMIT:
        raise Answer("msg_blocks_too_long")


def _size(block: Mapping[str, Any]) -> int:
    """Return the number of characters that a block shows."""
    match block["type"]:
        case "section":
            return len(block["text"]["text"])
        case "context":
            return sum(len(element["text"]) for element in block["elements"])
        case "table":
            return sum(len(cell["text"]) for row in block["rows"] for cell in row)
        case _:
            return 0


def check_scope(method: str, scopes: Collection[str]) -> None:
    """Raise `Answer` if a method needs a scope that the token does not have."""
    needed = SCOPES.get(method) or SCOPES.get(method.partition(".")[0])
    if needed and needed not in scopes:
        raise Answer("missing_scope")


def chunk_text(call: Mapping[str, Any]) -> str:
    """Return the Markdown of a stream's chunks; raises `Answer` for invalid ones."""
    text = ""
    for chunk in call.get("chunks") or []:
        match chunk.get("type"):
            case "markdown_text":
                text += _checked_text(chunk, 12_000, "invalid_chunks")
            case "task_update":
                if not chunk.get("id") or chunk.get("status") not in ("pending", "in_progress", "complete", "error"):
                    raise Answer("invalid_chunks")
            case _:
                raise Answer("invalid_chunks")
    return text


def check_view(shown: Mapping[str, Any]) -> None:
    if shown.get("type") not in ("home", "modal"):
        raise Answer("invalid_arguments")
    if shown["type"] == "modal" and (not shown.get("title") or len(shown["title"]["text"]) > 24):
        raise Answer("invalid_arguments")
    check_blocks(shown.get("blocks"), 100)


def _check_block(block: Mapping[str, Any]) -> None:
    if block.get("type") not in BLOCKS or len(block.get("block_id", "")) > 255:
        raise Answer("invalid_blocks")
    match block["type"]:
        case "section":
            _checked_text(block["text"], 3000)
            if "accessory" in block:
                _check_menu(block["accessory"])
        case "header":
            _checked_text(block["text"], 150)
        case "context":
            _check_count(block["elements"], 10)
            for element in block["elements"]:
                _checked_text(element, 3000)
        case "context_actions":
            _check_count(block["elements"], 5)
            for element in block["elements"]:
                _check_feedback(element)
        case "image":
            _checked_text({"text": block.get("alt_text")}, 2000)
            if len({"image_url", "slack_file"} & block.keys()) != 1:
                raise Answer("invalid_blocks")
        case "actions":
            _check_count(block["elements"], 25)
            names = [_check_button(element) for element in block["elements"]]
            if len(set(names)) != len(names):
                raise Answer("invalid_blocks")
        case "table":
            _check_count(block["rows"], 100)
            _check_count(block.get("column_settings", [{}]), 20)
            for row in block["rows"]:
                _check_count(row, 20)
                for cell in row:
                    _checked_text(cell, 3000)
            if _size(block) > TABLE_LIMIT:
                raise Answer("invalid_blocks")
        case _:
            pass


def _check_menu(element: Mapping[str, Any]) -> None:
    """Check a `static_select`: up to 100 options of 75 characters with values of 150, and an initial one of them."""
    options = element.get("options")
    if element.get("type") != "static_select" or not element.get("action_id"):
        raise Answer("invalid_blocks")
    _check_count(options, 100)
    for option in options or []:
        _checked_text(option["text"], 75)
        if not 0 < len(option["value"]) <= 150:
            raise Answer("invalid_blocks")
    if element.get("initial_option", (options or [None])[0]) not in (options or []):
        raise Answer("invalid_blocks")


def _check_feedback(element: Mapping[str, Any]) -> None:
    """Check `feedback_buttons`: two buttons with plain text and values of at most 2,000 characters."""
    if element.get("type") != "feedback_buttons":
        raise Answer("invalid_blocks")
    for name in ("positive_button", "negative_button"):
        button = element.get(name) or {}
        _checked_text(button.get("text") or {}, 75)
        if button["text"]["type"] != "plain_text" or not 0 < len(button.get("value", "")) <= 2000:
            raise Answer("invalid_blocks")


def _check_button(element: Mapping[str, Any]) -> str:
    _checked_text(element["text"], 75)
    if element["text"]["type"] != "plain_text" or len(element.get("value", "")) > 2000:
        raise Answer("invalid_blocks")
    if "confirm" in element:
        _check_dialog(element["confirm"])
    return str(element["action_id"])


def _check_dialog(shown: Mapping[str, Any]) -> None:
    """Check a confirmation dialog: title 100, text 300, both buttons 30 characters."""
    for name, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        _checked_text(shown.get(name) or {}, limit)
    if shown.get("style") not in (None, "primary", "danger"):
        raise Answer("invalid_blocks")


def _checked_text(shown: Mapping[str, Any], limit: int, error: str = "invalid_blocks") -> str:
    text = shown.get("text")
    if not isinstance(text, str) or not 0 < len(text) <= limit:
        raise Answer(error)
    return text


def _check_count(items: object, limit: int) -> None:
    if not isinstance(items, list) or not 0 < len(items) <= limit:
        raise Answer("invalid_blocks")

"""What Anthropic's Messages API takes, and how it says no. See `tests.fakes.anthropic` for where the rules are from."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_FIELDS = {
    "model", "max_tokens", "messages", "system", "tools", "tool_choice", "stream", "stop_sequences", "metadata",
    "thinking", "output_config", "service_tier", "cache_control", "container", "inference_geo", "speed",
}  # fmt: skip
_BLOCKS = {
    "text": {"type", "text", "cache_control", "citations"},
    "tool_use": {"type", "id", "name", "input", "cache_control"},
    "tool_result": {"type", "tool_use_id", "content", "is_error", "cache_control"},
    "thinking": {"type", "thinking", "signature"},
    "redacted_thinking": {"type", "data"},
}
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_TOOL_FIELDS = {"name", "description", "input_schema", "cache_control", "type", "strict", "eager_input_streaming"}
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")


class Invalid(Exception):
    """A 400 `invalid_request_error` with this message."""


def check(body: Any, signatures: set[str]) -> None:
    """Raise `Invalid` for what the API would not take; `signatures` are those of thinking that was really issued."""
    if not isinstance(body, dict):
        raise Invalid("The request body is not valid JSON: expected an object")
    for name in body:
        if name not in _FIELDS:
            raise Invalid(f"{name}: Extra inputs are not permitted")
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            raise Invalid(f"{name}: Field required")
    if not isinstance(body["max_tokens"], int) or isinstance(body["max_tokens"], bool) or body["max_tokens"] < 1:
        raise Invalid("max_tokens: Input should be greater than or equal to 1")
    if body.get("output_config", {}).get("effort", "low") not in _EFFORTS:
        raise Invalid("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
    _check_system(body.get("system", ""))
    _check_tools(body.get("tools", []))
    _check_messages(body["messages"], signatures)
    found = sum("cache_control" in block for block in marked(body))
    if found > 4:
        raise Invalid(f"A maximum of 4 blocks with cache_control may be provided. Found {found}.")


def marked(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every block of a body that may carry a cache mark, in the order of the cache's prefix."""
    yield from body.get("tools", [])
    if isinstance(body.get("system"), list):
        yield from body["system"]
    for message in body["messages"]:
        if isinstance(message["content"], list):
            yield from message["content"]


def _check_system(system: Any) -> None:
    if isinstance(system, str):
        return
    for index, block in enumerate(system):
        if block.get("type") != "text":
            raise Invalid(f"system.{index}.type: Input should be 'text'")
        if not block.get("text"):
            raise Invalid("system: text content blocks must be non-empty")
        _check_extra(f"system.{index}", block, _BLOCKS["text"])


def _check_tools(tools: list[Any]) -> None:
    names = [tool.get("name", "") for tool in tools]
    if len(set(names)) != len(names):
        raise Invalid("tools: Tool names must be unique.")
    for index, tool in enumerate(tools):
        _check_extra(f"tools.{index}.custom", tool, _TOOL_FIELDS)
        if not _NAME.fullmatch(tool.get("name", "")):
            raise Invalid(f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        if tool.get("input_schema", {}).get("type") != "object":
            raise Invalid(f"tools.{index}.custom.input_schema.type: Input should be 'object'")


def _check_messages(messages: Any, signatures: set[str]) -> None:
    if not messages:
        raise Invalid("messages: at least one message is required")
    for index, message in enumerate(messages):
        _check_extra(f"messages.{index}", message, {"role", "content"})
        if message.get("role") not in ("user", "assistant"):
            raise Invalid(f"messages.{index}.role: Input should be 'user' or 'assistant'")
        _check_content(index, message, signatures)
    if messages[0]["role"] != "user":
        raise Invalid('messages: first message must use the "user" role')
    if messages[-1]["role"] != "user":
        raise Invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    _check_pairs(messages)


def _check_content(index: int, message: Mapping[str, Any], signatures: set[str]) -> None:
    content = message.get("content")
    if not content:
        raise Invalid(f"messages.{index}: all messages must have non-empty content")
    if isinstance(content, str):
        return
    for number, block in enumerate(content):
        where = f"messages.{index}.content.{number}"
        allowed = _BLOCKS.get(block.get("type", ""))
        if allowed is None:
            raise Invalid(
                f"{where}: Input tag '{block.get('type')}' found using 'type' does not match any of the expected tags"
            )
        _check_extra(where, block, allowed)
        match block:
            case {"type": "text", "text": str(text)} if not text.strip():
                raise Invalid("messages: text content blocks must contain non-whitespace text")
            case {"type": "tool_use"} if message["role"] != "assistant":
                raise Invalid(f"{where}: `tool_use` blocks can only be in `assistant` messages")
            case {"type": "tool_result"} if message["role"] != "user":
                raise Invalid(f"{where}: `tool_result` blocks can only be in `user` messages")
            case {"type": "thinking", "signature": signature} if signature not in signatures:
                raise Invalid(f"{where}: Invalid `signature` in `thinking` block")
            case _:
                pass


def _check_pairs(messages: list[Any]) -> None:
    for index, message in enumerate(messages):
        asked = [block["id"] for block in _blocks(message, "tool_use")]
        following = messages[index + 1] if index + 1 < len(messages) else {"content": []}
        answered = {block["tool_use_id"] for block in _blocks(following, "tool_result")}
        if missing := [asking for asking in asked if asking not in answered]:
            raise Invalid(
                f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
            )
        previous = messages[index - 1] if index else {"content": []}
        known = {block["id"] for block in _blocks(previous, "tool_use")}
        for number, block in enumerate(_blocks(message, "tool_result")):
            if block["tool_use_id"] not in known:
                raise Invalid(
                    f"messages.{index}.content.{number}: unexpected `tool_use_id` found in `tool_result` blocks: "
                    f"{block['tool_use_id']}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                )


def _blocks(message: Mapping[str, Any], kind: str) -> list[Any]:
    content = message["content"]
    return [] if isinstance(content, str) else [block for block in content if block.get("type") == kind]


def _check_extra(where: str, given: Mapping[str, Any], allowed: set[str]) -> None:
    for name in given:
        if name not in allowed:
            raise Invalid(f"{where}.{name}: Extra inputs are not permitted")

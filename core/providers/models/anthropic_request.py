"""A prompt in the words of Anthropic's Messages API."""

from typing import Any

from core.ports.model import ModelText, ModelToolCall, OpaqueBlock, Prompt, ToolResult, Utterance

THINKING = 24_576
"""Tokens for thinking, beside those for the answer: one limit holds for both."""
_CACHED = {"cache_control": {"type": "ephemeral"}}


def request(model: str, prompt: Prompt, effort: str) -> dict[str, Any]:
    """The body of `POST /v1/messages` but for `stream`; an empty `effort` leaves the depth of thought to the model and gives it no tokens of its own.

    At most three of the four allowed cache marks are set: behind the tools, behind the system part that never
    changes, and behind the latest tool results, which the next round reads again.
    """
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": prompt.max_tokens,
        "messages": [_message(utterance) for utterance in prompt.utterances],
    }
    if effort:
        body["output_config"] = {"effort": effort}
        body["max_tokens"] += THINKING
    system: list[dict[str, Any]] = [{"type": "text", "text": text} for text in prompt.system if text]
    if system:
        system[0] |= _CACHED
        body["system"] = system
    if prompt.tools:
        tools: list[dict[str, Any]] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
            for tool in prompt.tools
        ]
        tools[-1] |= _CACHED
        body["tools"] = tools
    last = prompt.utterances[-1].parts if prompt.utterances else ()
    if any(isinstance(part, ToolResult) for part in last):
        body["messages"][-1]["content"][-1] |= _CACHED
    return body


def _message(utterance: Utterance) -> dict[str, Any]:
    blocks = [_block(part) for part in utterance.parts if not (isinstance(part, ModelText) and not part.text.strip())]
    return {"role": utterance.role, "content": blocks}


def _block(part: ModelText | ModelToolCall | ToolResult | OpaqueBlock) -> dict[str, Any]:
    match part:
        case ModelText(text=text):
            return {"type": "text", "text": text}
        case ModelToolCall(id=id, name=name, input=given):
            return {"type": "tool_use", "id": id, "name": name, "input": dict(given)}
        case ToolResult(id=id, output=output, failed=failed):
            return {"type": "tool_result", "tool_use_id": id, "content": output, "is_error": failed}
        case OpaqueBlock(data=data):
            return dict(data)

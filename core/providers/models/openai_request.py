"""A prompt in the words of OpenAI's chat completions."""

import json
from collections.abc import Iterator
from typing import Any

from core.ports.model import ModelText, ModelToolCall, Prompt, ToolResult, Utterance


def request(model: str, prompt: Prompt, limit: str) -> dict[str, Any]:
    """The body of `POST /chat/completions` but for `stream`; `limit` is the field for the most tokens.

    OpenAI's own newer models take only `max_completion_tokens`, most other servers `max_tokens`.
    """
    messages: list[dict[str, Any]] = []
    if system := "\n\n".join(text for text in prompt.system if text):
        messages.append({"role": "system", "content": system})
    for utterance in prompt.utterances:
        messages.extend(_messages(utterance))
    body: dict[str, Any] = {
        "model": model,
        "messages": messages,
        limit: prompt.max_tokens,
        "stream_options": {"include_usage": True},
    }
    if prompt.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
            }
            for tool in prompt.tools
        ]
    return body


def _messages(utterance: Utterance) -> Iterator[dict[str, Any]]:
    for part in utterance.parts:
        if isinstance(part, ToolResult):
            output = f"ERROR: {part.output}" if part.failed else part.output
            yield {"role": "tool", "tool_call_id": part.id, "content": output}
    text = "\n\n".join(part.text for part in utterance.parts if isinstance(part, ModelText) and part.text.strip())
    calls = [_call(part) for part in utterance.parts if isinstance(part, ModelToolCall)]
    if calls:
        yield {"role": "assistant", "content": text or None, "tool_calls": calls}
    elif text:
        yield {"role": utterance.role, "content": text}


def _call(call: ModelToolCall) -> dict[str, Any]:
    arguments = json.dumps(dict(call.input), ensure_ascii=False)
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}

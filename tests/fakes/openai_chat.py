"""OpenAI's chat completions on a real socket, as strict as the reference says.

From platform.openai.com (API reference: chat completions, streaming; Error codes) and answers of the service quoted by
its users:

- Errors are `{"error": {"message", "type", "param", "code"}}`: 400 `invalid_request_error`, 401 with the code
  `invalid_api_key`, 404 with the code `model_not_found`, 429 with the code `rate_limit_exceeded`, 5xx `server_error`.
- A stream is `data:` lines of `chat.completion.chunk`s and `data: [DONE]`; `tool_calls` come in pieces that share an
  `index`; with `stream_options.include_usage` one more chunk with no choices carries the usage.
- An assistant message with `tool_calls` must be followed by a `tool` message for each `tool_call_id`.
"""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Mapping
from typing import Any, Self

from aiohttp import web

from tests.fakes.scripted_stream import Answer, Drop, Fail, Finish, Gate, Hiccup, Say, Script, Think, Use, Wait

KEY = "sk-test"
MODEL = "small-model"
_TOKEN = 4
_FIELDS = {
    "model", "messages", "max_tokens", "max_completion_tokens", "stream", "stream_options", "tools", "tool_choice",
    "parallel_tool_calls", "temperature", "top_p", "stop", "user", "seed", "response_format", "reasoning_effort",
}  # fmt: skip
_ROLES = {
    "system": {"role", "content", "name"},
    "developer": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "tool_calls", "refusal"},
    "tool": {"role", "content", "tool_call_id"},
}


class Invalid(Exception):
    """A 400 `invalid_request_error` with this message."""


class FakeOpenAI(Script):
    """`async with FakeOpenAI() as fake:` then `fake.url` (with `/v1`), `fake.add(Say("Hi"))`, `fake.requests`."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[dict[str, Any]] = []
        self.hung_up = asyncio.Event()
        self.url = ""
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._completions)
        app.router.add_route("*", "/{tail:.*}", self._nowhere)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._runner.cleanup()

    async def _nowhere(self, request: web.Request) -> web.Response:
        return _error(404, "invalid_request_error", f"Invalid URL ({request.method} {request.path})")

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return _error(401, "invalid_request_error", "Incorrect API key provided.", "invalid_api_key")
        try:
            body = json.loads(await request.read())
            _check(body)
        except ValueError:
            return _error(400, "invalid_request_error", "We could not parse the JSON body of your request.")
        except Invalid as invalid:
            return _error(400, "invalid_request_error", str(invalid))
        if body["model"] != MODEL:
            return _error(
                404, "invalid_request_error", f"The model `{body['model']}` does not exist", "model_not_found"
            )
        self.requests.append(body)
        answer = self.next()
        first = answer[0] if answer else None
        if isinstance(first, Fail):
            headers = {"retry-after": first.retry_after} if first.retry_after else {}
            return _error(first.status, first.kind, first.kind.replace("_", " "), headers=headers)
        if not body.get("stream"):
            return _error(400, "invalid_request_error", "this fake streams only")
        return await self._stream(request, body, answer)

    async def _stream(self, request: web.Request, body: Mapping[str, Any], answer: Answer) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        try:
            await self._play(request, response, body, answer)
        except (asyncio.CancelledError, ConnectionResetError):
            self.hung_up.set()
            raise
        return response

    async def _play(
        self, request: web.Request, response: web.StreamResponse, body: Mapping[str, Any], answer: Answer
    ) -> None:
        finish, written, calls = "stop", 0, itertools.count()
        await _chunk(response, body, {"role": "assistant", "content": ""})
        for step in answer:
            match step:
                case Say(pieces=pieces):
                    for piece in pieces:
                        written += len(piece)
                        await _chunk(response, body, {"content": piece})
                case Use():
                    finish = "tool_calls"
                    written += await self._use(response, body, step, next(calls))
                case Gate(open=gate):
                    await gate.wait()
                case Wait(seconds=seconds):
                    await asyncio.sleep(seconds)
                case Finish(reason="silence"):
                    return
                case Finish(reason=other):
                    finish = {"refusal": "content_filter"}.get(other, other)
                case Hiccup(kind=kind):
                    error = {"message": kind.replace("_", " "), "type": kind, "param": None, "code": None}
                    await _write(response, {"error": error})
                    return
                case Drop():
                    _cut(request)
                    return
                case Think():
                    pass
                case Fail():
                    raise AssertionError("a failure is the first step or none")
        await _chunk(response, body, {}, finish)
        if body.get("stream_options", {}).get("include_usage"):
            await _write(response, _frame(body, []) | {"usage": _usage(body, written)})
        await response.write(b"data: [DONE]\n\n")

    async def _use(self, response: web.StreamResponse, body: Mapping[str, Any], step: Use, index: int) -> int:
        text = step.raw or json.dumps(step.input, ensure_ascii=False)
        call_id = f"call_{next(self._numbers):06}"
        begin = {"index": index, "id": call_id, "type": "function", "function": {"name": step.name, "arguments": ""}}
        await _chunk(response, body, {"tool_calls": [begin]})
        middle = len(text) // 2
        for part in (text[:middle], text[middle:]):
            await _chunk(response, body, {"tool_calls": [{"index": index, "function": {"arguments": part}}]})
        return len(text)


def _check(body: Any) -> None:
    if not isinstance(body, dict):
        raise Invalid("We could not parse the JSON body of your request.")
    for name in body:
        if name not in _FIELDS:
            raise Invalid(f"Unrecognized request argument supplied: {name}")
    for name in ("model", "messages"):
        if not body.get(name):
            raise Invalid(f"Missing required parameter: '{name}'.")
    if "stream_options" in body and not body.get("stream"):
        raise Invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    for index, message in enumerate(body["messages"]):
        allowed = _ROLES.get(message.get("role", ""))
        if allowed is None:
            raise Invalid(
                f"Invalid value: '{message.get('role')}'. Supported values are: 'system', 'assistant', 'user', 'tool'."
            )
        for name in message:
            if name not in allowed:
                raise Invalid(f"Unrecognized request argument supplied: messages[{index}].{name}")
        if message.get("content") is None and not message.get("tool_calls"):
            raise Invalid(f"Invalid value for 'content': expected a string, got null. (messages[{index}])")
    _check_pairs(body["messages"])
    for tool in body.get("tools", []):
        if tool.get("type") != "function" or tool.get("function", {}).get("parameters", {}).get("type") != "object":
            raise Invalid("Invalid schema for function: schema must be a JSON Schema of 'type: \"object\"'.")


def _check_pairs(messages: list[Any]) -> None:
    open_ids: list[str] = []
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_ids:
                raise Invalid(
                    f"Invalid parameter: messages[{index}] with role 'tool' must be a response to a preceding message with 'tool_calls'."
                )
            open_ids.remove(message["tool_call_id"])
            continue
        if open_ids:
            break
        open_ids = [call["id"] for call in message.get("tool_calls") or ()]
    if open_ids:
        raise Invalid(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
            f"The following tool_call_ids did not have response messages: {', '.join(open_ids)}"
        )


def _usage(body: Mapping[str, Any], written: int) -> dict[str, Any]:
    prompt = len(json.dumps(body["messages"])) // _TOKEN + 64
    completion = max(1, written // _TOKEN)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 64},
    }


def _error(
    status: int, kind: str, message: str, code: str | None = None, headers: Mapping[str, str] | None = None
) -> web.Response:
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return web.json_response(body, status=status, headers=headers)


def _frame(body: Mapping[str, Any], choices: list[Any]) -> dict[str, Any]:
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
    return frame | {"choices": choices}


async def _chunk(
    response: web.StreamResponse, body: Mapping[str, Any], delta: Mapping[str, Any], finish: str | None = None
) -> None:
    await _write(response, _frame(body, [{"index": 0, "delta": delta, "finish_reason": finish}]))


async def _write(response: web.StreamResponse, data: Mapping[str, Any]) -> None:
    await response.write(f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode())


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        with contextlib.suppress(OSError):
            request.transport.abort()

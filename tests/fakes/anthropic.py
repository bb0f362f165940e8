"""Anthropic's Messages API on a real socket, as strict as the documentation says.

From platform.claude.com (API overview, Errors, Streaming, Tool use, Prompt caching) and answers of the service quoted
by its users:

- Errors are `{"type": "error", "error": {"type", "message"}, "request_id"}`: 400 `invalid_request_error`,
  401 `authentication_error`, 404 `not_found_error`, 429 `rate_limit_error` with `retry-after`, 500 `api_error`,
  529 `overloaded_error`.
- A stream is `message_start`; for each block `content_block_start`, `content_block_delta`s, `content_block_stop`;
  `message_delta` with the stop reason and the cumulative usage; `message_stop`. There may be any number of `ping`s,
  and an `error` event can come after the status 200.
- `max_tokens` is required; unknown fields are not permitted; at most four blocks may carry `cache_control`; the cache's
  prefix runs over tools, system, messages in this order.
- Each `tool_use` needs its `tool_result` in the very next message, and the other way round.
- Thinking blocks are passed back unmodified, or the request is refused. Thinking runs by default and counts toward
  `max_tokens`, so that an answer may end there without a word; `output_config.effort` says how deep it goes.
"""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Mapping
from typing import Any, Self

from aiohttp import web

from tests.fakes.anthropic_rules import Invalid, check, marked
from tests.fakes.scripted_stream import Answer, Drop, Fail, Finish, Gate, Hiccup, Say, Script, Step, Think, Use, Wait

KEY = "sk-ant-test"
MODEL = "claude-sonnet-5-5"
_TOKEN = 4


class FakeAnthropic(Script):
    """`async with FakeAnthropic() as fake:` then `fake.url`, `fake.add(Say("Hi"))`, `fake.requests`.

    `asked` is set when a request came, `hung_up` when a client goes away in the middle of an answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[dict[str, Any]] = []
        self.hung_up = asyncio.Event()
        self.asked = asyncio.Event()
        self.url = ""
        self._numbers = itertools.count(1)
        self._cached: set[str] = set()
        self._signatures: set[str] = set()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_post("/v1/messages", self._messages)
        app.router.add_route("*", "/{tail:.*}", self._nowhere)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._runner.cleanup()

    async def _nowhere(self, request: web.Request) -> web.Response:
        return self._error(404, "not_found_error", "Not found")

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        key = request.headers.get("x-api-key") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        if key != KEY:
            return self._error(401, "authentication_error", "invalid x-api-key")
        if "anthropic-version" not in request.headers:
            return self._error(400, "invalid_request_error", "anthropic-version: header is required")
        try:
            body = json.loads(await request.read())
            check(body, self._signatures)
        except ValueError:
            return self._error(400, "invalid_request_error", "The request body is not valid JSON")
        except Invalid as invalid:
            return self._error(400, "invalid_request_error", str(invalid))
        if body["model"] != MODEL:
            return self._error(404, "not_found_error", f"model: {body['model']}")
        self.requests.append(body)
        self.asked.set()
        answer = self.next()
        if isinstance(answer[0] if answer else None, Fail):
            return self._fail(answer[0])
        if not body.get("stream"):
            return self._error(400, "invalid_request_error", "this fake streams only")
        return await self._stream(request, body, answer)

    def _fail(self, step: Step) -> web.Response:
        assert isinstance(step, Fail)
        headers = {"retry-after": step.retry_after} if step.retry_after else {}
        return self._error(step.status, step.kind, step.kind.replace("_", " "), headers)

    def _error(self, status: int, kind: str, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
        request_id = f"req_{next(self._numbers):06}"
        body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}
        return web.json_response(body, status=status, headers={"request-id": request_id, **(headers or {})})

    async def _stream(self, request: web.Request, body: Mapping[str, Any], answer: Answer) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "request-id": "req_stream"})
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
        await _send(response, "message_start", message=self._message(body))
        await _send(response, "ping")
        reason, written = "end_turn", 0
        for index, step in enumerate(answer):
            match step:
                case Say() | Use() | Think():
                    written += await self._block(response, index, step)
                    reason = "tool_use" if isinstance(step, Use) else reason
                case Gate(open=gate):
                    await gate.wait()
                case Wait(seconds=seconds):
                    await asyncio.sleep(seconds)
                case Finish(reason="silence"):
                    return
                case Finish(reason=other):
                    reason = {"length": "max_tokens"}.get(other, other)
                case Hiccup(kind=kind):
                    await _send(response, "error", error={"type": kind, "message": kind.replace("_", " ")})
                    return
                case Drop():
                    _cut(request)
                    return
                case Fail():
                    raise AssertionError("a failure is the first step or none")
        delta = {"stop_reason": reason, "stop_sequence": None}
        await _send(response, "message_delta", delta=delta, usage={"output_tokens": max(1, written // _TOKEN)})
        await _send(response, "message_stop")

    def _message(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": f"msg_{next(self._numbers):06}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": self._usage(body),
        }

    async def _block(self, response: web.StreamResponse, index: int, step: Say | Use | Think) -> int:
        block, deltas = self._content(step)
        await _send(response, "content_block_start", index=index, content_block=block)
        for delta in deltas:
            await _send(response, "content_block_delta", index=index, delta=delta)
        await _send(response, "content_block_stop", index=index)
        return sum(len(str(delta)) - 30 for delta in deltas)

    def _content(self, step: Say | Use | Think) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        match step:
            case Say(pieces=pieces):
                return {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces]
            case Use(name=name, input=given, raw=raw):
                text = raw or json.dumps(given, ensure_ascii=False)
                middle = len(text) // 2
                block = {"type": "tool_use", "id": f"toolu_{next(self._numbers):06}", "name": name, "input": {}}
                parts = ("", text[:middle], text[middle:]) if given or raw else ("",)
                return block, [{"type": "input_json_delta", "partial_json": part} for part in parts]
            case Think(text=text):
                signature = f"signed-{next(self._numbers)}"
                self._signatures.add(signature)
                return {"type": "thinking", "thinking": "", "signature": ""}, [
                    {"type": "thinking_delta", "thinking": text},
                    {"type": "signature_delta", "signature": signature},
                ]

    def _usage(self, body: Mapping[str, Any]) -> dict[str, int]:
        """Four characters a token; the prefix up to a mark is written to the cache once and read from it later."""
        read = written = total = 0
        prefix = ""
        for block in marked(body):
            prefix += json.dumps({name: value for name, value in block.items() if name != "cache_control"})
            if "cache_control" in block:
                tokens = len(prefix) // _TOKEN - total
                total += tokens
                if prefix in self._cached:
                    read += tokens
                else:
                    self._cached.add(prefix)
                    written += tokens
        rest = max(1, len(json.dumps(body["messages"])) // _TOKEN)
        return {
            "input_tokens": rest,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": written,
            "output_tokens": 1,
        }


async def _send(response: web.StreamResponse, kind: str, **fields: Any) -> None:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    await response.write(f"event: {kind}\ndata: {data}\n\n".encode())


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        with contextlib.suppress(OSError):
            request.transport.abort()

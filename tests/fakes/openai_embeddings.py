"""OpenAI's embeddings on a real socket, as strict as the reference says.

From platform.openai.com (API reference: embeddings; Error codes): `input` is a string or 1 to 2,048 strings, none of
them empty; `encoding_format` is `float` or `base64`; `dimensions` only for models that know it. Errors are
`{"error": {"message", "type", "param", "code"}}`, as in `tests.fakes.openai_chat`. Vectors here are made from the letters of
a text, and come back out of order, which their `index` allows.
"""

import json
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

KEY = "sk-test"
MODEL = "small-embeddings"
DIMENSIONS = 26
_FIELDS = {"model", "input", "encoding_format", "dimensions", "user"}
_MOST = 2048


@dataclass(frozen=True)
class Fault:
    """What the next request is answered with instead. `body` replaces the JSON."""

    status: int
    kind: str = "server_error"
    code: str | None = None
    retry_after: str = ""
    body: str = ""


class FakeEmbeddings:
    """`async with FakeEmbeddings() as fake:` then `fake.url` (with `/v1`), `fake.faults`, `fake.requests`."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.faults: list[Fault] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_post("/v1/embeddings", self._embeddings)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._runner.cleanup()

    async def _embeddings(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return _error(401, "invalid_request_error", "Incorrect API key provided.", "invalid_api_key")
        body = json.loads(await request.read())
        wrong = _wrong(body)
        if wrong:
            return _error(400, "invalid_request_error", wrong)
        if body["model"] != MODEL:
            message = f"The model `{body['model']}` does not exist"
            return _error(404, "invalid_request_error", message, "model_not_found")
        self.requests.append(body)
        if self.faults:
            return _fault(self.faults.pop(0))
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        size = body.get("dimensions", DIMENSIONS)
        data = [
            {"object": "embedding", "index": index, "embedding": _letters(text)[:size]}
            for index, text in enumerate(texts)
        ]
        used = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
        return web.json_response({"object": "list", "data": data[::-1], "model": MODEL, "usage": used})


def _letters(text: str) -> list[float]:
    counted = [float(text.lower().count(chr(ord("a") + place))) for place in range(DIMENSIONS)]
    return counted if any(counted) else [1.0, *counted[1:]]


def _wrong(body: Any) -> str:
    unknown = set(body) - _FIELDS
    if unknown:
        return f"Unrecognized request argument supplied: {sorted(unknown)[0]}"
    listed = [body.get("input")] if isinstance(body.get("input"), str) else body.get("input")
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MOST:
        return "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
    if not all(isinstance(text, str) and text for text in listed):
        return "'$.input' is invalid: an empty string."
    if body.get("encoding_format", "float") != "float":
        return "this fake gives floats only"
    if not 1 <= body.get("dimensions", 1) <= DIMENSIONS:
        return "Invalid value for 'dimensions'."
    return "" if body.get("model") else "you must provide a model parameter"


def _fault(fault: Fault) -> web.Response:
    if fault.body:
        return web.Response(status=fault.status, text=fault.body, content_type="application/json")
    headers = {"retry-after": fault.retry_after} if fault.retry_after else {}
    return _error(fault.status, fault.kind, fault.kind.replace("_", " "), fault.code, headers)


def _error(
    status: int, kind: str, message: str, code: str | None = None, headers: dict[str, str] | None = None
) -> web.Response:
    error = {"message": message, "type": kind, "param": None, "code": code}
    return web.json_response({"error": error}, status=status, headers=headers)

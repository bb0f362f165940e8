"""An OpenAI-compatible transcription endpoint that takes 16 kHz WAV only and answers as the real one does."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

Mode = Literal["well", "throttled", "broken", "drops"]
_FIELDS = {"file", "model", "language", "prompt", "response_format", "temperature"}


@dataclass(slots=True)
class FakeTranscription:
    """Writes `text` for everything it is sent; `requests` keeps the fields of each request, without the file."""

    text: str = "hello there"
    key: str = "sk-test"
    model: str = "whisper-1"
    mode: Mode = "well"
    url: str = ""
    requests: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    async def transcribe(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return _error(401, "invalid_api_key")
        if self.mode == "throttled":
            return _error(429, "rate_limit_exceeded", {"retry-after": "7", "x-should-retry": "false"})
        if self.mode == "broken":
            return _error(503, "overloaded", {"x-should-retry": "false"})
        if self.mode == "drops" and request.transport:
            request.transport.close()
        fields: dict[str, str] = {}
        async for part in await request.multipart():
            name = getattr(part, "name", "") or ""
            data = bytes(await part.read())  # type: ignore[union-attr] - a part of this form is never a form itself
            fields[name] = data.decode() if name != "file" else ""
            if name == "file" and (
                data[:4] != b"RIFF" or data[8:12] != b"WAVE" or data[24:28] != (16_000).to_bytes(4, "little")
            ):
                return _error(400, "Invalid file format.")
        self.requests.append(fields)
        if unknown := set(fields) - _FIELDS:
            return _error(400, f"Unrecognized: {unknown}")
        if not {"file", "model"} <= set(fields) or fields["model"] != self.model:
            return _error(404, "model_not_found")
        if "language" in fields and len(fields["language"]) != 2:
            return _error(400, f"Invalid language '{fields['language']}'")
        return web.json_response({"text": self.text, "usage": {"type": "duration", "seconds": 1}})


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": message}}
    return web.json_response(body, status=status, headers=headers)


@asynccontextmanager
async def running(fake: FakeTranscription) -> AsyncGenerator[FakeTranscription]:
    app = web.Application(client_max_size=26 * 1024 * 1024)
    app.router.add_post("/v1/audio/transcriptions", fake.transcribe)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield fake
    finally:
        await runner.cleanup()

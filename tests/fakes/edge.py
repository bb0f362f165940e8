"""Edge's read-aloud service: its WebSocket, its list of voices, and its refusals."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal
from xml.etree import ElementTree

import aiohttp
from aiohttp import web

Mode = Literal["well", "forbidden", "skewed", "silent", "drops", "mute", "stalls"]

VOICES = (
    ("en-US-EmmaMultilingualNeural", "en-US", "Female"),
    ("vi-VN-HoaiMyNeural", "vi-VN", "Female"),
    ("sw-KE-ZuriNeural", "sw-KE", "Female"),
    ("es-ES-ElviraNeural", "es-ES", "Female"),
)
_SPEAK = "{http://www.w3.org/2001/10/synthesis}"
_PERCENT = re.compile(r"[+-]\d+%")
_LONG_NAME = re.compile(r"Microsoft Server Speech Text to Speech Voice \((\w+-\w+), (\w+Neural)\)")


@dataclass(slots=True)
class FakeEdge:
    """`mp3` is what is said to everything; `said` keeps voice, rate, volume and text of every request."""

    mp3: bytes
    mode: Mode = "well"
    token: str = "x"
    url: str = ""
    said: list[tuple[str, str, str, str]] = field(default_factory=list[tuple[str, str, str, str]])
    complaints: list[str] = field(default_factory=list[str])
    connections: int = 0

    async def speak(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        if refusal := self._refusal(request, "TrustedClientToken"):
            return refusal
        if not re.fullmatch(r"[0-9a-f]{32}", request.query.get("ConnectionId", "")):
            return web.Response(status=400, text="ConnectionId")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        try:
            config = _message(await socket.receive_str(), "speech.config")
            _check_config(config[1])
            headers, ssml = _message(await socket.receive_str(), "ssml")
            self.said.append(_check_ssml(ssml))
            await self._answer(socket, headers["X-RequestId"])
        except ValueError as error:
            self.complaints.append(str(error))
            await socket.close(code=aiohttp.WSCloseCode.POLICY_VIOLATION, message=str(error).encode()[:100])
        return socket

    async def list(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request, "trustedclienttoken", "TrustedClientToken"):
            return refusal
        return web.json_response(
            [{"ShortName": name, "Locale": locale, "Gender": gender} for name, locale, gender in VOICES]
        )

    def _refusal(self, request: web.Request, *tokens: str) -> web.Response | None:
        if self.mode == "forbidden" or (self.mode == "skewed" and self.connections == 1):
            return web.Response(status=403)
        if self.token not in [request.query.get(name) for name in tokens]:
            return web.Response(status=401)
        if not re.fullmatch(r"[0-9A-F]{16}-[0-9A-F]{64}|[0-9A-F]{64}", request.query.get("Sec-MS-GEC", "")):
            return web.Response(status=403)
        return (
            None
            if re.fullmatch(r"\d+-[\d.]+", request.query.get("Sec-MS-GEC-Version", ""))
            else web.Response(status=403)
        )

    async def _answer(self, socket: web.WebSocketResponse, request: str) -> None:
        if self.mode == "mute":
            return
        await socket.send_str(_text(request, "turn.start", {"context": {}}))
        await socket.send_str(_text(request, "response", {"context": {}, "audio": {"type": "inline"}}))
        if self.mode == "stalls":
            await asyncio.wait_for(socket.receive(), timeout=10)
            return
        pieces = [] if self.mode == "silent" else [self.mp3[at : at + 720] for at in range(0, len(self.mp3), 720)]
        for number, piece in enumerate(pieces):
            if self.mode == "drops" and number == len(pieces) // 2:
                return
            await socket.send_bytes(_binary(request, "audio/mpeg", piece))
        data = {
            "Offset": 0,
            "Duration": 10_000_000,
            "text": {"Text": "x", "Length": 1, "BoundaryType": "SentenceBoundary"},
        }
        await socket.send_str(
            _text(request, "audio.metadata", {"Metadata": [{"Type": "SentenceBoundary", "Data": data}]})
        )
        await socket.send_bytes(_binary(request, "", b""))
        await socket.send_str(_text(request, "turn.end", {}))


@asynccontextmanager
async def running(edge: FakeEdge) -> AsyncGenerator[FakeEdge]:
    """The fake on a free port of loopback; `edge.url` is what `EDGE_TTS_URL` would be."""
    app = web.Application()
    app.router.add_get("/edge/v1", edge.speak)
    app.router.add_get("/voices/list", edge.list)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port: int = runner.addresses[0][1]
    edge.url = f"ws://127.0.0.1:{port}/edge/v1?TrustedClientToken={edge.token}"
    try:
        yield edge
    finally:
        await runner.cleanup()


def _message(text: str, path: str) -> tuple[dict[str, str], str]:
    head, gap, body = text.partition("\r\n\r\n")
    headers = dict(line.split(":", 1) for line in head.split("\r\n"))
    if not gap or headers.get("Path") != path:
        raise ValueError(f"expected {path}, got {headers.get('Path')}")
    return headers, body


def _check_config(body: str) -> None:
    audio = json.loads(body)["context"]["synthesis"]["audio"]
    if audio["outputFormat"] != "audio-24khz-48kbitrate-mono-mp3":
        raise ValueError("outputFormat")


def _check_ssml(body: str) -> tuple[str, str, str, str]:
    if len(body.encode()) > 5_000:
        raise ValueError("SSML is too long")
    try:
        speak = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise ValueError(f"SSML: {error}") from error
    voice, prosody = speak.find(f"{_SPEAK}voice"), speak.find(f"{_SPEAK}voice/{_SPEAK}prosody")
    if speak.tag != f"{_SPEAK}speak" or voice is None or prosody is None:
        raise ValueError("SSML without speak, voice and prosody")
    name = _LONG_NAME.fullmatch(voice.get("name", ""))
    if name is None or f"{name[1]}-{name[2]}" not in [known for known, _, _ in VOICES]:
        raise ValueError(f"no such voice: {voice.get('name')}")
    rate, volume = prosody.get("rate", ""), prosody.get("volume", "")
    if not _PERCENT.fullmatch(rate) or not _PERCENT.fullmatch(volume):
        raise ValueError(f"rate {rate!r}, volume {volume!r}")
    return f"{name[1]}-{name[2]}", rate, volume, "".join(prosody.itertext())


def _text(request: str, path: str, body: object) -> str:
    return f"X-RequestId:{request}\r\nContent-Type:application/json; charset=utf-8\r\nPath:{path}\r\n\r\n{json.dumps(body)}"


def _binary(request: str, kind: str, data: bytes) -> bytes:
    lines = [f"X-RequestId:{request}", *([f"Content-Type:{kind}"] if kind else []), "Path:audio"]
    head = "\r\n".join(lines).encode() + b"\r\n"
    return len(head).to_bytes(2, "big") + head + data

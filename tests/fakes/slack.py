"""Slack on a real socket: the Web API, signed calls of the Events API and Socket Mode, as strict as its documentation (docs.slack.dev).

Enforced: a wrong token is `invalid_auth`, an unknown method `unknown_method`, both with status 200; a message has at most
40,000 characters (4,000 in an update), 50 blocks with 11,300 characters in all, and one table with 10,000 characters in its
cells; a section has 3,000 characters, a row 25 buttons with labels of 75 and values of 2,000. Streams need a thread, and
outside of direct messages a recipient; they end after five minutes; appending to an ended stream is
`message_not_in_streaming_state`, updating an open one is refused; one that the person stopped accepts no chunks
(`stopped_by_user`) but can be updated like any message. A session needs a thread and a known status, and accepts a title
only when it begins; prompts that name a thread are silently ignored in an app with `agent_view`; a trigger id is valid for
three seconds; the token has the manifest's scopes; a thread's status disappears with the app's next message; 429 carries
`Retry-After`. Calls carry a signature over timestamp and body, and are repeated with `X-Slack-Retry-Num` until the response
is 2xx. In Socket Mode an envelope goes to one of the connections, and is repeated until it is acknowledged.
"""

import asyncio
import hmac
import json
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web

import bots.slack
from tests.fakes.slack_methods import Call, SlackMethods
from tests.fakes.slack_oauth import TOKEN as TOKEN
from tests.fakes.slack_rules import Answer, MessageRate, check_scope

APP_TOKEN, SECRET = "xapp-1-TEST", "s1gning"
_MANIFEST = Path(bots.slack.__file__).parent / "manifest.json"


def signed_headers(body: bytes, now: float, secret: str = SECRET) -> dict[str, str]:
    """Return the headers of a call made at `now`; implemented independently of the code under test."""
    stamp = str(int(now))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}


def event(content: dict[str, Any], number: str = "Ev1") -> dict[str, Any]:
    """Return an Events API payload that contains an event."""
    return {
        "type": "event_callback",
        "token": "gone",
        "team_id": "T1",
        "api_app_id": "A1",
        "event_id": number,
        "event_time": 1700000000,
        "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}],
        "event": content,
    }


class FakeSlack(SlackMethods):
    """`async with FakeSlack() as slack`; `slack.url` is the value for `SLACK_API_URL`.

    The next call of `users.info` waits for `block_lookup`, if that is set.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, Call]] = []
        self.acknowledged: list[str] = []
        self.connections = 0
        self.block_lookup: asyncio.Event | None = None
        self.blocked_lookups = 0
        self.scopes: set[str] = set(json.loads(_MANIFEST.read_text())["oauth_config"]["scopes"]["bot"])
        self._refusals: list[tuple[str, Answer]] = []
        self._unacknowledged: dict[str, dict[str, Any]] = {}
        self._sockets: list[web.WebSocketResponse] = []
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=60 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._handle)
        app.router.add_post("/upload/{number}", self._upload)
        app.router.add_get("/files/{number}", self._download)
        app.router.add_get("/link", self._socket)
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for socket in self._sockets:
            await socket.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def limit(self, time: Callable[[], float]) -> None:
        """Enforce Slack's real rate limit and length of streams from now on; `time` in seconds."""
        self.pace, self.time = MessageRate(time), time

    def refuse(self, method: str, error: str, *, status: int = 200, retry_after: float = 0) -> None:
        """Answer the next call of a method with this error."""
        self._refusals.append((method, Answer(error, status=status, retry_after=retry_after)))

    def calls_of(self, method: str) -> list[Call]:
        return [call for name, call in self.calls if name == method]

    async def push(self, kind: str, payload: dict[str, Any], number: str = "E1") -> None:
        """Send an envelope to one connection, or to the next if there is none."""
        self._unacknowledged[number] = {"type": kind, "envelope_id": number, "payload": payload}
        for socket in self._sockets[-1:]:
            await socket.send_json(self._unacknowledged[number])

    async def request_reconnect(self) -> None:
        """Ask the connected apps to reconnect, as Slack does regularly."""
        for socket in self._sockets:
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})

    async def wait_until(self, true: Callable[[], bool]) -> None:
        """Wait until a call or an acknowledgement makes the condition true."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(true)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _handle(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        try:
            call = await _arguments(request)
            self._authenticate(name, request, call)
            check_scope(name, self.scopes)
            self.calls.append((name, call))
            self._raise_refusal(name)
            if name == "users.info" and self.block_lookup is not None:
                await self._block(self.block_lookup)
            if name == "apps.connections.open":
                result: dict[str, Any] = {"url": f"{self.url.replace('http', 'ws', 1)}/link"}
            else:
                result = self.method(name)(call)
        except Answer as refusal:
            headers = {"Retry-After": f"{refusal.retry_after:g}"} if refusal.retry_after else {}
            body = {"ok": False, "error": refusal.error}
            return web.json_response(body, status=refusal.status, headers=headers)
        await self._notify()
        return web.json_response({"ok": True, **result})

    async def _block(self, released: asyncio.Event) -> None:
        """Block the current lookup until `released` is set."""
        self.block_lookup, self.blocked_lookups = None, self.blocked_lookups + 1
        await self._notify()
        await released.wait()

    def _authenticate(self, name: str, request: web.Request, call: Call) -> None:
        """Check the credentials: the app's id and secret, its app token, or a workspace's bot token."""
        header = request.headers.get("Authorization", "")
        if name == "oauth.v2.access":
            if header.startswith("Basic "):
                call["client_id"], _, call["client_secret"] = b64decode(header[6:]).decode().partition(":")
        elif name == "apps.connections.open":
            if header != f"Bearer {APP_TOKEN}":
                raise Answer("invalid_auth")
        else:
            call["team_of_token"] = self.workspaces.team_of(header.removeprefix("Bearer "))
            if name == "auth.revoke":
                self.workspaces.refusals[header.removeprefix("Bearer ")] = "token_revoked"

    def _raise_refusal(self, name: str) -> None:
        for refusal in self._refusals:
            if refusal[0] == name:
                self._refusals.remove(refusal)
                raise refusal[1]

    async def _upload(self, request: web.Request) -> web.Response:
        file_id = request.match_info["number"]
        if file_id not in self.files:
            return web.Response(status=404)
        self.files[file_id] = (self.files[file_id][0], await request.read())
        return web.Response(text=f"OK - {len(self.files[file_id][1])}")

    async def _download(self, request: web.Request) -> web.Response:
        """Serve a file, or a sign-in page with status 200 if the token may not read it."""
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.workspaces.teams:
            return web.Response(text="<html>sign in</html>", content_type="text/html")
        file = self.files.get(request.match_info["number"])
        return web.Response(body=file[1]) if file else web.Response(status=404)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        self._sockets.append(socket)
        await socket.send_json({"type": "hello", "num_connections": len(self._sockets)})
        for envelope in list(self._unacknowledged.values()):
            await socket.send_json(envelope)
        await self._notify()
        async for frame in socket:
            if frame.type == WSMsgType.TEXT:
                number = json.loads(frame.data)["envelope_id"]
                self._unacknowledged.pop(number, None)
                self.acknowledged.append(number)
                await self._notify()
        self._sockets.remove(socket)
        return socket


async def post(url: str, payload: dict[str, Any], now: float, *, form: bool = False, retry: int = 0) -> tuple[int, str]:
    """Call a webhook as Slack does; return the response's status and text."""
    fields = payload if "command" in payload else {"payload": json.dumps(payload)}
    body = (urlencode(fields) if form else json.dumps(payload)).encode()
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    headers = {**signed_headers(body, now), "Content-Type": kind}
    if retry:
        headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status, await answer.text()


async def _arguments(request: web.Request) -> Call:
    """Return a call's arguments from its query and its form or JSON body."""
    call: Call = dict(request.query)
    if request.content_type == "application/json":
        call |= json.loads(await request.read() or b"{}")
    else:
        call |= {name: str(value) for name, value in (await request.post()).items()}
    return {name: json.loads(v) if name == "files" and isinstance(v, str) else v for name, v in call.items()}

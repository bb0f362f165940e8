"""Discord's API (v10) and gateway on a real socket, as strict as its documentation (docs.discord.com/developers).

Enforced: a wrong token is 401; an unknown route 404; an unknown channel 404 (10003), message 404 (10008), webhook 404
(10015) or interaction 404 (10062); a user who accepts no messages from the bot 403 (50007); an empty message 400 (50006);
content of at most 2000 characters; five rows of five buttons (all in `discord_components`); a nonce of at most 25
characters, which with `enforce_nonce` sends nothing twice; voice messages have the flag, one OGG file with length and
waveform, and nothing else; threads are opened in channels, not in threads (50024); 429 carries `Via`, `Retry-After`,
`retry_after` and whether it is global; JSON has exactly the content type `application/json`. Interactions
(`discord_interactions`) are sent over HTTP, signed with Ed25519, or over the gateway.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Self

import aiohttp
from aiohttp import web
from nacl.signing import SigningKey

from tests.fakes import discord_components as parts
from tests.fakes.discord_chat import DiscordChat
from tests.fakes.discord_gateway import FakeGateway
from tests.fakes.discord_interactions import THINKING, FakeInteraction
from tests.fakes.discord_rules import Answer, Buckets, check_message, invalid, response, unknown

TOKEN = "discord-TEST-token"
BOT = {"id": "4242", "username": "Sona", "discriminator": "0", "bot": True, "avatar": None}
APPLICATION = "900"
APPLICATION_INFO = {
    "id": APPLICATION,
    "name": "Sona",
    "icon": None,
    "description": "",
    "summary": "",
    "bot_public": True,
    "bot_require_code_grant": False,
    "flags": 0,
    "owner": {"id": "7", "username": "lan", "discriminator": "0", "avatar": None},
    "team": None,
}
ROOT = "/api/v10"


class FakeDiscord:
    """`async with FakeDiscord() as discord`; `discord.url` is the value for `DISCORD_API_URL`.

    `contents` lists the text of every sent or edited message, `calls` the method and path of every call.
    """

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.url = ""
        self.gateway = FakeGateway(token, BOT)
        self.channels: dict[str, DiscordChat] = {}
        self.interactions: dict[str, FakeInteraction] = {}
        self.commands: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.calls: list[str] = []
        self.called = asyncio.Event()
        self.contents: list[str] = []
        self.uploads: list[dict[str, bytes]] = []
        self.key = SigningKey(bytes(32))
        self._nonces: dict[tuple[str, str], str] = {}
        self.buckets: Buckets | None = None
        self._refusals: list[tuple[str, Answer]] = []
        self._last = 1300000000000000000
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=60 * 1024 * 1024)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/files/{name}", self._file)
        app.router.add_route("*", ROOT + "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.url, self.gateway.url = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}/gateway"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self.gateway.close(1001)
            await self._runner.cleanup()

    @property
    def public_key(self) -> str:
        return bytes(self.key.verify_key).hex()

    def channel(self, number: str = "7") -> DiscordChat:
        """Return a channel that the bot can write to, creating it if necessary."""
        return self.channels.setdefault(number, DiscordChat(id=number))

    def limit(self, time: Callable[[], float], *, period: float = 5.0) -> None:
        """Enforce Discord's real rate limit from now on: five calls in `period` seconds per route and channel or webhook."""
        self.buckets = Buckets(time, period=period)

    def refuse(self, call: str, answer: Answer) -> None:
        """Answer the next call whose method and path begin with `call` like this."""
        self._refusals.append((call, answer))

    def snowflake(self) -> str:
        self._last += 1 << 22
        return str(self._last)

    def signed_request(self, payload: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
        body, timestamp = json.dumps(payload).encode(), "1700000000"
        signature = self.key.sign(timestamp.encode() + body).signature.hex()
        return body, {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": timestamp}

    def interaction(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Create an interaction and return its payload."""
        interaction_id = self.snowflake()
        about = str(payload.get("message", {}).get("id", ""))
        user_installed = "0" not in payload.get("authorizing_integration_owners", {"0": "0"})
        interaction = FakeInteraction(
            channel=payload["channel_id"], kind=payload["type"], target=about, user_installed=user_installed
        )
        self.interactions[f"token{interaction_id}"] = interaction
        person = {"id": "7", "username": "lan", "global_name": "Lan"}
        return {
            "id": interaction_id,
            "application_id": APPLICATION,
            "token": f"token{interaction_id}",
            "user": person,
            **payload,
        }

    async def post_interaction(self, url: str, payload: Mapping[str, Any]) -> tuple[int, bytes]:
        """Send an interaction over HTTP; a JSON body is its first response. Return status and body."""
        body, headers = self.signed_request(payload)
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as reply:
            content = await reply.read()
            if reply.ok and content and (interaction := self.interactions.get(str(payload.get("token")))) is not None:
                self._respond(interaction, json.loads(content))
            return reply.status, content

    async def _handle(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        call = f"{request.method} /{path}"
        self.calls.append(call)
        self.called.set()
        headers: Mapping[str, str] = {}
        try:
            if request.headers.get("Authorization") != f"Bot {self.token}":
                raise Answer(401, "401: Unauthorized")
            for refusal in [r for r in self._refusals if call.startswith(r[0])]:
                self._refusals.remove(refusal)
                raise refusal[1]
            steps = path.split("/")
            if self.buckets and steps[0] in ("channels", "webhooks"):
                place = "-".join(steps[1 : 2 if steps[0] == "channels" else 3])
                kind = "-".join(steps[2:3] if steps[0] == "channels" else steps[3:4])
                headers = self.buckets.use(f"{request.method}-{kind} {place}")
            body, files = await _request_body(request)
            if isinstance(body, dict) and "content" in body:
                self.contents.append(body["content"])
            data = self._answer(request.method, steps, body, files)
        except Answer as answer:
            return response(answer.body, answer.status, answer.headers)
        return web.Response(status=204, headers=headers) if data is None else response(data, headers=headers)

    def _answer(self, method: str, steps: list[str], body: Any, files: dict[str, bytes]) -> object:
        match [method, *steps]:
            case ["GET", "users", "@me"]:
                return BOT
            case ["GET", "oauth2", "applications", "@me"]:
                return {**APPLICATION_INFO, "verify_key": self.public_key}
            case ["GET", "gateway", "bot"]:
                limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 16}
                return {"url": self.gateway.url, "shards": self.gateway.shards, "session_start_limit": limit}
            case ["GET", "applications", app, "commands"] if app == APPLICATION:
                return self.commands
            case ["PUT", "applications", app, "commands"] if app == APPLICATION:
                parts.commands(body)
                self.commands = [{**command, "id": self.snowflake(), "version": "1"} for command in body]
                return self.commands
            case ["POST", "channels", channel, "messages"]:
                return self._send(self._existing_channel(channel), body, files)
            case ["POST", "channels", channel, "typing"]:
                self._existing_channel(channel).typing_calls += 1
                return None
            case ["PATCH" | "DELETE", "channels", channel, "messages", message_id]:
                return self._change(method, self._existing_channel(channel), message_id, body)
            case ["POST", "interactions", _, token, "callback"]:
                if token not in self.interactions:
                    raise unknown("interaction", 10062)
                return self._respond(self.interactions[token], body)
            case ["POST" | "PATCH" | "DELETE", "webhooks", app, token, *rest] if app == APPLICATION:
                return self._by_token(method, token, rest, body, files)
            case ["POST", "channels", channel, "threads"]:
                return self._existing_channel(channel).open(self.channel(self.snowflake()), body)
            case ["PUT", "channels", channel, "thread-members", user]:
                self._existing_channel(channel).members.append(user)
                return None
            case _:
                raise Answer(404, "404: Not Found")

    def _existing_channel(self, number: str) -> DiscordChat:
        channel = self.channels.get(number)
        if channel is None:
            raise unknown("Channel", 10003)
        if channel.refusal is not None:
            raise channel.refusal
        return channel

    def _send(self, channel: DiscordChat, body: dict[str, Any], files: dict[str, bytes]) -> dict[str, Any]:
        check_message(body, files)
        if body.get("flags", 0) & 64:
            raise invalid("flags", "only an interaction's message can be hidden")
        nonce = (channel.id, str(body.get("nonce", "")))
        if body.get("enforce_nonce") and nonce in self._nonces:
            return _public(channel.messages.get(self._nonces[nonce], {"id": self._nonces[nonce]}))
        stored = self._store(channel, body)
        self._nonces[nonce] = stored["id"]
        if files:
            self.uploads.append(files)
            stored["sound"] = files["files[0]"]
        return _public(stored)

    def _store(self, channel: DiscordChat, body: Mapping[str, Any]) -> dict[str, Any]:
        shown = {"content": body.get("content") or "", "components": body.get("components") or []}
        parts.components(body.get("components") or [])
        number = self.snowflake()
        stored = {"id": number, "channel_id": channel.id, "author": BOT, "flags": body.get("flags", 0), **shown}
        channel.messages[number] = stored
        return stored

    def _change(self, method: str, channel: DiscordChat, message_id: str, body: Any) -> dict[str, Any] | None:
        if message_id not in channel.messages:
            raise unknown("Message", 10008)
        if method == "DELETE":
            del channel.messages[message_id]
            return None
        check_message(body, {}, edit=True)
        parts.components(body.get("components") or [])
        channel.messages[message_id] |= {key: body[key] for key in ("content", "components") if key in body}
        return _public(channel.messages[message_id])

    def _respond(self, interaction: FakeInteraction, response: dict[str, Any]) -> None:
        interaction.respond(response, lambda body: str(self._store(self.channel(interaction.channel), body)["id"]))

    def _by_token(self, method: str, token: str, rest: list[str], body: Any, files: dict[str, bytes]) -> object:
        interaction = self.interactions.get(token)
        if interaction is None:
            raise unknown("Webhook", 10015)
        channel = self.channel(interaction.channel)
        if rest:
            number = interaction.editable(rest[1])
            changed = self._change(method, channel, number, body)
            if number == interaction.message and changed is not None:
                channel.messages[number]["flags"] &= ~THINKING
            return changed
        interaction.check_followup(body)
        check_message(body, files)
        stored = self._store(channel, body)
        interaction.followups.append(stored["id"])
        if files:
            self.uploads.append(files)
        return _public(stored)

    async def _file(self, request: web.Request) -> web.Response:
        data = self.files.get(request.match_info["name"])
        return web.Response(status=404) if data is None else web.Response(body=data)


def _public(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message as the API shows it."""
    return {name: value for name, value in stored.items() if name != "sound"}


async def _request_body(request: web.Request) -> tuple[Any, dict[str, bytes]]:
    """Return the body's JSON, and its files by field name."""
    if request.content_type != "multipart/form-data":
        content = await request.read()
        return (json.loads(content) if content else None), {}
    body: Any = None
    files = dict[str, bytes]()
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = value.file.read()
        elif name == "payload_json":
            body = json.loads(str(value))
    return body, files

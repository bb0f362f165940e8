"""The only caller of Discord's REST API. Every method raises `core.errors` only."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from discord.http import Route

from bots.discord.errors import EXPECTED, DiscordUneditable, failure
from bots.discord.render import EPHEMERAL, VOICE_NOTE, DiscordMessage
from bots.discord.sdk_routes import DiscordHttp
from core.address import Address
from core.errors import Failure, Refused
from core.media import Audio

FETCH_LIMIT = 25_000_000
_CDN_HOSTS = ("cdn.discordapp.com", "media.discordapp.net")
_CALL_TIMEOUT = 60.0
"""Seconds. Above the SDK's own rate-limit waits, which end at 30 (`sdk_routes`)."""
_DEFERRED = "@"
_PUBLIC_THREAD, _DAY_IN_MINUTES = 11, 1440

_T = TypeVar("_T")


def deferred(interaction: str, token: str) -> str:
    """Return the stand-in id of a deferred message ("is thinking…"), which has no id of its own until it is edited."""
    return f"{_DEFERRED}{interaction}/{token}"


def is_deferred(message_id: str) -> bool:
    return message_id.startswith(_DEFERRED)


class DiscordClient:
    """One bot. `api_url` replaces `https://discord.com`. Created inside the event loop; connects at the first call."""

    def __init__(self, token: str, *, application: str = "", api_url: str = "") -> None:
        self._token = token
        self._application = application
        self._api_url = api_url
        self._http = DiscordHttp(api_url=api_url)
        self._login_lock = asyncio.Lock()
        self._me: dict[str, Any] | None = None

    async def close(self) -> None:
        await self._http.close()

    async def identify(self) -> tuple[str, str]:
        """Return the bot's id and user name."""
        me = await self._login()
        return str(me["id"]), str(me.get("username", ""))

    async def application(self) -> str:
        """Return the application's id."""
        if not self._application:
            found = await self._call("GET", "/oauth2/applications/@me")
            self._application = str(found["id"])
        return self._application

    async def send_message(self, address: Address, message: DiscordMessage, nonce: str) -> str:
        """Send a message and return its id; the same `nonce` (at most 25 characters) sends nothing again for a few minutes."""
        body = {**message.json(), "nonce": nonce, "enforce_nonce": True}
        sent = await self._call("POST", "/channels/{channel_id}/messages", json=body, channel_id=_channel_id(address))
        return str(sent["id"])

    async def edit(self, address: Address, message_id: str, body: Mapping[str, Any]) -> str:
        """Edit a message, or replace a deferred one, and return its id."""
        if is_deferred(message_id):
            edited = await self._original_response("PATCH", message_id, json=body)
        else:
            edited = await self._call(
                "PATCH",
                "/channels/{channel_id}/messages/{message_id}",
                json=body,
                channel_id=_channel_id(address),
                message_id=_checked_id(message_id),
            )
        return str(edited["id"])

    async def send_followup(
        self,
        token: str,
        message: DiscordMessage,
        *,
        ephemeral: bool = False,
        file: tuple[bytes, str, str] | None = None,
    ) -> str:
        """Send a message with an interaction's token and return its id; `file` is bytes, name and MIME type.

        Only the user of the interaction sees an `ephemeral` one.
        """
        body = message.json()
        body["flags"] |= EPHEMERAL if ephemeral else 0
        path = "/webhooks/{webhook_id}/{webhook_token}"
        route = {"webhook_id": await self.application(), "webhook_token": token}
        if file is None:
            sent = await self._call("POST", path, json=body, params={"wait": "true"}, **route)
        else:
            data, name, mime = file
            form = _multipart({**body, "attachments": [{"id": "0", "filename": name}]}, data, name, mime)
            sent = await self._call("POST", path, form=form, params={"wait": "true"}, **route)
        return str(sent["id"])

    async def edit_followup(self, token: str, message_id: str, body: Mapping[str, Any]) -> str:
        """Edit a message sent with an interaction's token, or the message the interaction belongs to; return its id."""
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
        route = {"webhook_id": await self.application(), "webhook_token": token, "message_id": _checked_id(message_id)}
        return str((await self._call("PATCH", path, json=body, **route))["id"])

    async def open_thread(self, address: Address, name: str) -> str:
        """Open a public thread that is archived after a day without messages, and return its id."""
        body = {"name": name, "type": _PUBLIC_THREAD, "auto_archive_duration": _DAY_IN_MINUTES}
        path = "/channels/{channel_id}/threads"
        return str((await self._call("POST", path, json=body, channel_id=_channel_id(address)))["id"])

    async def add_thread_member(self, thread: str, user: str) -> None:
        """Add a user to a thread."""
        path = "/channels/{channel_id}/thread-members/{user_id}"
        await self._call("PUT", path, channel_id=thread, user_id=user)

    async def delete(self, address: Address, message_id: str) -> None:
        """Delete one of the bot's messages."""
        if is_deferred(message_id):
            await self._original_response("DELETE", message_id)
            return
        path = "/channels/{channel_id}/messages/{message_id}"
        await self._call("DELETE", path, channel_id=_channel_id(address), message_id=_checked_id(message_id))

    async def send_voice_note(self, address: Address, sound: Audio, nonce: str) -> str:
        """Send a voice note of OGG/Opus at 48 kHz and return its id; Discord allows neither text nor buttons with it."""
        waveform = b64encode(sound.waveform or b"\0").decode()
        note = {
            "id": "0",
            "filename": "voice-message.ogg",
            "duration_secs": round(sound.seconds, 2),
            "waveform": waveform,
        }
        return await self._upload(
            address, {"flags": VOICE_NOTE, "attachments": [note]}, sound.data, ("voice-message.ogg", sound.mime), nonce
        )

    async def send_file(
        self, address: Address, data: bytes, name: str, mime: str, message: DiscordMessage, nonce: str
    ) -> str:
        """Send a file with text and return the message's id."""
        body = {**message.json(), "attachments": [{"id": "0", "filename": name}]}
        return await self._upload(address, body, data, (name, mime), nonce)

    async def typing(self, address: Address) -> None:
        """Show the typing indicator for ten seconds or until the next message."""
        await self._call("POST", "/channels/{channel_id}/typing", channel_id=_channel_id(address))

    async def respond(self, interaction: str, token: str, response: Mapping[str, Any]) -> None:
        """Send the first response to an interaction."""
        path = "/interactions/{webhook_id}/{webhook_token}/callback"
        await self._call("POST", path, json=response, webhook_id=interaction, webhook_token=token)

    async def fetch(self, url: str) -> bytes:
        """Return a file's bytes; raises `Refused` for any other host than Discord's CDN and `api_url`."""
        if urlsplit(url).hostname not in (*_CDN_HOSTS, urlsplit(self._api_url).hostname):
            raise Refused("the file is not on Discord's servers")
        await self._login()
        return await _awaited(lambda: self._http.get_from_cdn(url))

    async def commands(self) -> list[Mapping[str, Any]]:
        """Return the application's registered commands with all localizations."""
        found = await self._call(
            "GET",
            "/applications/{application_id}/commands",
            params={"with_localizations": "true"},
            application_id=await self.application(),
        )
        return cast(list[Mapping[str, Any]], found)

    async def replace_commands(self, commands: Sequence[Mapping[str, Any]]) -> None:
        """Replace all registered commands with these."""
        path = "/applications/{application_id}/commands"
        await self._call("PUT", path, json=list(commands), application_id=await self.application())

    async def _original_response(self, method: str, message_id: str, **options: Any) -> Any:
        _, _, token = message_id.removeprefix(_DEFERRED).partition("/")
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
        return await self._call(method, path, webhook_id=await self.application(), webhook_token=token, **options)

    async def _upload(
        self, address: Address, body: Mapping[str, Any], data: bytes, name_and_mime: tuple[str, str], nonce: str
    ) -> str:
        form = _multipart({**body, "nonce": nonce, "enforce_nonce": True}, data, *name_and_mime)
        sent = await self._call("POST", "/channels/{channel_id}/messages", form=form, channel_id=_channel_id(address))
        return str(sent["id"])

    async def _call(
        self, method: str, path: str, *, json: Any = None, form: Any = None, params: Any = None, **route: str
    ) -> Any:
        await self._login()
        options = {
            name: value for name, value in (("json", json), ("form", form), ("params", params)) if value is not None
        }
        return await _awaited(lambda: self._http.request(Route(method, path, **route), **options))

    async def _login(self) -> Mapping[str, Any]:
        """Return the bot's user; the SDK opens its connections by this call."""
        async with self._login_lock:
            if self._me is None:
                try:
                    self._me = cast(dict[str, Any], await _awaited(lambda: self._http.static_login(self._token)))
                except (Failure, asyncio.CancelledError):
                    await self._http.close()
                    self._http = DiscordHttp(api_url=self._api_url)
                    raise
            return self._me


async def _awaited(call: Callable[[], Awaitable[_T]]) -> _T:
    try:
        async with asyncio.timeout(_CALL_TIMEOUT):
            return await call()
    except EXPECTED as error:
        raise failure(error) from error


def _multipart(body: Mapping[str, Any], data: bytes, name: str, mime: str) -> list[dict[str, Any]]:
    """Return a message and its file as the parts of a multipart form."""
    payload = json.dumps({**body, "allowed_mentions": {"parse": []}})
    return [
        {"name": "payload_json", "value": payload},
        {"name": "files[0]", "value": data, "filename": name, "content_type": mime},
    ]


def _channel_id(address: Address) -> str:
    if not address.chat.isascii() or not address.chat.isdigit():
        raise Refused(f"not a channel id: {address}", gone=True)
    return address.chat


def _checked_id(message_id: str) -> str:
    if not message_id.isascii() or not message_id.isdigit():
        raise DiscordUneditable(f"not a message id: {message_id!r}")
    return message_id

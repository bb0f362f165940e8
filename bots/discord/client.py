"""Talks to Discord; the only one in this folder that calls it. Every method raises `core.errors` only."""

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
_FILES = ("cdn.discordapp.com", "media.discordapp.net")
_PATIENCE = 60.0
_DEFERRED = "@"
_PUBLIC_THREAD, _DAY = 11, 1440

_T = TypeVar("_T")


def deferred(interaction: str, token: str) -> str:
    """How a message that Discord shows as "is thinking" is named until it has an id of its own."""
    return f"{_DEFERRED}{interaction}/{token}"


def is_deferred(sent: str) -> bool:
    return sent.startswith(_DEFERRED)


class DiscordClient:
    """One bot. `api_url` replaces `https://discord.com`; nothing goes out before the first call. To be made within the event loop."""

    def __init__(self, token: str, *, application: str = "", api_url: str = "") -> None:
        self._token = token
        self._application = application
        self._api_url = api_url
        self._wire = DiscordHttp(api_url=api_url)
        self._entering = asyncio.Lock()
        self._me: dict[str, Any] | None = None

    async def close(self) -> None:
        await self._wire.close()

    async def identify(self) -> tuple[str, str]:
        """The bot's own id and user name."""
        me = await self._entered()
        return str(me["id"]), str(me.get("username", ""))

    async def application(self) -> str:
        """The application's id."""
        if not self._application:
            found = await self._call("GET", "/oauth2/applications/@me")
            self._application = str(found["id"])
        return self._application

    async def say(self, address: Address, message: DiscordMessage, nonce: str) -> str:
        """Send a message and return its id; within some minutes, the same `nonce` (at most 25 characters) sends nothing again."""
        body = {**message.json(), "nonce": nonce, "enforce_nonce": True}
        sent = await self._call("POST", "/channels/{channel_id}/messages", json=body, channel_id=_chat(address))
        return str(sent["id"])

    async def rewrite(self, address: Address, sent: str, body: Mapping[str, Any]) -> str:
        """Change a message, or put it where Sona is shown to think, and return its id."""
        if is_deferred(sent):
            changed = await self._original("PATCH", sent, json=body)
        else:
            changed = await self._call(
                "PATCH",
                "/channels/{channel_id}/messages/{message_id}",
                json=body,
                channel_id=_chat(address),
                message_id=_message_id(sent),
            )
        return str(changed["id"])

    async def follow_up(
        self, token: str, message: DiscordMessage, *, hidden: bool = False, file: tuple[bytes, str, str] | None = None
    ) -> str:
        """Send a message by an interaction's token (`hidden`: only who asked sees it), perhaps with a file's bytes, name and type; returns its id."""
        body = message.json()
        body["flags"] |= EPHEMERAL if hidden else 0
        path = "/webhooks/{webhook_id}/{webhook_token}"
        places = {"webhook_id": await self.application(), "webhook_token": token}
        if file is None:
            sent = await self._call("POST", path, json=body, params={"wait": "true"}, **places)
        else:
            data, name, mime = file
            form = _form({**body, "attachments": [{"id": "0", "filename": name}]}, data, name, mime)
            sent = await self._call("POST", path, form=form, params={"wait": "true"}, **places)
        return str(sent["id"])

    async def correct(self, token: str, sent: str, body: Mapping[str, Any]) -> str:
        """Change a message that was sent by an interaction's token, or the one that it is about; returns its id."""
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
        places = {"webhook_id": await self.application(), "webhook_token": token, "message_id": _message_id(sent)}
        return str((await self._call("PATCH", path, json=body, **places))["id"])

    async def open_thread(self, address: Address, name: str) -> str:
        """Open a thread that everybody in the channel can read, closed after a day of silence, and return its id."""
        body = {"name": name, "type": _PUBLIC_THREAD, "auto_archive_duration": _DAY}
        path = "/channels/{channel_id}/threads"
        return str((await self._call("POST", path, json=body, channel_id=_chat(address)))["id"])

    async def bring(self, thread: str, user: str) -> None:
        """Make somebody a member of a thread."""
        path = "/channels/{channel_id}/thread-members/{user_id}"
        await self._call("PUT", path, channel_id=thread, user_id=user)

    async def take_back(self, address: Address, sent: str) -> None:
        """Delete one of the bot's messages."""
        if is_deferred(sent):
            await self._original("DELETE", sent)
            return
        path = "/channels/{channel_id}/messages/{message_id}"
        await self._call("DELETE", path, channel_id=_chat(address), message_id=_message_id(sent))

    async def voice(self, address: Address, sound: Audio, nonce: str) -> str:
        """Send a voice note of OGG/Opus at 48 kHz; it can carry neither words nor buttons."""
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

    async def file(
        self, address: Address, data: bytes, name: str, mime: str, message: DiscordMessage, nonce: str
    ) -> str:
        """Send a file with words beside it."""
        body = {**message.json(), "attachments": [{"id": "0", "filename": name}]}
        return await self._upload(address, body, data, (name, mime), nonce)

    async def typing(self, address: Address) -> None:
        """Show "typing" for ten seconds, or until a message comes."""
        await self._call("POST", "/channels/{channel_id}/typing", channel_id=_chat(address))

    async def respond(self, interaction: str, token: str, response: Mapping[str, Any]) -> None:
        """Give an interaction its first answer."""
        path = "/interactions/{webhook_id}/{webhook_token}/callback"
        await self._call("POST", path, json=response, webhook_id=interaction, webhook_token=token)

    async def fetch(self, url: str) -> bytes:
        """A file's bytes, at most 25 MB."""
        if urlsplit(url).hostname not in (*_FILES, urlsplit(self._api_url).hostname):
            raise Refused("the file is not kept at Discord")
        await self._entered()
        return await _asked(lambda: self._wire.get_from_cdn(url))

    async def commands(self) -> list[Mapping[str, Any]]:
        """The application's commands as Discord has them, with their names in every language."""
        found = await self._call(
            "GET",
            "/applications/{application_id}/commands",
            params={"with_localizations": "true"},
            application_id=await self.application(),
        )
        return cast(list[Mapping[str, Any]], found)

    async def offer(self, commands: Sequence[Mapping[str, Any]]) -> None:
        """Put these commands in the place of all there are."""
        path = "/applications/{application_id}/commands"
        await self._call("PUT", path, json=list(commands), application_id=await self.application())

    async def _original(self, method: str, sent: str, **rest: Any) -> Any:
        _, _, token = sent.removeprefix(_DEFERRED).partition("/")
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
        return await self._call(method, path, webhook_id=await self.application(), webhook_token=token, **rest)

    async def _upload(
        self, address: Address, body: Mapping[str, Any], data: bytes, named: tuple[str, str], nonce: str
    ) -> str:
        form = _form({**body, "nonce": nonce, "enforce_nonce": True}, data, *named)
        sent = await self._call("POST", "/channels/{channel_id}/messages", form=form, channel_id=_chat(address))
        return str(sent["id"])

    async def _call(
        self, method: str, path: str, *, json: Any = None, form: Any = None, params: Any = None, **places: str
    ) -> Any:
        await self._entered()
        rest = {
            name: value for name, value in (("json", json), ("form", form), ("params", params)) if value is not None
        }
        return await _asked(lambda: self._wire.request(Route(method, path, **places), **rest))

    async def _entered(self) -> Mapping[str, Any]:
        """Who we are; the SDK opens its connections by asking for it."""
        async with self._entering:
            if self._me is None:
                try:
                    self._me = cast(dict[str, Any], await _asked(lambda: self._wire.static_login(self._token)))
                except (Failure, asyncio.CancelledError):
                    await self._wire.close()
                    self._wire = DiscordHttp(api_url=self._api_url)
                    raise
            return self._me


async def _asked(call: Callable[[], Awaitable[_T]]) -> _T:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await call()
    except EXPECTED as error:
        raise failure(error) from error


def _form(body: Mapping[str, Any], data: bytes, name: str, mime: str) -> list[dict[str, Any]]:
    """A message's body with a file, as the parts of a form."""
    payload = json.dumps({**body, "allowed_mentions": {"parse": []}})
    return [
        {"name": "payload_json", "value": payload},
        {"name": "files[0]", "value": data, "filename": name, "content_type": mime},
    ]


def _chat(address: Address) -> str:
    if not address.chat.isascii() or not address.chat.isdigit():
        raise Refused(f"not a chat: {address}", gone=True)
    return address.chat


def _message_id(sent: str) -> str:
    if not sent.isascii() or not sent.isdigit():
        raise DiscordUneditable(f"not a message: {sent!r}")
    return sent

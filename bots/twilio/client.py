"""Talks to Twilio; the only one in this folder on the network. Every method raises `core.errors` only."""

from collections.abc import Mapping
from typing import Any, cast

import aiohttp
from twilio.base.exceptions import TwilioException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client as Sdk

from bots.twilio.errors import TwilioFlood, failure, wait
from core.errors import Refused, Unreachable

OFFICIAL = "https://api.twilio.com"
FETCH_LIMIT = 20_000_000
_ANSWER_SECONDS = 15.0
_TOO_MANY = 429


class TwilioClient:
    """One account, sending from `number`: a phone number, or a messaging service by its id (`MG…`).

    `api_url` replaces Twilio's address; nothing goes out before the first call. To be made within the event loop that uses it.
    """

    def __init__(self, *, account_sid: str, auth_token: str, number: str, api_url: str = "") -> None:
        self._root = api_url.rstrip("/") or OFFICIAL
        self._wire = _Wire(self._root, login=aiohttp.encode_basic_auth(account_sid, auth_token))
        self._sdk = Sdk(account_sid, auth_token, http_client=self._wire)
        self._sid = account_sid
        self._origin = {"messaging_service_sid": number} if number.startswith("MG") else {"from_": number}

    async def close(self) -> None:
        await self._wire.close()

    async def identify(self) -> str:
        """The account's name."""
        account = await _asked(self._sdk.api.v2010.accounts(self._sid).fetch_async())
        return str(account.friendly_name)

    async def text(self, to: str, body: str, *, report_to: str = "", media: str = "") -> str:
        """Send a message and return its id. `media` is the public address of a file; `report_to` is called with what becomes of it."""
        more: dict[str, Any] = dict(self._origin)
        if report_to:
            more["status_callback"] = report_to
        if media:
            more["media_url"] = [media]
        if body:
            more["body"] = body
        sent = await _asked(self._sdk.messages.create_async(to=to, **more))
        return str(sent.sid)

    async def fetch(self, url: str) -> bytes:
        """A file that came with a message, at most 20 MB; the account's secret goes to Twilio's own address only."""
        if not url.startswith((f"{OFFICIAL}/", f"{self._root}/")):
            raise Refused("the file lies elsewhere than with Twilio")
        place = self._root + url.removeprefix(self._root).removeprefix(OFFICIAL)
        limit = aiohttp.ClientTimeout(total=60)
        try:
            async with self._wire.pool.get(place, headers=self._wire.login, timeout=limit) as answer:
                if answer.status >= 500 or answer.status in (401, 403, _TOO_MANY):
                    raise Unreachable(f"the file was answered with {answer.status}")
                if answer.status != 200:
                    raise Refused("the file is no longer there")
                return await _taken(answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(type(error).__name__) from error


class _Wire(AsyncTwilioHttpClient):
    """The SDK's way to the network: to `root` instead of Twilio, within a time, and with the wait of a 429 kept."""

    def __init__(self, root: str, *, login: str) -> None:
        super().__init__()
        self._root = root
        self.login = {"Authorization": login}

    @property
    def pool(self) -> aiohttp.ClientSession:
        return cast(aiohttp.ClientSession, self.session)

    async def request(self, method: str, url: str, *args: Any, **named: Any) -> Response:
        named |= {"timeout": _ANSWER_SECONDS, "auth": None, "headers": {**(named.get("headers") or {}), **self.login}}
        if named.get("data"):
            named["data"] = _fields(named["data"])
        answer = await super().request(method, self._root + url.removeprefix(OFFICIAL), *args, **named)
        if answer.status_code == _TOO_MANY:
            raise TwilioFlood(wait((answer.headers or {}).get("Retry-After")))
        return answer


def _fields(data: Mapping[str, object]) -> list[tuple[str, str]]:
    """A form's fields; a list is a field several times, which the SDK leaves to the library below, which does not know it."""
    return [
        (name, str(each))
        for name, value in data.items()
        for each in (cast(list[object], value) if isinstance(value, list) else [value])
    ]


async def _asked(call: Any) -> Any:
    try:
        return await call
    except TwilioException as error:
        raise failure(error) from error
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Unreachable(type(error).__name__) from error


async def _taken(answer: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for part in answer.content.iter_chunked(1 << 16):
        data += part
        if len(data) > FETCH_LIMIT:
            raise Refused("the file is larger than 20 MB")
    return bytes(data)

"""Twilio's REST API for messages on a real socket, and its signed calls to a webhook.

Held to: basic authentication, the errors of `twilio_rules`, known parameters only, 429 with `Retry-After` (20429 for more than
`at_once` calls at a time), a sender that is the account's number or a messaging service (which has no number and no segments in
the answer, as it picks its sender later), `num_segments`, media that came in behind authentication and a redirect, and status
callbacks, which come by themselves with `reporting`. Files that go out are asked for with HEAD and GET after the message was
taken; what is then not there, of a type that is not for MMS, or with its words 5 MB or more, fails where only a status callback
tells of it.
Calls are signed by Twilio's own `RequestValidator`, over their address without what follows a `#`: that overrides how Twilio
connects (`rc`, how often it calls again, 0 to 5 and by default 1; `rp`, after what: `4xx`, `5xx`, `ct`, `rt` or `all`, by
default only where no connection comes about). By default STOP and START change whom a message may be sent to, as with any
number; with `advanced` they come with `OptOutType`, as with a messaging service.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import encode_basic_auth, web
from twilio.request_validator import RequestValidator

from tests.fakes.twilio_rules import AUTHENTICATE, File, People, Wrong, checked, counted, undeliverable

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "12345"
NUMBER = "+15005550006"
SERVICE = "MG" + "0" * 31 + "1"
LAN = "+14155550100"
_STOP = frozenset(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"])
_START = frozenset(["START", "UNSTOP", "YES"])
_HELP = frozenset(["HELP", "INFO"])
_ROOT = "/2010-04-01/Accounts/{account}"


@dataclass
class Sent:
    """A message that was taken. `media` is there once it is `carried`; `failed` is the error that it ended with."""

    sid: str
    to: str
    body: str
    sender: str = NUMBER
    media: list[tuple[bytes, str]] = field(default_factory=list[tuple[bytes, str]])
    report_to: str = ""
    failed: str = ""
    files: int = 0

    @property
    def segments(self) -> int:
        return 1 if self.files else counted(self.body)


class FakeTwilio:
    """`async with FakeTwilio() as twilio`; `url` is what `TWILIO_API_URL` is set to, `hook` where messages are announced."""

    def __init__(self) -> None:
        self.url = ""
        self.hook = ""
        self.advanced = False
        self.reporting = False
        self.sent: list[Sent] = []
        self.people = People(opted_out=set(), landlines=set(), closed=())
        self.wrongs: list[Wrong] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self.called = asyncio.Event()
        self.at_once = 100
        self.crowded = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self._busy = 0
        self._carrying: set[asyncio.Task[None]] = set()
        self._numbers = 0
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get(f"{_ROOT}.json", self._account)
        app.router.add_post(f"{_ROOT}/Messages.json", self._message)
        app.router.add_get(f"{_ROOT}/Messages/{{message}}/Media/{{media}}", self._media)
        app.router.add_get("/cdn/{media}", self._file)
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.carried()
        if self._runner is not None:
            await self._runner.cleanup()

    async def carried(self) -> None:
        """Wait until every message is with its person, or has failed, and all of that is reported."""
        await asyncio.gather(*self._carrying)

    def to(self, number: str) -> list[Sent]:
        return [sent for sent in self.sent if sent.to == number]

    def keep(self, data: bytes, mime: str) -> str:
        """A file that somebody sends; its address as a webhook names it."""
        media = self._id("ME")
        self.files[media] = (data, mime)
        return f"https://api.twilio.com{_ROOT.format(account=ACCOUNT)}/Messages/{self._id('MM')}/Media/{media}"

    async def says(self, text: str, number: str = LAN, **more: str) -> int:
        """A person texts; the answer of the webhook."""
        return await self.call(self.hook, self.form(text, number, **more))

    def form(self, text: str, number: str = LAN, **more: str) -> dict[str, str]:
        """The fields of the call for a text, with what it does to the person's consent done."""
        sid = self._id("MM" if more.get("NumMedia") else "SM")
        return {
            "ToCountry": "US",
            "SmsMessageSid": sid,
            "NumMedia": "0",
            "SmsSid": sid,
            "FromCountry": "US",
            "SmsStatus": "received",
            "Body": text,
            "To": NUMBER,
            "NumSegments": "1",
            "MessageSid": sid,
            "AccountSid": ACCOUNT,
            "From": number,
            "ApiVersion": "2010-04-01",
            **self._opted(text.strip().upper(), number),
            **more,
        }

    def _opted(self, word: str, number: str) -> dict[str, str]:
        if word in _STOP:
            self.people.opted_out.add(number)
        elif word in _START:
            self.people.opted_out.discard(number)
        kinds = (("STOP", _STOP), ("START", _START), ("HELP", _HELP))
        found = [kind for kind, words in kinds if word in words]
        return {"OptOutType": found[0]} if found and self.advanced else {}

    async def reports(self, sent: Sent, status: str, code: str = "") -> int:
        """Call the status callback of a message."""
        more = {"ErrorCode": code} if code else {}
        if sent.sender == SERVICE:
            more["MessagingServiceSid"] = SERVICE
        fields = {"MessageSid": sent.sid, "SmsSid": sent.sid, "MessageStatus": status, "SmsStatus": status}
        return await self.call(sent.report_to, {**fields, "To": sent.to, "From": NUMBER, "AccountSid": ACCOUNT, **more})

    async def call(self, url: str, fields: Mapping[str, str], *, token: str = TOKEN) -> int:
        """A signed call, as Twilio makes it, and again as the address asks for; the status of the last answer, which has to be empty or TwiML."""
        place, _, overrides = url.partition("#")
        asked = dict(parse_qsl(overrides, strict_parsing=bool(overrides)))
        policies = set(asked.get("rp", "ct").split(","))
        assert policies <= {"4xx", "5xx", "ct", "rt", "all"}, "11243: HTTP retry policy is invalid"
        again = int(asked.get("rc", "1"))
        assert 0 <= again <= 5, "the retry count is 0 to 5"
        headers = {"X-Twilio-Signature": signed(place, fields, token)}
        for left in range(again, -1, -1):
            async with (
                aiohttp.ClientSession() as session,
                session.post(place, data=dict(fields), headers=headers) as answer,
            ):
                body = await answer.text()
                assert answer.status >= 400 or not body or "xml" in answer.content_type, body
                if answer.status < 400 or not left or not policies & {"all", f"{answer.status // 100}xx"}:
                    return answer.status
        raise AssertionError

    def _id(self, kind: str) -> str:
        self._numbers += 1
        return kind + hashlib.md5(f"{kind}{self._numbers}".encode()).hexdigest()

    async def _account(self, request: web.Request) -> web.Response:
        try:
            self._let_in(request)
        except Wrong as wrong:
            return wrong.answer()
        return web.json_response({"sid": ACCOUNT, "friendly_name": "Sona's account", "status": "active"})

    async def _message(self, request: web.Request) -> web.Response:
        """Refuses what comes while as many calls are answered already as an account may make at a time; none is answered while the `gate` is shut."""
        self._busy += 1
        try:
            if self._busy > self.at_once:
                return Wrong(429, 20429, "Too Many Requests", retry_after=1).answer()
            if self._busy == self.at_once:
                self.crowded.set()
            await self.gate.wait()
            return await self._taken(request)
        finally:
            self._busy -= 1

    async def _taken(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.called.set()
        fields = {name: str(value) for name, value in form.items()}
        try:
            self._let_in(request)
            if self.wrongs and (wrong := self.wrongs.pop(0)).status >= 400:
                raise wrong
            checked(fields, NUMBER, SERVICE, self.people)
        except Wrong as wrong:
            return wrong.answer()
        urls = [str(url) for url in form.getall("MediaUrl", [])]
        sent = Sent(
            sid=self._id("MM" if urls else "SM"),
            to=fields["To"],
            body=fields.get("Body", ""),
            sender=fields.get("MessagingServiceSid") or NUMBER,
            report_to=fields.get("StatusCallback", ""),
            files=len(urls),
        )
        self.sent.append(sent)
        carrying = asyncio.create_task(self._carry(sent, urls))
        self._carrying.add(carrying)
        carrying.add_done_callback(self._carrying.discard)
        return web.json_response(_resource(sent), status=201)

    async def _carry(self, sent: Sent, urls: list[str]) -> None:
        found = [await _fetched(url) for url in urls]
        sent.failed = undeliverable(found, sent.body)
        sent.media = [] if sent.failed else [(file.data, file.mime) for file in found]
        if self.reporting and sent.report_to:
            for status in ("failed",) if sent.failed else ("sent", "delivered"):
                await self.reports(sent, status, sent.failed)

    async def _media(self, request: web.Request) -> web.Response:
        try:
            self._let_in(request)
        except Wrong as wrong:
            return wrong.answer()
        media = request.match_info["media"]
        if media not in self.files:
            return Wrong(404, 20404, "The requested resource was not found").answer()
        return web.Response(status=307, headers={"Location": f"/cdn/{media}"})

    async def _file(self, request: web.Request) -> web.Response:
        data, mime = self.files[request.match_info["media"]]
        return web.Response(body=data, content_type=mime)

    def _let_in(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if given != encode_basic_auth(ACCOUNT, TOKEN) or request.match_info["account"] != ACCOUNT:
            raise AUTHENTICATE


def signed(url: str, fields: Mapping[str, str], token: str = TOKEN) -> str:
    """The signature by the reference implementation."""
    return str(RequestValidator(token).compute_signature(url, dict(fields)))


async def _fetched(url: str) -> File:
    try:
        async with aiohttp.ClientSession() as session:
            async with session.head(url) as head:
                told = head.content_type
            async with session.get(url) as answer:
                return File(status=answer.status, data=await answer.read(), mime=answer.content_type, told=told)
    except aiohttp.ClientError:
        return File(status=0, data=b"", mime="", told="")


def _resource(sent: Sent) -> dict[str, Any]:
    return {
        "sid": sent.sid,
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": sent.body,
        "date_created": "Sat, 21 Nov 2026 09:00:00 +0000",
        "date_sent": None,
        "date_updated": "Sat, 21 Nov 2026 09:00:00 +0000",
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": None if sent.sender == SERVICE else sent.sender,
        "messaging_service_sid": SERVICE if sent.sender == SERVICE else None,
        "num_media": str(sent.files),
        "num_segments": "0" if sent.sender == SERVICE else str(sent.segments),
        "price": None,
        "price_unit": "USD",
        "status": "accepted" if sent.sender == SERVICE else "queued",
        "subresource_uris": {},
        "to": sent.to,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sent.sid}.json",
    }

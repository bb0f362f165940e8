"""What Twilio calls beside the messages: what became of those we sent, and the files that go with them."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

from aiohttp import web

from bots.twilio import parse
from bots.twilio.errors import LOST, OPTED_OUT
from bots.twilio.media_links import PATH, MediaLinks
from bots.twilio.parse import StatusReport
from core.address import Address
from core.channel import Request
from core.errors import Malformed, Refused, Unreachable
from core.ports.blobs import Blobs
from core.ports.consent import Consents
from core.ports.count import Count
from core.ports.messaging import DeliveryReports

STATUS = "/sms/status"
INSISTING = "#rc=5&rp=all"
"""Behind an address, has Twilio call it up to five times more while it is not answered with 200: by itself it calls again only where it finds nobody."""
_FINAL = {"delivered": "delivered", "undelivered": "undelivered", "failed": "undelivered"}


@dataclass(frozen=True, slots=True)
class TwilioRoutes:
    """`genuine` tells whether a call comes from Twilio."""

    genuine: Callable[[Request], bool]
    _: KW_ONLY
    lending: MediaLinks
    blobs: Blobs
    outcomes: DeliveryReports
    consents: Consents
    count: Count

    def all(self) -> tuple[web.AbstractRouteDef, ...]:
        return (web.post(STATUS, self._status), web.get(PATH + "/{ref}", self._file))

    async def _status(self, call: web.Request) -> web.Response:
        request = Request(body=await call.read(), headers=call.headers, path=call.raw_path)
        if not self.genuine(request):
            self.count("webhook_forged", channel="sms")
            return web.Response(status=401)
        try:
            if report := parse.report(request.body):
                await self._note(report, call.query.get("parcel", ""))
        except Malformed:
            self.count("webhook_malformed", channel="sms")
            return web.Response(status=400)
        except Unreachable:
            return web.Response(status=503)
        return web.Response(content_type="text/plain")

    async def _note(self, report: StatusReport, outbound: str) -> None:
        outcome = _FINAL.get(report.status)
        if outcome is None:
            return
        self.count("text_outcome", outcome=outcome)
        if outcome == "undelivered":
            self.count("text_undelivered", code=report.code if report.code in LOST else "other")
        why = f": {LOST[report.code]}" if report.code in LOST else ""
        await self.outcomes.note(outbound, f"{outcome} {report.code}".strip() + why)
        if report.code == str(OPTED_OUT) and report.to:
            await self.consents.withdraw(Address("sms", report.to), why=report.code)

    async def _file(self, call: web.Request) -> web.Response:
        ref = call.match_info["ref"]
        if not self.lending.lent(ref, call.query):
            return web.Response(status=404)
        try:
            data, mime = await self.blobs.get(ref)
        except Refused:
            return web.Response(status=404)
        except Unreachable:
            return web.Response(status=503)
        return web.Response(body=data, content_type=mime.partition(";")[0].strip())

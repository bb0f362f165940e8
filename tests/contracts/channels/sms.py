"""Text messages, connected to the fake Twilio."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from bots.twilio import Twilio
from bots.twilio.verify import HEADER
from core.address import Address
from core.channel import Channel, Request
from core.event import Event
from core.media import Media
from tests.bots.twilio.conftest import HERE, Book, at_home, connected, settings
from tests.contracts.channels import Calls, Counted, Shown
from tests.fakes.clock import ManualClock
from tests.fakes.twilio import LAN, FakeTwilio, signed


@dataclass
class SmsHarness:
    account: Twilio
    api: FakeTwilio
    book: Book
    address: Address = field(default_factory=lambda: HERE)
    can_leave: bool = True
    counted: list[str] = field(default_factory=list[str])
    folder: str = "twilio"

    @property
    def channel(self) -> Channel:
        return self.account.channel

    @property
    def calls(self) -> Calls:
        said = self._call(self.api.form("toki"))
        report = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered", "To": LAN}
        return Calls(
            said=lambda words: self._call(self.api.form(words)),
            forged=Request(body=said.body, headers={HEADER: "Z3Vlc3NlZA=="}, path="/sms"),
            unknown=self._call(report),
            broken=tuple(Request(body=body, path="/sms") for body in (b"", b"\xff", b"{}", b"MessageSid=SM1")),
        )

    async def seen(self) -> list[str]:
        return [sent.body for sent in self.api.to(LAN)]

    async def buttons(self) -> list[str]:
        return []

    async def picture(self) -> Media:
        data, mime = b"\x89PNG", "image/png"
        return Media(ref=await self.book.put(data, mime=mime), mime=mime, name="kili.png")

    async def sound(self) -> Media:
        return Media(ref=await self.book.put(b"OggS", mime="audio/ogg"), mime="audio/ogg", seconds=1.0)

    async def shown(self) -> Shown:
        await self.api.carried()
        media = [mime for sent in self.api.to(LAN) for _, mime in sent.media]
        sounds = sum(mime.startswith("audio/") for mime in media)
        return Shown(sounds=sounds, files=len(media) - sounds)

    async def takes(self, recorded: Mapping[str, Any]) -> tuple[Event, ...]:
        return self.channel.parse(self._call(recorded["fields"]))

    def _call(self, fields: Mapping[str, str]) -> Request:
        headers = {HEADER: signed(f"{self.account.routes.lending.public_url}/sms", fields)}
        return Request(body=urlencode(fields).encode(), headers=headers, path="/sms")

    def leave(self) -> None:
        self.api.people.opted_out.add(LAN)


@asynccontextmanager
async def open_harness() -> AsyncGenerator[SmsHarness]:
    book, counted = Book(), Counted()
    async with FakeTwilio() as api:

        def make(url: str) -> Twilio:
            return connected(settings(api, cap=10_000, public_url=url), book=book, clock=ManualClock(), count=counted)

        async with at_home(make) as account:
            yield SmsHarness(account=account, api=api, book=book, counted=counted.forms)

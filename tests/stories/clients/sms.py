"""A person with a simple phone: texts through the strict fake of Twilio."""

import re
from collections.abc import Awaitable, Callable

import aiohttp

from core.address import Address
from core.reply import Choice
from tests.fakes.twilio import LAN, FakeTwilio, Sent

Taken = Callable[[Address, int], Awaitable[None]]


class SmsPhone:
    """`taken` waits until so many events of this number were received."""

    def __init__(self, api: FakeTwilio, taken: Taken, *, number: str = LAN, locale: str = "en") -> None:
        self.api = api
        self.number = number
        self.address = Address("sms", number)
        self._wait = taken
        self._done = 0
        self._country = {"vi": "VN", "es": "MX"}.get(locale, "US")

    async def says(self, text: str) -> None:
        await self._does(await self.api.says(text, self.number, FromCountry=self._country))

    async def greets(self) -> None:
        await self.says("START")

    async def stops(self) -> None:
        """The word alone would end the messages for good."""
        await self.says("/stop")

    async def writes_answer(self, words: str, receipt: str) -> None:
        await self.says(words)

    def asked(self, receipt: str) -> str:
        return "list" if "\nA. " in self._sent(receipt).body else "words"

    async def file(self, receipt: str) -> bytes:
        """Open the address in the message and press the one button there."""
        found = re.search(r"https?://\S+", self._sent(receipt).body)
        assert found, self._sent(receipt).body
        async with aiohttp.ClientSession() as session, session.get(found[0]) as page:
            assert "<button>" in await page.text()
            async with session.post(found[0]) as answer:
                assert answer.status == 200
                return await answer.read()

    async def taps(self, choice: Choice, receipt: str) -> None:
        """There is nothing to tap: the place in the list is typed, as a number or as its letter by turns."""
        found = re.search(rf"^([A-H])\. {re.escape(choice.label)}$", self._sent(receipt).body, re.MULTILINE)
        assert found, f"{choice.label!r} is not listed in {self._sent(receipt).body!r}"
        await self.says(found[1] if self._done % 2 else str("ABCDEFGH".index(found[1]) + 1))

    def _sent(self, receipt: str) -> Sent:
        (sent,) = [sent for sent in self.api.sent if sent.sid == receipt]
        return sent

    async def speaks(self, sound: bytes) -> None:
        await self.shares("", "audio/ogg", sound)

    async def shares(self, name: str, mime: str, data: bytes) -> None:
        media = {"NumMedia": "1", "MediaUrl0": self.api.keep(data, mime), "MediaContentType0": mime}
        await self._does(await self.api.says("", self.number, FromCountry=self._country, **media))

    async def shows(self, *pictures: bytes) -> None:
        """Send pictures in one message."""
        media = {"NumMedia": str(len(pictures))}
        for place, data in enumerate(pictures):
            media |= {f"MediaUrl{place}": self.api.keep(data, "image/png"), f"MediaContentType{place}": "image/png"}
        status = await self.api.says("", self.number, FromCountry=self._country, **media)
        self._done += len(pictures) - 1
        await self._does(status)

    async def shown(self, receipt: str) -> list[str]:
        """Each message, and all of them as they are read one below the other: a long answer is several."""
        bodies = [sent.body for sent in self.api.to(self.number)]
        return [*bodies, "\n".join(bodies)]

    async def sound(self, receipt: str) -> bytes:
        await self.api.carried()
        return self._sent(receipt).media[0][0]

    async def interrupts(self, words: str) -> None:
        await self.says(words)

    async def glances(self) -> None:
        self.api.called.clear()
        await self.api.called.wait()

    def drafts(self) -> list[str]:
        return []

    async def _does(self, status: int) -> None:
        assert status == 200, status
        self._done += 1
        await self._wait(self.address, self._done)

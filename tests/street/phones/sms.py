"""A person with a simple phone: texts through the strict fake of Twilio."""

from collections.abc import Awaitable, Callable

from core.address import Address
from core.reply import Choice
from tests.fakes.twilio import LAN, FakeTwilio

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

    async def taps(self, choice: Choice, receipt: str) -> None:
        """There is nothing to tap: the words of the choice are typed."""
        await self.says(choice.label)

    async def speaks(self, sound: bytes) -> None:
        await self.shares("", "audio/ogg", sound)

    async def shares(self, name: str, mime: str, data: bytes) -> None:
        media = {"NumMedia": "1", "MediaUrl0": self.api.keep(data, mime), "MediaContentType0": mime}
        await self._does(await self.api.says(name, self.number, **media))

    async def shown(self, receipt: str) -> list[str]:
        """Each message, and all of them as they are read one below the other: a long answer is several."""
        bodies = [sent.body for sent in self.api.to(self.number)]
        return [*bodies, "\n".join(bodies)]

    async def sound(self, receipt: str) -> bytes:
        (sent,) = [sent for sent in self.api.sent if sent.sid == receipt]
        return sent.media[0][0]

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

"""A bot connected to the fake Bot API, and what it needs to know of the world."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from bots.telegram import Telegram, TelegramSettings, connect
from core.address import Address
from core.errors import Refused, Unreachable
from core.media import Media
from core.outbound import OutboundMessage
from core.reply import Quiz
from tests.fakes.clock import ManualClock
from tests.fakes.telegram import TOKEN, FakeTelegram

PRIVATE = Address("telegram", "7")
GROUP = Address("telegram", "-100200")


class Shelf:
    """Blobs in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[bytes, str]] = {}

    async def put(self, data: bytes, *, mime: str) -> str:
        key = f"blob:{len(self.kept)}"
        self.kept[key] = (data, mime)
        return key

    async def get(self, key: str) -> tuple[bytes, str]:
        if key not in self.kept:
            raise Refused("there is no such blob")
        return self.kept[key]


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A question that was sent."""

    address: Address
    quiz: Quiz
    receipt: str


class Book:
    """What was sent as a poll, by the poll's id, and when somebody was last `asked`; `away` is how often it cannot be asked."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.asked: dict[Address, datetime] = {}
        self.away = 0

    async def find(self, channel: str, poll: str) -> Sent | None:
        assert channel == "telegram"
        if self.away:
            self.away -= 1
            raise Unreachable("the database is away")
        return next((sent for sent in self.sent if sent.receipt.startswith(f"poll:{poll}:")), None)

    async def asked_since(self, address: Address, since: datetime) -> bool:
        return self.asked.get(address, since) > since


@dataclass
class Desk:
    """A connected bot with everything around it. `counted` holds the forms that were fallen back to."""

    api: FakeTelegram
    bot: Telegram
    clock: ManualClock
    shelf: Shelf
    book: Book = field(default_factory=Book)
    counted: list[str] = field(default_factory=list[str])

    async def asks(self, quiz: Quiz, address: Address = PRIVATE) -> int:
        """Send a question as a poll, and return the number of its message."""
        receipt = await self.bot.channel.send(OutboundMessage(id="asks", address=address, reply=quiz))
        self.book.sent.append(Sent(address=address, quiz=quiz, receipt=receipt))
        return int(receipt.rpartition(":")[2])

    async def sound(self) -> Media:
        return Media(ref=await self.shelf.put(b"OggS", mime="audio/ogg"), mime="audio/ogg", seconds=2.0)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    clock, shelf, book, counted = ManualClock(), Shelf(), Book(), list[str]()

    def count(name: str, /, **labels: str) -> None:
        counted.append(labels["form"])

    async with FakeTelegram() as api:
        api.chat(7)
        api.chat(-100200, "supergroup")
        settings = TelegramSettings(token=TOKEN, api_url=api.url)
        bot = connect(settings, secret_key=b"secret", clock=clock, blobs=shelf, count=count, polls=book)
        yield Desk(api=api, bot=bot, clock=clock, shelf=shelf, book=book, counted=counted)
        await bot.close()

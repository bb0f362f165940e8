"""An account connected to the fake Twilio, and what it needs to know of the world."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date

import pytest

from bots.twilio import Settings, Twilio, connect
from core.address import Address
from tests.fakes.clock import ManualClock
from tests.fakes.twilio import ACCOUNT, LAN, NUMBER, TOKEN, FakeTwilio

HERE = Address("sms", LAN)
PUBLIC = "https://sona.example"


@dataclass
class Book:
    """Consents and allowances in memory."""

    ended: dict[Address, str] = field(default_factory=dict[Address, str])
    spent: dict[tuple[Address, date], int] = field(default_factory=dict[tuple[Address, date], int])

    async def withdraw(self, address: Address, *, why: str, event: str = "") -> None:
        self.ended.setdefault(address, why)

    async def renew(self, address: Address, *, event: str = "") -> None:
        self.ended.pop(address, None)

    async def withdrawn(self, address: Address) -> bool:
        return address in self.ended

    async def spend(self, address: Address, amount: int, *, day: date, cap: int) -> bool:
        after = self.spent.get((address, day), 0) + amount
        if after > cap:
            return False
        self.spent[(address, day)] = after
        return True


@dataclass
class Desk:
    api: FakeTwilio
    account: Twilio
    book: Book
    clock: ManualClock
    counted: list[str]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    clock, book, counted = ManualClock(), Book(), list[str]()

    def count(name: str, /, **labels: str) -> None:
        counted.append(":".join((name, *labels.values())))

    async with FakeTwilio() as api:
        account = connect(settings(api), consents=book, allowance=book, clock=clock, count=count)
        yield Desk(api=api, account=account, book=book, clock=clock, counted=counted)
        await account.close()


def settings(api: FakeTwilio, *, token: str = TOKEN, number: str = NUMBER, cap: int = 20) -> Settings:
    return Settings(
        account_sid=ACCOUNT, auth_token=token, number=number, public_url=PUBLIC, api_url=api.url, daily_segments=cap
    )

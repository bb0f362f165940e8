"""An account connected to the fake Twilio, and what it needs to know of the world."""

import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date

import pytest
from aiohttp import web

from bots.twilio import Twilio, TwilioSettings, connect
from core.address import Address
from core.clock import Clock
from core.errors import Refused, Unreachable
from core.media import Audio
from core.ports.count import Count
from tests.fakes.clock import ManualClock
from tests.fakes.twilio import ACCOUNT, LAN, NUMBER, TOKEN, FakeTwilio

HERE = Address("sms", LAN)
PUBLIC = "https://sona.example"


@dataclass
class Book:
    """Consents, allowances, outcomes and blobs in memory; `away` is how often nothing can be noted."""

    ended: dict[Address, str] = field(default_factory=dict[Address, str])
    spent: dict[tuple[Address, date], int] = field(default_factory=dict[tuple[Address, date], int])

    outcomes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    cost: float = 0.0
    away: int = 0
    locale: str = "en"
    kept: dict[str, tuple[bytes, str]] = field(default_factory=dict[str, tuple[bytes, str]])

    async def note(self, outbound: str, outcome: str) -> None:
        if self.away:
            self.away -= 1
            raise Unreachable("the database is away")
        self.outcomes.append((outbound, outcome))

    async def put(self, data: bytes, *, mime: str) -> str:
        key = f"blob:{len(self.kept)}"
        self.kept[key] = (data, mime)
        return key

    async def get(self, key: str) -> tuple[bytes, str]:
        if key not in self.kept:
            raise Refused("there is no such blob")
        return self.kept[key]

    async def withdraw(self, address: Address, *, why: str, event: str = "") -> None:
        self.ended.setdefault(address, why)

    async def renew(self, address: Address, *, event: str = "") -> None:
        self.ended.pop(address, None)

    async def withdrawn(self, address: Address) -> bool:
        return address in self.ended

    async def spend(self, address: Address, amount: int, *, day: date, cap: int, cost: float = 0.0) -> bool:
        after = self.spent.get((address, day), 0) + amount
        if after > cap:
            return False
        self.spent[(address, day)] = after
        self.cost += cost
        return True

    async def close(self, address: Address, *, day: date, cap: int, cost: float = 0.0) -> bool:
        if self.spent.get((address, day), 0) >= cap:
            return False
        self.spent[(address, day)] = cap
        self.cost += cost
        return True

    async def locale_at(self, address: Address) -> str:
        return self.locale


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

        def make(url: str) -> Twilio:
            return connected(settings(api, public_url=url), book=book, clock=clock, count=count)

        async with at_home(make) as account:
            yield Desk(api=api, account=account, book=book, clock=clock, counted=counted)


def settings(
    api: FakeTwilio, *, token: str = TOKEN, number: str = NUMBER, cap: int = 32, public_url: str = PUBLIC
) -> TwilioSettings:
    return TwilioSettings(
        account_sid=ACCOUNT,
        auth_token=token,
        number=number,
        public_url=public_url,
        api_url=api.url,
        daily_segments=cap,
        segment_price=0.008,
    )


def connected(settings: TwilioSettings, *, book: Book, clock: Clock, count: Count) -> Twilio:
    """An account with everything around it in memory."""
    return connect(
        settings,
        secret_key=b"secret",
        blobs=book,
        convert=_convert,
        outcomes=book,
        consents=book,
        allowance=book,
        locale_at=book.locale_at,
        clock=clock,
        count=count,
    )


async def _convert(audio: Audio, mime: str) -> Audio:
    return Audio(data=b"ID3" + audio.data, mime=mime)


@asynccontextmanager
async def at_home(make: Callable[[str], Twilio]) -> AsyncGenerator[Twilio]:
    """An account whose public address, which `make` is given, is really served."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        account = make(f"http://127.0.0.1:{listening.getsockname()[1]}")
        app = web.Application()
        app.add_routes(account.routes.all())
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        try:
            yield account
        finally:
            await runner.cleanup()
            await account.close()

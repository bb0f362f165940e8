"""A token that is being renewed is neither lost nor renewed twice, whoever waits for it."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bots.slack.oauth import OAuth
from bots.slack.tokens import InstalledTokens
from core.ports.installs import Install, Renew
from tests.fakes.clock import ManualClock


class Slow:
    """One install, whose renewal takes until it is let go."""

    def __init__(self, install: Install) -> None:
        self.install = install
        self.asked = 0
        self.begun = asyncio.Event()
        self.go = asyncio.Event()

    async def put(self, install: Install) -> None:
        self.install = install

    async def get(self, platform: str, workspace: str) -> Install | None:
        return self.install

    async def renewed(self, platform: str, workspace: str, before: datetime, renew: Renew) -> Install | None:
        self.asked += 1
        self.begun.set()
        await self.go.wait()
        self.install = replace(self.install, token="new", expires=before + timedelta(hours=9))
        return self.install

    async def forget(self, platform: str, workspace: str, *, until: datetime) -> Install | None: ...


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def slow(clock: ManualClock) -> Slow:
    return Slow(Install(platform="slack", workspace="T1", token="old", expires=clock.now() + timedelta(minutes=5)))


@pytest.fixture
async def tokens(slow: Slow, clock: ManualClock) -> InstalledTokens:
    oauth = OAuth(client_id="", client_secret="", api_url="http://127.0.0.1:9", clock=clock)
    return InstalledTokens(installs=slow, oauth=oauth, clock=clock)


async def test_who_stops_waiting_for_a_renewal_does_not_break_it_off(tokens: InstalledTokens, slow: Slow) -> None:
    waiting = asyncio.create_task(tokens.token("T1"))
    await slow.begun.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    closing = asyncio.create_task(tokens.close())
    slow.go.set()
    await closing
    assert slow.install.token == "new"
    assert (await tokens.token("T1"), slow.asked) == ("new", 1)


async def test_all_who_ask_while_it_is_renewed_wait_for_the_same(tokens: InstalledTokens, slow: Slow) -> None:
    waiting = asyncio.gather(*(tokens.token("T1") for _ in range(5)))
    await slow.begun.wait()
    slow.go.set()
    assert (await waiting, slow.asked) == (["new"] * 5, 1)

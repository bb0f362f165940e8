"""A token under renewal is neither lost nor renewed twice."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bots.slack.oauth import OAuth
from bots.slack.tokens import InstalledTokens
from core.ports.installs import Install, Renew
from tests.fakes.clock import ManualClock


class SlowInstalls:
    """`Installs` with one install, whose renewal waits for `finish`."""

    def __init__(self, install: Install) -> None:
        self.install = install
        self.renewals = 0
        self.started = asyncio.Event()
        self.finish = asyncio.Event()

    async def put(self, install: Install) -> None:
        self.install = install

    async def get(self, platform: str, workspace: str) -> Install | None:
        return self.install

    async def renewed(self, platform: str, workspace: str, before: datetime, renew: Renew) -> Install | None:
        self.renewals += 1
        self.started.set()
        await self.finish.wait()
        self.install = replace(self.install, token="new", expires=before + timedelta(hours=9))
        return self.install

    async def forget(self, platform: str, workspace: str, *, until: datetime) -> Install | None: ...


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def slow(clock: ManualClock) -> SlowInstalls:
    return SlowInstalls(
        Install(platform="slack", workspace="T1", token="old", expires=clock.now() + timedelta(minutes=5))
    )


@pytest.fixture
async def tokens(slow: SlowInstalls, clock: ManualClock) -> InstalledTokens:
    oauth = OAuth(client_id="", client_secret="", api_url="http://127.0.0.1:9", clock=clock)
    return InstalledTokens(installs=slow, oauth=oauth, clock=clock)


async def test_cancelling_a_caller_does_not_cancel_the_renewal(tokens: InstalledTokens, slow: SlowInstalls) -> None:
    waiting = asyncio.create_task(tokens.token("T1"))
    await slow.started.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    closing = asyncio.create_task(tokens.close())
    slow.finish.set()
    await closing
    assert slow.install.token == "new"
    assert (await tokens.token("T1"), slow.renewals) == ("new", 1)


async def test_concurrent_callers_share_one_renewal(tokens: InstalledTokens, slow: SlowInstalls) -> None:
    waiting = asyncio.gather(*(tokens.token("T1") for _ in range(5)))
    await slow.started.wait()
    slow.finish.set()
    assert (await waiting, slow.renewals) == (["new"] * 5, 1)

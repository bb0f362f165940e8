"""Lookups of locales, within Slack's rate limits."""

from collections.abc import AsyncIterator

import pytest

from bots.slack.client import SlackClient
from bots.slack.directory import Directory
from bots.slack.rate_tiers import RateTiers
from bots.slack.tokens import SingleToken
from tests.fakes.clock import ManualClock
from tests.fakes.slack import TOKEN, FakeSlack


@pytest.fixture
async def api() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        fake.locales |= {"U7": "vi-VN", "U8": "es-ES"}
        yield fake


@pytest.fixture
async def client(api: FakeSlack) -> AsyncIterator[SlackClient]:
    client = SlackClient(SingleToken(TOKEN), tiers=RateTiers(ManualClock()), api_url=api.url)
    yield client
    await client.close()


async def test_a_failed_lookup_pauses_its_own_workspace_only(api: FakeSlack, client: SlackClient) -> None:
    clock = ManualClock()
    directory = Directory(client=client, clock=clock)
    api.refuse("users.info", "ratelimited", status=429, retry_after=30)
    assert await directory.locale("T1", "U7") == ""
    assert await directory.locale("T2", "U8") == "es-ES"
    assert await directory.locale("T1", "U7") == ""
    assert len(api.calls_of("users.info")) == 2
    clock.pass_(31)
    assert await directory.locale("T1", "U7") == "vi-VN"

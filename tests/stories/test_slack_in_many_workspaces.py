"""A workspace installs Sona, asks it in a channel, looks at the home tab and goes again, through the whole house."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from sqlalchemy import text

from core.address import Address
from core.event import Event, Rated, Sender
from core.ports.knowledge import Embedder
from tests.fakes.slack import SECRET, FakeSlack, event, post
from tests.fakes.slack_oauth import CLIENT_ID, CLIENT_SECRET
from tests.stories.program import StoryHouse, open_house

ASKED = {"user": "U7", "text": "<@UBOT> who painted the ceiling of the chapel?", "ts": "1700000000.000100"}
PLACE = Address("slack", "T2.C1", "1700000000.000100")
_RATINGS = text("SELECT platform_id, good FROM ratings")


@pytest.fixture
async def api() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        fake.locales["U7"] = "vi-VN"
        yield fake


@pytest.fixture
async def house(
    api: FakeSlack, tmp_path: Path, embedder: Embedder, database_url: str, redis_url: str
) -> AsyncIterator[StoryHouse]:
    chosen = {"slack_signing_secret": SECRET, "slack_api_url": api.url}
    app = {"slack_client_id": CLIENT_ID, "slack_client_secret": CLIENT_SECRET}
    servers = {"database_url": database_url, "redis_url": redis_url, "public_url": "here"}
    async with open_house(tmp_path, embedder, **chosen, **app, **servers) as opened:
        yield opened


async def _installed(api: FakeSlack, house: StoryHouse) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        async with browser.get(f"{house.url}slack/install", allow_redirects=False) as sent_off:
            query = parse_qs(urlsplit(sent_off.headers["Location"]).query)
        back = api.workspaces.consent({name: values[0] for name, values in query.items()}, "T2")
        async with browser.get(back) as done:
            assert done.status == 200


async def _happens(house: StoryHouse, number: str, **content: str) -> None:
    whole = event(dict(content), number) | {"team_id": "T2", "event_time": int(house.clock.now().timestamp())}
    whole["authorizations"] = [{"team_id": "T2", "user_id": "UBOT", "is_bot": True}]
    status, said = await post(f"{house.url}slack", whole, house.clock.now().timestamp())
    assert status == 200, said


async def test_from_the_install_to_its_end(api: FakeSlack, house: StoryHouse) -> None:
    shown = api.channel("C1")
    await _happens(house, "Ev1", type="app_mention", channel="C1", **ASKED)
    assert house.taking.events == []
    house.clock.pass_(10)
    await _installed(api, house)

    await _happens(house, "Ev2", type="app_mention", channel="C1", **ASKED)
    await house.settles()
    (begun,) = api.calls_of("chat.startStream")
    assert (begun["recipient_user_id"], begun["recipient_team_id"]) == ("U7", "T2")
    ((sent, message),) = shown.messages.items()
    assert [chunk["status"] for chunk in message["tasks"]] == ["in_progress", "complete"]
    assert "Mình không tìm thấy" in shown.texts[0]

    for number in ("1", "2"):
        sender = Sender(id="T2.U7", locale="vi-VN")
        rated = Event(
            id=f"slack:{number}", address=PLACE, sender=sender, at=house.clock.now(), body=Rated(good=True, of=sent)
        )
        await house.taking(rated)
    await house.settles()
    assert [tuple(row) for row in await house.stores.database.run(_RATINGS, {})] == [(sent, True)]
    assert len(shown.messages) == 1

    await _happens(house, "Ev3", type="app_home_opened", user="U7", channel="D7", tab="home", event_ts="1700000001.1")
    await api.wait_until(lambda: "U7" in api.views)
    assert "Tiến độ" in str(api.views["U7"])

    await _happens(house, "Ev4", type="app_uninstalled")
    await _happens(house, "Ev5", type="app_mention", channel="C1", **(ASKED | {"ts": "1700000009.000100"}))
    assert await house.stores.installs.get("slack", "T2") is None
    assert len(shown.messages) == 1

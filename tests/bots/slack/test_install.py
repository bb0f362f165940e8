"""Many workspaces: installing, tokens that end, and workspaces that remove the app."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web

from bots.http import Timeouts, Webhooks, application
from bots.slack import Slack, SlackSettings, connect
from core.address import Address
from core.errors import Refused, Unreachable
from core.event import Event
from core.reply import Text
from storage.engine.database import Database
from storage.people.installs import PostgresInstalls
from tests.bots.slack.conftest import Shelf
from tests.fakes.clock import ManualClock
from tests.fakes.slack import SECRET, TOKEN, FakeSlack, event, post
from tests.fakes.slack_oauth import CLIENT_ID, CLIENT_SECRET, SECONDS

HERE = "http://sona.example"
SAID = {"type": "message", "channel_type": "im", "channel": "D1", "user": "U7", "text": "toki", "ts": "1700000000.0001"}


def _ignored(name: str, /, **labels: str) -> None:
    """Nothing is asked of the counters here."""


@dataclass
class House:
    """The product's door with an app that many can install. `url` is where it stands, `HERE` what it is called by."""

    api: FakeSlack
    app: Slack
    clock: ManualClock
    installs: PostgresInstalls
    url: str = ""
    events: list[Event] = field(default_factory=list[Event])
    counted: list[str] = field(default_factory=list[str])
    browser: aiohttp.ClientSession = field(
        default_factory=lambda: aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    )

    async def sent_off(self) -> dict[str, str]:
        """What the page of consent is opened with."""
        async with self.browser.get(f"{self.url}/slack/install", allow_redirects=False) as answer:
            assert answer.status == 302
            place = answer.headers["Location"]
        assert place.startswith(f"{self.api.url}/oauth/v2/authorize?")
        return {name: values[0] for name, values in parse_qs(urlsplit(place).query).items()}

    async def comes_back(self, to: str, language: str = "en") -> tuple[int, str]:
        place = to.replace(HERE, self.url)
        async with self.browser.get(place, headers={"Accept-Language": language}) as answer:
            return answer.status, await answer.text()

    async def installs_it(self, team: str) -> None:
        status, said = await self.comes_back(self.api.workspaces.consent(await self.sent_off(), team))
        assert (status, f"Lipu {team}" in said) == (200, True)

    async def hears(self, team: str, content: Mapping[str, object], number: str = "Ev1") -> int:
        whole = event(dict(content), number) | {"team_id": team, "event_time": int(self.clock.now().timestamp())}
        whole["authorizations"] = [{"team_id": team, "user_id": "UBOT", "is_bot": True}]
        return (await post(f"{self.url}/slack", whole, self.clock.now().timestamp()))[0]


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    clock, counted, events = ManualClock(), list[str](), list[Event]()
    installs = PostgresInstalls(database, clock, secret_key=b"secret")

    def count(name: str, /, **labels: str) -> None:
        counted.append(f"{name} {labels.get('outcome', '')}".strip())

    async def receive(event: Event) -> bool:
        events.append(event)
        return True

    async with FakeSlack() as api:
        api.channel("D1")
        app = connect(
            SlackSettings(
                signing_secret=SECRET,
                api_url=api.url,
                client_id=CLIENT_ID,
                client_secret=CLIENT_SECRET,
                public_url=HERE,
            ),
            secret_key=b"secret",
            clock=clock,
            blobs=Shelf(),
            count=count,
            installs=installs,
        )
        site = application(Webhooks(receive, count), {"/slack": app.channel}, app.routes, Timeouts())
        runner = web.AppRunner(site, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        house = House(api, app, clock, installs, url, events, counted)
        yield house
        await house.browser.close()
        await runner.cleanup()
        await app.close()


async def test_a_workspace_that_installs_the_app_is_answered_with_its_own_token(house: House) -> None:
    assert await house.hears("T2", SAID) == 200
    assert house.events == []
    assert house.counted == ["event_uninstalled"]
    house.clock.pass_(6)
    await house.installs_it("T2")
    assert await house.hears("T2", SAID) == 200
    (found,) = house.events
    assert (str(found.address), found.sender.locale) == ("slack:T2.D1", "en-US")
    await house.app.channel.send(found.address, Text(text="toki!"), key="1")
    assert house.api.made("chat.postMessage")[0]["team_of_token"] == "T2"
    kept = await house.installs.get("slack", "T2")
    assert kept is not None
    assert (kept.name, kept.expires) == ("Lipu T2", house.clock.now() + timedelta(seconds=SECONDS))


async def test_what_is_asked_for_is_what_the_manifest_says(house: House) -> None:
    asked = await house.sent_off()
    assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, f"{HERE}/slack/oauth")
    assert {"chat:write", "users:read", "commands"} <= set(asked["scope"].split(","))


async def test_a_state_that_is_old_forged_or_of_another_browser_is_turned_away(house: House) -> None:
    back = house.api.workspaces.consent(await house.sent_off(), "T2")
    for forged in (back.replace("state=1", "state=2"), back[:-3], f"{HERE}/slack/oauth?code=x"):
        assert (await house.comes_back(forged))[0] == 400
    again = house.api.workspaces.consent(await house.sent_off(), "T2")
    house.browser.cookie_jar.clear()
    assert (await house.comes_back(again))[0] == 400
    late = house.api.workspaces.consent(await house.sent_off(), "T2")
    house.clock.pass_(601)
    assert (await house.comes_back(late))[0] == 400
    assert house.counted == ["install forged"] * 5
    assert house.api.made("oauth.v2.access") == []


async def test_who_says_no_and_what_goes_wrong_are_told_in_the_browsers_language(house: House) -> None:
    state = (await house.sent_off())["state"]
    refused = f"{HERE}/slack/oauth?error=access_denied&state={state}"
    status, said = await house.comes_back(refused, "es-MX,es;q=0.9")
    assert (status, "no se instaló" in said) == (400, True)
    back = house.api.workspaces.consent(await house.sent_off(), "T2")
    house.api.refuse("oauth.v2.access", "internal_error")
    assert (await house.comes_back(back))[0] == 503
    state = (await house.sent_off())["state"]
    assert (await house.comes_back(f"{HERE}/slack/oauth?code=guessed&state={state}"))[0] == 400
    assert house.counted == ["install declined", "install failed", "install failed"]


async def test_a_token_is_renewed_before_it_ends(house: House) -> None:
    await house.installs_it("T2")
    first = await house.installs.get("slack", "T2")
    house.clock.pass_(SECONDS - 3 * 3600)
    await house.app.channel.send(Address("slack", "T2.D1"), Text(text="wan"), key="1")
    assert await house.installs.get("slack", "T2") == first
    house.clock.pass_(3600 + 1)
    await house.app.channel.send(Address("slack", "T2.D1"), Text(text="tu"), key="2")
    fresh = await house.installs.get("slack", "T2")
    assert fresh is not None
    assert first is not None
    assert fresh.token != first.token
    assert fresh.expires == house.clock.now() + timedelta(seconds=SECONDS)
    assert house.api.channels["D1"].texts == ["wan", "tu"]


async def test_a_token_that_cannot_be_renewed_serves_until_it_ends(house: House) -> None:
    await house.installs_it("T2")
    house.clock.pass_(SECONDS - 3600)
    house.api.workspaces.refreshing.clear()
    await house.app.channel.send(Address("slack", "T2.D1"), Text(text="wan"), key="1")
    house.clock.pass_(3600)
    with pytest.raises(Refused) as refused:
        await house.app.channel.send(Address("slack", "T2.D1"), Text(text="tu"), key="2")
    assert refused.value.gone
    assert len(house.api.made("oauth.v2.access")) == 3


async def test_slack_that_is_away_for_a_while_costs_no_token(house: House) -> None:
    await house.installs_it("T2")
    house.clock.pass_(SECONDS)
    house.api.refuse("oauth.v2.access", "internal_error")
    for _ in range(2):
        with pytest.raises(Unreachable):
            await house.app.channel.send(Address("slack", "T2.D1"), Text(text="wan"), key="1")
    assert len(house.api.made("oauth.v2.access")) == 2
    assert await house.hears("T2", SAID) == 200
    assert len(house.events) == 1
    house.clock.pass_(61)
    await house.app.channel.send(Address("slack", "T2.D1"), Text(text="wan"), key="1")
    assert house.api.channels["D1"].texts == ["wan"]


@pytest.mark.parametrize(
    "ending", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["UBOT"]}}]
)
async def test_a_workspace_that_removes_the_app_is_forgotten(house: House, ending: dict[str, object]) -> None:
    await house.installs_it("T2")
    await house.installs_it("T3")
    assert await house.hears("T2", {"type": "tokens_revoked", "tokens": {"oauth": ["U7"]}}, "Ev1") == 200
    assert await house.hears("T2", SAID, "Ev2") == 200
    house.clock.pass_(1)
    assert await house.hears("T2", ending, "Ev3") == 200
    assert await house.installs.get("slack", "T2") is None
    assert house.api.made("auth.revoke")[0]["team_of_token"] == "T2"
    assert await house.hears("T2", SAID, "Ev4") == 200
    assert await house.hears("T3", SAID, "Ev5") == 200
    assert [str(found.address) for found in house.events] == ["slack:T2.D1", "slack:T3.D1"]
    with pytest.raises(Refused):
        await house.app.channel.send(Address("slack", "T2.D1"), Text(text="toki"), key="1")


async def test_the_workspace_of_the_token_in_the_settings_needs_no_install(database: Database) -> None:
    clock = ManualClock()
    async with FakeSlack() as api:
        api.channel("D1")
        settings = SlackSettings(
            token=TOKEN, api_url=api.url, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, public_url=HERE
        )
        installs = PostgresInstalls(database, clock, secret_key=b"secret")
        app = connect(
            settings,
            secret_key=b"s",
            clock=clock,
            blobs=Shelf(),
            count=_ignored,
            installs=installs,
        )
        await app.channel.send(Address("slack", "T1.D1"), Text(text="toki"), key="1")
        with pytest.raises(Refused):
            await app.channel.send(Address("slack", "T2.D1"), Text(text="toki"), key="2")
        await app.close()

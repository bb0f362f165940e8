"""Many workspaces: installs, expiring tokens, and removals of the app."""

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
from core.outbound import OutboundMessage
from core.reply import Text
from storage.engine.database import Database
from storage.people.installs import PostgresInstalls
from tests.bots.slack.conftest import SlackBlobs
from tests.fakes.clock import ManualClock
from tests.fakes.slack import SECRET, TOKEN, FakeSlack, event, post
from tests.fakes.slack_oauth import CLIENT_ID, CLIENT_SECRET, TOKEN_SECONDS

PUBLIC_URL = "http://sona.example"
SAID = {"type": "message", "channel_type": "im", "channel": "D1", "user": "U7", "text": "toki", "ts": "1700000000.0001"}


def _no_count(name: str, /, **labels: str) -> None:
    """Discard counters."""


@dataclass
class InstallSite:
    """The web application of an app for many workspaces, served at `url` for the public URL `PUBLIC_URL`."""

    api: FakeSlack
    app: Slack
    clock: ManualClock
    installs: PostgresInstalls
    url: str = ""
    events: list[Event] = field(default_factory=list[Event])
    counters: list[str] = field(default_factory=list[str])
    browser: aiohttp.ClientSession = field(
        default_factory=lambda: aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    )

    async def consent_query(self) -> dict[str, str]:
        """Start an install and return the query of the consent page."""
        async with self.browser.get(f"{self.url}/slack/install", allow_redirects=False) as answer:
            assert answer.status == 302
            consent_url = answer.headers["Location"]
        assert consent_url.startswith(f"{self.api.url}/oauth/v2/authorize?")
        return {name: values[0] for name, values in parse_qs(urlsplit(consent_url).query).items()}

    async def return_to(self, to: str, language: str = "en") -> tuple[int, str]:
        url = to.replace(PUBLIC_URL, self.url)
        async with self.browser.get(url, headers={"Accept-Language": language}) as answer:
            return answer.status, await answer.text()

    async def install(self, team: str) -> None:
        status, said = await self.return_to(self.api.workspaces.consent(await self.consent_query(), team))
        assert (status, f"Lipu {team}" in said) == (200, True)

    async def post_event(self, team: str, content: Mapping[str, object], number: str = "Ev1") -> int:
        payload = event(dict(content), number) | {"team_id": team, "event_time": int(self.clock.now().timestamp())}
        payload["authorizations"] = [{"team_id": team, "user_id": "UBOT", "is_bot": True}]
        return (await post(f"{self.url}/slack", payload, self.clock.now().timestamp()))[0]


@pytest.fixture
async def site(database: Database) -> AsyncIterator[InstallSite]:
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
                public_url=PUBLIC_URL,
            ),
            secret_key=b"secret",
            clock=clock,
            blobs=SlackBlobs(),
            count=count,
            installs=installs,
        )
        web_app = application(Webhooks(receive, count), {"/slack": app.channel}, app.routes, Timeouts())
        runner = web.AppRunner(web_app, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        site = InstallSite(api, app, clock, installs, url, events, counted)
        yield site
        await site.browser.close()
        await runner.cleanup()
        await app.close()


async def test_a_workspace_that_installs_the_app_is_answered_with_its_own_token(site: InstallSite) -> None:
    assert await site.post_event("T2", SAID) == 200
    assert site.events == []
    assert site.counters == ["event_uninstalled"]
    site.clock.pass_(6)
    await site.install("T2")
    assert await site.post_event("T2", SAID) == 200
    (found,) = site.events
    assert (str(found.address), found.sender.locale) == ("slack:T2.D1", "en-US")
    await site.app.channel.send(OutboundMessage(id="1", address=found.address, reply=Text(text="toki!")))
    assert site.api.calls_of("chat.postMessage")[0]["team_of_token"] == "T2"
    install = await site.installs.get("slack", "T2")
    assert install is not None
    assert (install.name, install.expires) == ("Lipu T2", site.clock.now() + timedelta(seconds=TOKEN_SECONDS))


async def test_the_consent_page_is_opened_with_the_manifests_scopes(site: InstallSite) -> None:
    query = await site.consent_query()
    assert (query["client_id"], query["redirect_uri"]) == (CLIENT_ID, f"{PUBLIC_URL}/slack/oauth")
    assert {"chat:write", "users:read", "commands"} <= set(query["scope"].split(","))


async def test_an_expired_forged_or_foreign_state_is_rejected(site: InstallSite) -> None:
    back = site.api.workspaces.consent(await site.consent_query(), "T2")
    for forged in (back.replace("state=1", "state=2"), back[:-3], f"{PUBLIC_URL}/slack/oauth?code=x"):
        assert (await site.return_to(forged))[0] == 400
    again = site.api.workspaces.consent(await site.consent_query(), "T2")
    site.browser.cookie_jar.clear()
    assert (await site.return_to(again))[0] == 400
    late = site.api.workspaces.consent(await site.consent_query(), "T2")
    site.clock.pass_(601)
    assert (await site.return_to(late))[0] == 400
    assert site.counters == ["install forged"] * 5
    assert site.api.calls_of("oauth.v2.access") == []


async def test_a_declined_or_failed_install_is_reported_in_the_browsers_language(site: InstallSite) -> None:
    state = (await site.consent_query())["state"]
    refused = f"{PUBLIC_URL}/slack/oauth?error=access_denied&state={state}"
    status, said = await site.return_to(refused, "es-MX,es;q=0.9")
    assert (status, "no se instaló" in said) == (400, True)
    back = site.api.workspaces.consent(await site.consent_query(), "T2")
    site.api.refuse("oauth.v2.access", "internal_error")
    assert (await site.return_to(back))[0] == 503
    state = (await site.consent_query())["state"]
    assert (await site.return_to(f"{PUBLIC_URL}/slack/oauth?code=guessed&state={state}"))[0] == 400
    assert site.counters == ["install declined", "install failed", "install failed"]


async def test_a_token_is_renewed_two_hours_before_it_expires(site: InstallSite) -> None:
    await site.install("T2")
    first = await site.installs.get("slack", "T2")
    site.clock.pass_(TOKEN_SECONDS - 3 * 3600)
    await site.app.channel.send(OutboundMessage(id="1", address=Address("slack", "T2.D1"), reply=Text(text="wan")))
    assert await site.installs.get("slack", "T2") == first
    site.clock.pass_(3600 + 1)
    await site.app.channel.send(OutboundMessage(id="2", address=Address("slack", "T2.D1"), reply=Text(text="tu")))
    fresh = await site.installs.get("slack", "T2")
    assert fresh is not None
    assert first is not None
    assert fresh.token != first.token
    assert fresh.expires == site.clock.now() + timedelta(seconds=TOKEN_SECONDS)
    assert site.api.channels["D1"].texts == ["wan", "tu"]


async def test_a_token_that_cannot_be_renewed_is_used_until_it_expires(site: InstallSite) -> None:
    await site.install("T2")
    site.clock.pass_(TOKEN_SECONDS - 3600)
    site.api.workspaces.refresh_tokens.clear()
    await site.app.channel.send(OutboundMessage(id="1", address=Address("slack", "T2.D1"), reply=Text(text="wan")))
    site.clock.pass_(3600)
    with pytest.raises(Refused) as refused:
        await site.app.channel.send(OutboundMessage(id="2", address=Address("slack", "T2.D1"), reply=Text(text="tu")))
    assert refused.value.gone
    assert len(site.api.calls_of("oauth.v2.access")) == 3


async def test_a_failed_renewal_is_retried_and_loses_no_token(site: InstallSite) -> None:
    await site.install("T2")
    site.clock.pass_(TOKEN_SECONDS)
    site.api.refuse("oauth.v2.access", "internal_error")
    for _ in range(2):
        with pytest.raises(Unreachable):
            await site.app.channel.send(
                OutboundMessage(id="1", address=Address("slack", "T2.D1"), reply=Text(text="wan"))
            )
    assert len(site.api.calls_of("oauth.v2.access")) == 2
    assert await site.post_event("T2", SAID) == 200
    assert len(site.events) == 1
    site.clock.pass_(61)
    await site.app.channel.send(OutboundMessage(id="1", address=Address("slack", "T2.D1"), reply=Text(text="wan")))
    assert site.api.channels["D1"].texts == ["wan"]


@pytest.mark.parametrize(
    "ending", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["UBOT"]}}]
)
async def test_the_token_of_a_workspace_that_removes_the_app_is_deleted(
    site: InstallSite, ending: dict[str, object]
) -> None:
    await site.install("T2")
    await site.install("T3")
    assert await site.post_event("T2", {"type": "tokens_revoked", "tokens": {"oauth": ["U7"]}}, "Ev1") == 200
    assert await site.post_event("T2", SAID, "Ev2") == 200
    site.clock.pass_(1)
    assert await site.post_event("T2", ending, "Ev3") == 200
    assert await site.installs.get("slack", "T2") is None
    assert site.api.calls_of("auth.revoke")[0]["team_of_token"] == "T2"
    assert await site.post_event("T2", SAID, "Ev4") == 200
    assert await site.post_event("T3", SAID, "Ev5") == 200
    assert [str(found.address) for found in site.events] == ["slack:T2.D1", "slack:T3.D1"]
    with pytest.raises(Refused):
        await site.app.channel.send(OutboundMessage(id="1", address=Address("slack", "T2.D1"), reply=Text(text="toki")))


async def test_the_workspace_of_the_settings_token_needs_no_install(database: Database) -> None:
    clock = ManualClock()
    async with FakeSlack() as api:
        api.channel("D1")
        settings = SlackSettings(
            token=TOKEN, api_url=api.url, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, public_url=PUBLIC_URL
        )
        installs = PostgresInstalls(database, clock, secret_key=b"secret")
        app = connect(
            settings,
            secret_key=b"s",
            clock=clock,
            blobs=SlackBlobs(),
            count=_no_count,
            installs=installs,
        )
        await app.channel.send(OutboundMessage(id="1", address=Address("slack", "T1.D1"), reply=Text(text="toki")))
        with pytest.raises(Refused):
            await app.channel.send(OutboundMessage(id="2", address=Address("slack", "T2.D1"), reply=Text(text="toki")))
        await app.close()

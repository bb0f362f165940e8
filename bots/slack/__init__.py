"""The Slack adapter: events over the Events API or Socket Mode, replies over the Web API."""

import asyncio
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from aiohttp.web import AbstractRouteDef

from bots.slack.admission import Admission
from bots.slack.channel import SlackChannel
from bots.slack.client import SlackClient
from bots.slack.directory import Directory
from bots.slack.drafts import LocalSlackDrafts, SlackDrafts
from bots.slack.home_updates import HomeUpdates, Suggest
from bots.slack.install import InstallFlow
from bots.slack.oauth import OAuth
from bots.slack.rate_tiers import RateTiers
from bots.slack.socket import SlackGateway
from bots.slack.streams import SlackStreams
from bots.slack.tokens import InstalledTokens, SingleToken, SlackTokens
from bots.slack.welcome import Welcome
from core.clock import Clock, Sleep
from core.ports.blobs import Blobs
from core.ports.count import Count
from core.ports.installs import Installs
from core.ports.overview import Identities, Overviews
from core.reply import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """Credentials and addresses of one app. `app_token` is for Socket Mode, `signing_secret` for webhooks; `api_url`
    replaces `https://slack.com`.

    With `client_id`, `client_secret` and `public_url`, many workspaces can install the app; `token` may then be empty or
    belong to one more workspace, which needs no install.
    """

    token: str = ""
    signing_secret: str = ""
    app_token: str = ""
    api_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    public_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """A connected app. `gateway` is used without a public URL; `routes` are the pages of the OAuth install."""

    channel: SlackChannel
    gateway: SlackGateway
    client: SlackClient
    routes: tuple[AbstractRouteDef, ...] = ()

    async def close(self) -> None:
        await self.channel.close()


def _no_suggestions(locale: str) -> tuple[Choice, ...]:  # noqa: ARG001 - a `Suggest` ignores its argument
    return ()


def connect(
    settings: SlackSettings,
    *,
    secret_key: bytes,
    clock: Clock,
    blobs: Blobs,
    count: Count,
    commands: Collection[str] = (),
    suggest: Suggest = _no_suggestions,
    drafts: SlackDrafts | None = None,
    installs: Installs | None = None,
    overviews: Overviews | None = None,
    identities: Identities | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Slack:
    """Build the app inside the event loop that uses it; sends nothing yet. Processes share `drafts`."""
    tokens, routes = _tokens_and_routes(settings, secret_key=secret_key, clock=clock, count=count, installs=installs)
    key, drafts = hmac.digest(secret_key, b"slack buttons", sha256), drafts or LocalSlackDrafts()
    client = SlackClient(tokens, tiers=RateTiers(clock), api_url=settings.api_url, sleep=sleep)
    directory, streams = Directory(client=client, clock=clock), SlackStreams(drafts)
    home_updates = HomeUpdates(
        client=client, directory=directory, drafts=drafts, overviews=overviews, suggest=suggest, key=key
    )
    admission = Admission(tokens=tokens, directory=directory, streams=streams, identities=identities, count=count)
    channel = SlackChannel(
        client=client,
        key=key,
        signing_secret=settings.signing_secret,
        commands=frozenset(commands),
        clock=clock,
        blobs=blobs,
        streams=streams,
        admission=admission,
        welcome=Welcome(client=client, directory=directory, home_updates=home_updates, suggest=suggest, key=key),
        home_updates=home_updates,
        count=lambda form: count("fallback", channel="slack", form=form),
    )
    gateway = SlackGateway(client=client, channel=channel, app_token=settings.app_token)
    return Slack(channel=channel, gateway=gateway, client=client, routes=routes)


def _tokens_and_routes(
    settings: SlackSettings, *, secret_key: bytes, clock: Clock, count: Count, installs: Installs | None
) -> tuple[SlackTokens, tuple[AbstractRouteDef, ...]]:
    """Return the settings' token without routes, or the tokens of installed workspaces with the routes of the install."""
    if installs is None or not (settings.client_id and settings.client_secret and settings.public_url):
        return SingleToken(settings.token), ()
    oauth = OAuth(
        client_id=settings.client_id, client_secret=settings.client_secret, api_url=settings.api_url, clock=clock
    )
    tokens = InstalledTokens(installs=installs, oauth=oauth, clock=clock, settings_token=settings.token)
    install_flow = InstallFlow(
        oauth=oauth,
        tokens=tokens,
        key=hmac.digest(secret_key, b"slack install", sha256),
        public_url=settings.public_url,
        clock=clock,
        count=count,
    )
    return tokens, install_flow.routes()

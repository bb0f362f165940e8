"""Slack, through the Events API or Socket Mode and the Web API."""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from bots.slack.channel import SlackChannel
from bots.slack.client import Client, OneToken, Tokens
from bots.slack.drafts import Drafts, LocalDrafts
from bots.slack.live import Streams
from bots.slack.socket import Listening
from bots.slack.welcome import Welcome
from core.clock import Clock
from core.ports.blobs import Blobs
from core.ports.count import Count
from core.reply import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`app_token` is for Socket Mode, `signing_secret` for being called; `api_url` replaces Slack's address."""

    token: str
    signing_secret: str = ""
    app_token: str = ""
    api_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """The app, connected: `gateway` listens where no public address is set."""

    channel: SlackChannel
    gateway: Listening
    client: Client

    async def close(self) -> None:
        await self.channel.close()


def connect(
    settings: Settings,
    *,
    secret_key: bytes,
    clock: Clock,
    blobs: Blobs,
    count: Count,
    commands: Collection[str] = (),
    suggestions: Sequence[Choice] = (),
    drafts: Drafts | None = None,
    tokens: Tokens | None = None,
) -> Slack:
    """Make the app; nothing goes out yet. To be called within the event loop that will use it.

    `commands` are the words that a slash command may begin with, `suggestions` what a new thread and the home tab
    offer. Each step down to a simpler form (`plain`, `numbers`, `edits`, `verdict`) is counted as a `fallback`.
    `drafts` is to be shared where turns and deliveries run in several processes; `tokens` replaces the one token.
    """
    client = Client(tokens or OneToken(settings.token), api_url=settings.api_url)
    key = hmac.digest(secret_key, b"slack buttons", sha256)
    channel = SlackChannel(
        client=client,
        key=key,
        secret=settings.signing_secret,
        commands=frozenset(commands),
        clock=clock,
        blobs=blobs,
        streams=Streams(drafts or LocalDrafts()),
        welcome=Welcome(client=client, suggestions=suggestions, key=key),
        count=lambda form: count("fallback", channel="slack", form=form),
    )
    gateway = Listening(client=client, channel=channel, app_token=settings.app_token)
    return Slack(channel=channel, gateway=gateway, client=client)

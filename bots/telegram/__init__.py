"""Telegram, through the Bot API."""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from bots.telegram.channel import TelegramChannel
from bots.telegram.client import TelegramClient
from bots.telegram.drafts import LocalTelegramDrafts, TelegramDrafts
from bots.telegram.live import TelegramStreams
from bots.telegram.poll import TelegramGateway
from bots.telegram.webhook import MenuByLanguage, register
from bots.telegram.wording import TelegramBot
from core.clock import Clock
from core.ports.blobs import Blobs
from core.ports.count import Count
from core.ports.messaging import Polls


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramSettings:
    """`webhook_secret` is made from the secret key when empty; `api_url` replaces Telegram's address."""

    token: str
    webhook_secret: str = ""
    api_url: str = ""
    public_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """The bot, connected: `gateway` listens where no public address is set."""

    channel: TelegramChannel
    gateway: TelegramGateway
    client: TelegramClient
    settings: TelegramSettings
    secret: str

    async def register(self, commands: MenuByLanguage) -> None:
        """Set the webhook, where there is a public address, and the commands; see `webhook.register`."""
        await register(
            client=self.client,
            channel=self.channel,
            public_url=self.settings.public_url,
            secret=self.secret,
            commands=commands,
        )

    async def close(self) -> None:
        await self.channel.close()


def connect(
    settings: TelegramSettings,
    *,
    secret_key: bytes,
    clock: Clock,
    blobs: Blobs,
    count: Count,
    drafts: TelegramDrafts | None = None,
    polls: Polls | None = None,
) -> Telegram:
    """Make the bot; nothing goes out yet. To be called within the event loop that will use it.

    Each step down to a simpler form (`plain`, `numbers`, `audio`, `edits`, `post`, `buttons`) is counted as a `fallback`. `drafts` is to be shared where turns and deliveries run in several processes.
    Without `polls` nobody knows which question a vote answers.
    """
    client = TelegramClient(settings.token, api_url=settings.api_url)
    secret = settings.webhook_secret or _derived(secret_key, "telegram webhook").hex()
    channel = TelegramChannel(
        client=client,
        bot=TelegramBot(id=_number(settings.token)),
        key=_derived(secret_key, "telegram buttons"),
        secret=secret,
        clock=clock,
        blobs=blobs,
        streams=TelegramStreams(drafts or LocalTelegramDrafts()),
        polls=polls,
        count=lambda form: count("fallback", channel="telegram", form=form),
    )
    gateway = TelegramGateway(client=client, channel=channel)
    return Telegram(channel=channel, gateway=gateway, client=client, settings=settings, secret=secret)


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode(), sha256)


def _number(token: str) -> int:
    """The bot's id, which its token begins with, or 0."""
    number, colon, rest = token.partition(":")
    return int(number) if colon and rest and number.isascii() and number.isdigit() else 0

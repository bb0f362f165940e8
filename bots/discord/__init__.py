"""Discord, by its gateway and by interactions over HTTP."""

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from bots.discord.channel import DiscordChannel
from bots.discord.client import DiscordClient
from bots.discord.commands import CommandSpec, Complete, differ, nothing
from bots.discord.drafts import DiscordDrafts, LocalDiscordDrafts
from bots.discord.gateway import DiscordGateway
from bots.discord.live import DiscordStreams
from bots.discord.send import Note
from bots.discord.sessions import GatewaySessions
from core.clock import Clock, Sleep
from core.ports.blobs import Blobs
from core.ports.count import Count


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordSettings:
    """`application` is asked for when empty; without a `public_key` (hexadecimal) no interaction is taken by HTTP. `api_url` replaces `https://discord.com`."""

    token: str
    application: str = ""
    public_key: str = ""
    api_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discord:
    """The bot, connected. `gateway` is needed in any case: messages never come by HTTP, interactions do where the application names an address for them."""

    channel: DiscordChannel
    gateway: DiscordGateway
    client: DiscordClient
    offers: Sequence[CommandSpec]

    async def register(self) -> bool:
        """Learn who we are and offer the commands; true when they were not there before. Raises `core.errors`."""
        await self.channel.identify()
        if not differ(self.offers, await self.client.commands()):
            return False
        await self.client.offer([offer.json() for offer in self.offers])
        return True

    async def close(self) -> None:
        await self.channel.close()


def connect(
    settings: DiscordSettings,
    *,
    secret_key: bytes,
    clock: Clock,
    blobs: Blobs,
    note: Note,
    count: Count,
    offers: Sequence[CommandSpec] = (),
    complete: Complete = nothing,
    drafts: DiscordDrafts | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Discord:
    """Make the bot; nothing goes out yet. To be called within the event loop that will use it.

    `offers` are the commands, `complete` knows what may be filled in to them. Each step down to a simpler form (`numbers`, `audio`, `post`) is counted as a `fallback`. `drafts` is to be shared where turns and deliveries run in several processes.
    """
    drafts = drafts or LocalDiscordDrafts()
    client = DiscordClient(settings.token, application=settings.application, api_url=settings.api_url)
    channel = DiscordChannel(
        client=client,
        key=hmac.digest(secret_key, b"discord buttons", sha256),
        public_key=settings.public_key,
        offers=offers,
        complete=complete,
        clock=clock,
        blobs=blobs,
        streams=DiscordStreams(drafts),
        note=note,
        count=lambda form: count("fallback", channel="discord", form=form),
    )
    gateway = DiscordGateway(
        token=settings.token, api_url=settings.api_url, channel=channel, sessions=GatewaySessions(drafts), sleep=sleep
    )
    return Discord(channel=channel, gateway=gateway, client=client, offers=offers)

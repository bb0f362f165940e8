"""Discord, by its gateway and by interactions over HTTP."""

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from bots.discord.channel import DiscordChannel
from bots.discord.client import DiscordClient
from bots.discord.commands import Autocomplete, CommandSpec, commands_differ, no_suggestions
from bots.discord.drafts import DiscordDrafts, LocalDiscordDrafts
from bots.discord.gateway import DiscordGateway
from bots.discord.live import DiscordStreams
from bots.discord.send import EncodeVoiceNote
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
    commands: Sequence[CommandSpec]

    async def register(self) -> bool:
        """Learn who we are and offer the commands; true when they were not there before. Raises `core.errors`."""
        await self.channel.identify()
        if not commands_differ(self.commands, await self.client.commands()):
            return False
        await self.client.replace_commands([offer.json() for offer in self.commands])
        return True

    async def close(self) -> None:
        await self.channel.close()


def connect(
    settings: DiscordSettings,
    *,
    secret_key: bytes,
    clock: Clock,
    blobs: Blobs,
    encode_voice_note: EncodeVoiceNote,
    count: Count,
    commands: Sequence[CommandSpec] = (),
    autocomplete: Autocomplete = no_suggestions,
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
        commands=commands,
        autocomplete=autocomplete,
        clock=clock,
        blobs=blobs,
        streams=DiscordStreams(drafts),
        encode_voice_note=encode_voice_note,
        count=lambda form: count("fallback", channel="discord", form=form),
    )
    gateway = DiscordGateway(
        token=settings.token, api_url=settings.api_url, channel=channel, sessions=GatewaySessions(drafts), sleep=sleep
    )
    return Discord(channel=channel, gateway=gateway, client=client, commands=commands)

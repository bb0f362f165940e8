"""The Discord adapter: messages over the gateway, interactions over the gateway or HTTP."""

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
    """Credentials and addresses of one bot.

    An empty `application` id is looked up with the token. `public_key` is hexadecimal; without it every interaction over
    HTTP is rejected. `api_url` replaces `https://discord.com`.
    """

    token: str
    application: str = ""
    public_key: str = ""
    api_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discord:
    """A connected bot. `gateway` is always needed: Discord sends messages over the gateway only, while interactions come
    over HTTP if the application has an interactions endpoint URL.
    """

    channel: DiscordChannel
    gateway: DiscordGateway
    client: DiscordClient
    commands: Sequence[CommandSpec]

    async def register(self) -> bool:
        """Look up the bot's identity and register its commands; return whether they had to be changed. Raises `core.errors`."""
        await self.channel.identify()
        if not commands_differ(self.commands, await self.client.commands()):
            return False
        await self.client.replace_commands([command.json() for command in self.commands])
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
    """Build the bot inside the event loop that uses it; sends nothing yet.

    Deliveries in a simpler form (`numbers`, `audio`, `post`) are counted as `fallback`. Processes share `drafts`.
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

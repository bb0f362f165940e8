"""The channels, and the connections to the platforms that are switched on.

A platform's SDK is imported only when it is switched on: each takes about 20 MB and 0.25 s.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp.web import AbstractRouteDef

from bots.terminal import TerminalChannel
from bots.web import WebChannel
from bots.web import connect as connect_web
from core.channel import Channel, Gateway
from core.dialogue.feature import all_features, listed_commands
from core.dialogue.suggestions import suggest
from core.event import Event
from core.phrases import DEFAULT, locales, phrase
from workers.compose import dialogue
from workers.compose.availability import availabilities
from workers.compose.stores import Stores
from workers.settings import Settings

if TYPE_CHECKING:
    from bots.slack import SlackSettings as SlackSettings
    from bots.twilio import TwilioSettings as TwilioSettings

AcceptEvent = Callable[[Event], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class ConnectedPlatform:
    """A connected platform.

    `announce` registers our address and commands with it. `identify` returns our name there. `has_webhook`: it delivers
    events by HTTP. `routes` are its other HTTP endpoints.
    """

    channel: Channel
    gateway: Gateway | None
    announce: Callable[[], Awaitable[None]]
    identify: Callable[[], Awaitable[str]]
    close: Callable[[], Awaitable[None]]
    has_webhook: bool
    routes: tuple[AbstractRouteDef, ...] = ()


def web(stores: Stores, accept: AcceptEvent) -> WebChannel:
    """Return the web chat; its events go to `accept`."""
    from core.providers.audio.codec import convert

    settings = stores.settings
    return connect_web(
        feed=stores.feed,
        blobs=stores.blobs,
        receive=accept,
        clock=stores.clock,
        secret=settings.secret_key.encode(),
        convert=convert,
        origins=(settings.public_url.rstrip("/"),) if settings.public_url else (),
    )


def platforms(stores: Stores) -> dict[str, ConnectedPlatform]:
    """Connect the platforms that are switched on; returned by name."""
    enabled = {found.name for found in availabilities(stores.settings) if found.state == "on"}
    connectors: Mapping[str, Callable[[Stores], ConnectedPlatform]] = {
        "telegram": _telegram,
        "discord": _discord,
        "slack": _slack,
        "sms": _sms,
    }
    return {name: make(stores) for name, make in connectors.items() if name in enabled}


def channels(stores: Stores, connected: Mapping[str, ConnectedPlatform], accept: AcceptEvent) -> dict[str, Channel]:
    """Return every channel a worker may deliver to, by name."""
    own: tuple[Channel, ...] = (
        web(stores, accept),
        TerminalChannel(feed=stores.feed, clock=stores.clock),
    )
    return {channel.name: channel for channel in (*own, *(platform.channel for platform in connected.values()))}


def _telegram(stores: Stores) -> ConnectedPlatform:
    from bots import telegram

    settings = stores.settings
    bot = telegram.connect(
        telegram.TelegramSettings(
            token=settings.telegram_bot_token,
            webhook_secret=settings.telegram_webhook_secret,
            api_url=settings.telegram_api_url,
            public_url=settings.public_url,
        ),
        secret_key=settings.secret_key.encode(),
        clock=stores.clock,
        blobs=stores.blobs,
        count=stores.count,
        drafts=stores.drafts,
        polls=stores.polls,
    )

    async def announce() -> None:
        await bot.register(command_menus())

    async def identify() -> str:
        return f"@{await bot.channel.identify()}"

    return ConnectedPlatform(
        channel=bot.channel,
        gateway=None if settings.public_url else bot.gateway,
        announce=announce,
        identify=identify,
        close=bot.close,
        has_webhook=bool(settings.public_url),
    )


def _sms(stores: Stores) -> ConnectedPlatform:
    from bots import twilio
    from core.providers.audio.codec import convert

    settings = stores.settings
    account = twilio.connect(
        _sms_settings(settings),
        secret_key=settings.secret_key.encode(),
        blobs=stores.blobs,
        convert=convert,
        outcomes=stores.outcomes,
        consents=stores.consents,
        allowance=stores.allowance,
        locale_at=stores.locale_at,
        clock=stores.clock,
        count=stores.count,
    )

    async def announce() -> None:
        """Nothing to do: the webhook's address is set in Twilio's console."""

    async def identify() -> str:
        return f"{settings.twilio_phone_number} of {await account.client.identify()}"

    return ConnectedPlatform(
        channel=account.channel,
        gateway=None,
        announce=announce,
        identify=identify,
        close=account.close,
        has_webhook=True,
        routes=account.routes.all(),
    )


def _sms_settings(settings: Settings) -> "TwilioSettings":
    from bots import twilio

    return twilio.TwilioSettings(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        number=settings.twilio_phone_number,
        public_url=settings.public_url,
        api_url=settings.twilio_api_url,
        daily_segments=settings.sms_daily_segments,
        segment_price=settings.sms_segment_price,
    )


def _discord(stores: Stores) -> ConnectedPlatform:
    from bots import discord
    from core.providers.audio import codec
    from workers.compose.discord_commands import command_specs, complete

    settings = stores.settings
    bot = discord.connect(
        discord.DiscordSettings(
            token=settings.discord_bot_token,
            application=settings.discord_application_id,
            public_key=settings.discord_public_key,
            api_url=settings.discord_api_url,
        ),
        secret_key=settings.secret_key.encode(),
        clock=stores.clock,
        blobs=stores.blobs,
        encode_voice_note=codec.note,
        count=stores.count,
        commands=command_specs(),
        autocomplete=complete,
        drafts=stores.drafts,
    )

    async def announce() -> None:
        await bot.register()

    async def identify() -> str:
        return await bot.channel.identify()

    return ConnectedPlatform(
        channel=bot.channel,
        gateway=bot.gateway,
        announce=announce,
        identify=identify,
        close=bot.close,
        has_webhook=bool(settings.public_url and settings.discord_public_key),
    )


def _slack(stores: Stores) -> ConnectedPlatform:
    from bots import slack

    settings = stores.settings
    app = slack.connect(
        _slack_settings(settings),
        secret_key=settings.secret_key.encode(),
        clock=stores.clock,
        blobs=stores.blobs,
        count=stores.count,
        commands=tuple(one.name for one in listed_commands(all_features())),
        suggest=lambda locale: suggest(locale, "lesson", "quiz", "review", "help"),
        drafts=stores.drafts,
        installs=stores.installs,
        overviews=dialogue.overview_builder(stores),
        identities=stores.acquaintances,
    )

    async def announce() -> None:
        """Nothing to do: address and commands are part of the app's settings at Slack."""

    async def identify() -> str:
        if not settings.slack_bot_token:
            return f"workspaces install it at {settings.public_url.rstrip('/')}/slack/install"
        name, team = await app.client.identify()
        return f"@{name} at {team}"

    return ConnectedPlatform(
        channel=app.channel,
        gateway=None if settings.public_url else app.gateway,
        announce=announce,
        identify=identify,
        close=app.close,
        has_webhook=bool(settings.public_url),
        routes=app.routes,
    )


def _slack_settings(settings: Settings) -> "SlackSettings":
    from bots import slack

    return slack.SlackSettings(
        token=settings.slack_bot_token,
        signing_secret=settings.slack_signing_secret,
        app_token=settings.slack_app_token,
        api_url=settings.slack_api_url,
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret,
        public_url=settings.public_url,
    )


def identify_check(platform: ConnectedPlatform | None) -> Callable[[], Awaitable[str]]:
    """Return a health check that asks a platform for our name there."""

    async def run() -> str:
        return await platform.identify() if platform else ""

    return run


def command_menus() -> dict[str, list[tuple[str, str]]]:
    """Return names and descriptions of the commands by language; the empty language is the default."""
    offered = {
        tag: [(one.name, phrase(one.about, tag)) for one in listed_commands(all_features())] for tag in locales()
    }
    return {"": offered[DEFAULT], **{tag: listed for tag, listed in offered.items() if tag != DEFAULT}}

"""The platforms that are switched on, each with what listens and what must be told of us.

A platform's SDK is imported when it is switched on: each takes some 20 MB and a quarter of a second.
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

TakeAnyEvent = Callable[[Event], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class ConnectedPlatform:
    """An outer platform. `announce` tells it where we are and what we offer; `hooked` says that it calls us by HTTP.

    `routes` are what it calls beside its events.
    """

    channel: Channel
    gateway: Gateway | None
    announce: Callable[[], Awaitable[None]]
    greet: Callable[[], Awaitable[str]]
    close: Callable[[], Awaitable[None]]
    hooked: bool
    routes: tuple[AbstractRouteDef, ...] = ()


def web(stores: Stores, take: TakeAnyEvent) -> WebChannel:
    """The web chat, whose events go to `take`."""
    from core.providers.audio.codec import convert

    settings = stores.settings
    return connect_web(
        feed=stores.feed,
        blobs=stores.blobs,
        receive=take,
        clock=stores.clock,
        secret=settings.secret_key.encode(),
        convert=convert,
        origins=(settings.public_url.rstrip("/"),) if settings.public_url else (),
    )


def platforms(stores: Stores) -> dict[str, ConnectedPlatform]:
    """The outer platforms that are switched on, by name."""
    on = {found.name for found in availabilities(stores.settings) if found.state == "on"}
    makers: Mapping[str, Callable[[Stores], ConnectedPlatform]] = {
        "telegram": _telegram,
        "discord": _discord,
        "slack": _slack,
        "sms": _sms,
    }
    return {name: make(stores) for name, make in makers.items() if name in on}


def channels(stores: Stores, outer: Mapping[str, ConnectedPlatform], take: TakeAnyEvent) -> dict[str, Channel]:
    """Every channel a worker may deliver to, by name."""
    home: tuple[Channel, ...] = (
        web(stores, take),
        TerminalChannel(feed=stores.feed, clock=stores.clock),
    )
    return {channel.name: channel for channel in (*home, *(platform.channel for platform in outer.values()))}


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
        await bot.register(commands())

    async def greet() -> str:
        return f"@{await bot.channel.identify()}"

    return ConnectedPlatform(
        channel=bot.channel,
        gateway=None if settings.public_url else bot.gateway,
        announce=announce,
        greet=greet,
        close=bot.close,
        hooked=bool(settings.public_url),
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
        """Where we are called is set in Twilio's console."""

    async def greet() -> str:
        return f"{settings.twilio_phone_number} of {await account.client.identify()}"

    return ConnectedPlatform(
        channel=account.channel,
        gateway=None,
        announce=announce,
        greet=greet,
        close=account.close,
        hooked=True,
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
    from workers.compose.discord_commands import completed, offers

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
        commands=offers(),
        autocomplete=completed,
        drafts=stores.drafts,
    )

    async def announce() -> None:
        await bot.register()

    async def greet() -> str:
        return await bot.channel.identify()

    return ConnectedPlatform(
        channel=bot.channel,
        gateway=bot.gateway,
        announce=announce,
        greet=greet,
        close=bot.close,
        hooked=bool(settings.public_url and settings.discord_public_key),
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
        overviews=dialogue.glance(stores),
        identities=stores.acquaintances,
    )

    async def announce() -> None:
        """Slack is told our address in the app's own settings, and its commands there too."""

    async def greet() -> str:
        if not settings.slack_bot_token:
            return f"workspaces install it at {settings.public_url.rstrip('/')}/slack/install"
        name, team = await app.client.identify()
        return f"@{name} at {team}"

    return ConnectedPlatform(
        channel=app.channel,
        gateway=None if settings.public_url else app.gateway,
        announce=announce,
        greet=greet,
        close=app.close,
        hooked=bool(settings.public_url),
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


def greeting(platform: ConnectedPlatform | None) -> Callable[[], Awaitable[str]]:
    """Asks a platform who we are there."""

    async def asked() -> str:
        return await platform.greet() if platform else ""

    return asked


def commands() -> dict[str, list[tuple[str, str]]]:
    """The commands with what they do, by language; the empty one is for everybody else."""
    offered = {
        tag: [(one.name, phrase(one.about, tag)) for one in listed_commands(all_features())] for tag in locales()
    }
    return {"": offered[DEFAULT], **{tag: listed for tag, listed in offered.items() if tag != DEFAULT}}

"""Which platforms are on and why, derived from the settings alone so that no SDK is imported."""

import importlib.util
from dataclasses import dataclass

from core.channel import Availability
from workers.settings import Settings, variables


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformInfo:
    """A platform in `bots/<folder>`, the settings it requires, and how its events arrive.

    `has_gateway`: a gateway process can receive events without a public address. `always_listens`: it needs the gateway
    even with a public address, because not every event comes by webhook. `needs_for_webhook` replaces `needs` when there
    is a public address and it is not empty; `needs_for_install` is an alternative to it.
    """

    name: str
    folder: str
    needs: tuple[str, ...]
    has_gateway: bool
    always_listens: bool = False
    needs_for_webhook: tuple[str, ...] = ()
    needs_for_install: tuple[str, ...] = ()


_PLATFORMS = (
    PlatformInfo(name="telegram", folder="telegram", needs=("telegram_bot_token",), has_gateway=True),
    PlatformInfo(name="discord", folder="discord", needs=("discord_bot_token",), has_gateway=True, always_listens=True),
    PlatformInfo(
        name="slack",
        folder="slack",
        needs=("slack_bot_token", "slack_app_token"),
        has_gateway=True,
        needs_for_webhook=("slack_bot_token", "slack_signing_secret"),
        needs_for_install=("slack_client_id", "slack_client_secret", "slack_signing_secret"),
    ),
    PlatformInfo(
        name="sms",
        folder="twilio",
        needs=("twilio_account_sid", "twilio_auth_token", "twilio_phone_number"),
        has_gateway=False,
    ),
)


def availabilities(settings: Settings) -> tuple[Availability, ...]:
    """Return each platform's state and its reason."""
    return tuple(_availability(platform, settings) for platform in _PLATFORMS)


def gateways(settings: Settings) -> tuple[str, ...]:
    """Return the platforms that need a gateway process."""
    return tuple(
        platform.name
        for platform in _PLATFORMS
        if (platform.always_listens or (platform.has_gateway and not settings.public_url))
        and _availability(platform, settings).state == "on"
    )


def _availability(platform: PlatformInfo, settings: Settings) -> Availability:
    needs = (settings.public_url and platform.needs_for_webhook) or platform.needs
    if (
        settings.public_url
        and platform.needs_for_install
        and all(getattr(settings, name) for name in platform.needs_for_install)
    ):
        needs = platform.needs_for_install
    missing = [name for name in needs if not getattr(settings, name)]
    if missing:
        names = {name: variable for variable, name in variables().items()}
        verb = "is" if len(missing) == 1 else "are"
        return _off(platform, f"{' and '.join(names[name] for name in missing)} {verb} not set")
    if importlib.util.find_spec(f"bots.{platform.folder}") is None:
        return _off(platform, "not supported by this version")
    if platform.always_listens:
        return Availability(name=platform.name, state="on", why="listens by itself")
    if settings.public_url:
        return Availability(name=platform.name, state="on", why=f"called at {settings.public_url}")
    if not platform.has_gateway:
        return _off(platform, "SONA_PUBLIC_URL is not set")
    return Availability(name=platform.name, state="on", why="listens by itself, as SONA_PUBLIC_URL is not set")


def _off(platform: PlatformInfo, why: str) -> Availability:
    return Availability(name=platform.name, state="off", why=why)

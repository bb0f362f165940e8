"""Maps errors of Discord and its SDK to `core.errors`; no other module does."""

import asyncio

from aiohttp import ClientError
from discord import DiscordException, HTTPException, LoginFailure, RateLimited

from bots.discord.sdk_routes import GloballyRateLimited
from core.errors import Failure, Refused, Throttled, Unreachable

EXPECTED = (DiscordException, ClientError, OSError, asyncio.TimeoutError)
_DEFAULT_RETRY_AFTER = 5.0
_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE, _UNKNOWN_WEBHOOK, _UNKNOWN_INTERACTION = 10003, 10008, 10015, 10062
_ALREADY_ACKNOWLEDGED, _NO_ACCESS, _OTHERS_MESSAGE, _NO_DM, _BAD_TOKEN = 40060, 50001, 50005, 50007, 50027
_NO_MORE_FOLLOW_UPS, _NO_PERMISSION = 40094, 50013
_GONE = frozenset({_UNKNOWN_CHANNEL, _NO_ACCESS, _NO_DM, _NO_MORE_FOLLOW_UPS})


class DiscordUneditable(Refused):
    """The message does not exist or is not the bot's own."""


class UnknownInteraction(DiscordUneditable):
    """The interaction's 15 minutes are over, or Discord has not yet processed the first response to it."""


class AlreadyAcknowledged(Refused):
    """The interaction already has its first response."""


class BotBlocked(Refused):
    """The bot lacks access to the channel; an interaction's token may still allow an answer."""


class DiscordTokenRejected(Unreachable):
    """Discord does not accept the bot's token."""


def failure(error: BaseException) -> Failure:
    """Map an error of the SDK or the network."""
    match error:
        case LoginFailure():
            return DiscordTokenRejected("Discord does not accept the bot's token")
        case GloballyRateLimited():
            return Throttled("rate limit of the whole bot", retry_after=error.retry_after, everybody=True)
        case RateLimited():
            return Throttled("rate limit", retry_after=error.retry_after)
        case HTTPException():
            return _http_failure(error)
        case _:
            return Unreachable(f"Discord: {type(error).__name__}")


def _http_failure(error: HTTPException) -> Failure:
    words = f"{error.status} ({error.code}) {error.text}"[:200]
    match error.status:
        case 429:
            return Throttled(words, retry_after=_retry_after(error), everybody=_is_global(error))
        case 401 if error.code != _BAD_TOKEN:
            return DiscordTokenRejected(words)
        case status if status >= 500:
            return Unreachable(words)
        case _:
            return _refusal(error.code, words)


def _refusal(code: int, detail: str) -> Refused:
    match code:
        case code if code in (_UNKNOWN_WEBHOOK, _UNKNOWN_INTERACTION, _BAD_TOKEN):
            return UnknownInteraction(detail)
        case code if code in (_UNKNOWN_MESSAGE, _OTHERS_MESSAGE):
            return DiscordUneditable(detail)
        case code if code in (_NO_ACCESS, _NO_PERMISSION):
            return BotBlocked(detail, gone=code in _GONE)
        case code if code == _ALREADY_ACKNOWLEDGED:
            return AlreadyAcknowledged(detail)
        case _:
            return Refused(detail, gone=code in _GONE)


def _is_global(error: HTTPException) -> bool:
    """Return whether the limit is the bot's, or its IP address is banned by Cloudflare, whose answers lack Discord's `Via`."""
    headers = error.response.headers
    return "X-RateLimit-Global" in headers or "Via" not in headers


def _retry_after(error: HTTPException) -> float:
    """Return the header's seconds, at least 0.1; a default if it is missing or invalid."""
    try:
        return max(float(error.response.headers["Retry-After"]), 0.1)
    except (KeyError, ValueError):
        return _DEFAULT_RETRY_AFTER

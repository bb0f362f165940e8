"""Tells Telegram where to call us and which commands to offer."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from bots.telegram.channel import TelegramChannel
from bots.telegram.client import TelegramClient
from bots.telegram.errors import TelegramTokenRejected
from bots.telegram.parse import KINDS
from core.clock import Sleep
from core.errors import Refused, Throttled, Unreachable

_log = logging.getLogger(__name__)
_LONGEST_WAIT = 60.0
PATH = "/telegram"

MenuByLanguage = Mapping[str, Sequence[tuple[str, str]]]
"""Name (1 to 32 of a-z, 0-9 and _) and description (1 to 256 characters) of each command, by language; "" is everyone else's."""


PERSONAL = frozenset(("start", "language", "voice", "link", "unlink", "mydata", "forget"))
"""Commands that are about one person and their own chat: groups are not offered them."""


async def register(
    *,
    client: TelegramClient,
    channel: TelegramChannel,
    public_url: str,
    secret: str,
    commands: MenuByLanguage,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Set webhook and commands and learn the bot's name, trying until Telegram answers; doing it again changes nothing.

    An empty `public_url` leaves the webhook to `Polling`, which removes it. What Telegram will never take is said in one line and left.
    """
    failures = 0
    while True:
        try:
            await channel.identify()
            if public_url:
                await client.set_webhook(public_url.rstrip("/") + PATH, secret, KINDS)
            await _offer(client, commands)
            return
        except TelegramTokenRejected as error:
            if public_url:
                _log.error("Telegram: %s; nothing will come in until it is corrected and Sona started anew", error)
            return
        except Refused as refusal:
            _log.error("Telegram: it does not take what it was told of us: %s", refusal)
            return
        except Throttled as wait:
            await sleep(wait.retry_after)
        except Unreachable as error:
            failures += 1
            _log.warning("Telegram: could not register: %s", error)
            await sleep(min(2.0**failures, _LONGEST_WAIT))


async def _offer(client: TelegramClient, commands: MenuByLanguage) -> None:
    """All commands everywhere, and in groups those for groups."""
    for language, offered in commands.items():
        await client.offer(offered, language)
        await client.offer([each for each in offered if each[0] not in PERSONAL], language, groups=True)

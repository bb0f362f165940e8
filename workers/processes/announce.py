"""Tells a platform where we are and what we offer, until it has listened."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from core.errors import Throttled
from workers.compose.channels import ConnectedPlatform

_log = logging.getLogger(__name__)
_MAX_WAIT = 300.0


async def announce(platform: ConnectedPlatform, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Again and again, slower each time or as the platform asks; nothing that it answers is raised."""
    wait = 1.0
    while True:
        try:
            return await platform.announce()
        except Exception as error:  # noqa: BLE001 - whatever keeps it from being told, it has to be told again
            _log.warning("%s could not be told where we are: %s", platform.channel.name, type(error).__name__)
            await sleep(max(wait, error.retry_after) if isinstance(error, Throttled) else wait)
            wait = min(wait * 2, _MAX_WAIT)

"""Register our address and commands with a platform, retrying until it succeeds."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from core.errors import Throttled
from workers.compose.channels import ConnectedPlatform

_log = logging.getLogger(__name__)
_MAX_WAIT = 300.0


async def announce(platform: ConnectedPlatform, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Retry with exponential back-off, or as long as the platform asks; never raise."""
    wait = 1.0
    while True:
        try:
            return await platform.announce()
        except Exception as error:  # noqa: BLE001 - any failure is retried
            _log.warning("registering with %s failed: %s", platform.channel.name, type(error).__name__)
            await sleep(max(wait, error.retry_after) if isinstance(error, Throttled) else wait)
            wait = min(wait * 2, _MAX_WAIT)

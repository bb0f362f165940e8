"""Stop signs between processes, by Valkey's publish and subscribe."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Generator

import redis.asyncio as redis
from redis.exceptions import RedisError

from core.address import Address

_CHANNEL = "sona:stop"
_log = logging.getLogger(__name__)


class StopSigns:
    """Who runs a turn waits here; who stops one calls `send`, from any process."""

    def __init__(self, client: redis.Redis, *, pause: float = 1.0) -> None:
        self._client = client
        self._pause = pause
        self._waiting: defaultdict[Address, set[asyncio.Event]] = defaultdict(set)

    async def send(self, address: Address) -> None:
        """Tell every worker; a sign lost while Valkey is away is only a stop that comes too late."""
        try:
            await self._client.publish(_CHANNEL, str(address))
        except (RedisError, OSError) as error:
            _log.warning("a stop was lost: %s", type(error).__name__)

    @contextlib.contextmanager
    def __call__(self, address: Address) -> Generator[asyncio.Event]:
        event = asyncio.Event()
        self._waiting[address].add(event)
        try:
            yield event
        finally:
            self._waiting[address].discard(event)
            if not self._waiting[address]:
                del self._waiting[address]

    async def listen(self) -> None:
        """Hear stop signs until cancelled; subscribes anew when Valkey went away."""
        while True:
            try:
                async with self._client.pubsub(ignore_subscribe_messages=True) as signs:
                    await signs.subscribe(_CHANNEL)
                    async for sign in signs.listen():
                        self._hear(sign["data"])
            except (RedisError, OSError) as error:
                _log.warning("stop signs are away: %s", type(error).__name__)
                await asyncio.sleep(self._pause)

    def _hear(self, data: bytes | str) -> None:
        address = Address.parse(data.decode() if isinstance(data, bytes) else data)
        for event in self._waiting.get(address, ()):
            event.set()

"""Counters of all processes together, kept in Valkey and read by `/metrics`."""

import asyncio
import logging
from collections import Counter

import redis.asyncio as redis
from redis.exceptions import RedisError

_KEY = "sona:counts"
_log = logging.getLogger(__name__)


class ValkeyCounters:
    """`core.ports.count.Count`: counted in memory at once, added to the common counters every few seconds."""

    def __init__(self, client: redis.Redis, *, interval: float = 2.0) -> None:
        self._client = client
        self._every = interval
        self._new: Counter[str] = Counter()

    def __call__(self, name: str, /, **labels: str) -> None:
        inside = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        self._new[f"sona_{name}_total{{{inside}}}" if inside else f"sona_{name}_total"] += 1

    async def flush(self) -> None:
        """Add what was counted since the last time; it is counted later when Valkey is away."""
        new, self._new = self._new, Counter()
        if not new:
            return
        try:
            async with self._client.pipeline(transaction=True) as pipe:
                for key, number in new.items():
                    pipe.hincrby(_KEY, key, number)
                await pipe.execute()
        except (RedisError, OSError):
            self._new.update(new)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            await self.flush()

    async def prometheus_lines(self) -> list[str]:
        """Every counter in Prometheus' text form; empty when Valkey is away."""
        try:
            found = await self._client.hgetall(_KEY)
        except (RedisError, OSError):
            return []
        return sorted(f"{_text(key)} {_text(value)}" for key, value in found.items())


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value

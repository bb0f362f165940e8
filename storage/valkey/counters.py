"""Counters shared by all processes, which `/metrics` reports."""

import asyncio
from collections import Counter

import redis.asyncio as redis
from redis.exceptions import RedisError

_KEY = "sona:counts"


class ValkeyCounters:
    """`core.ports.count.Count`: counts in memory and adds to the shared counters every `interval` seconds."""

    def __init__(self, client: redis.Redis, *, interval: float = 2.0) -> None:
        self._client = client
        self._interval = interval
        self._pending: Counter[str] = Counter()

    def __call__(self, name: str, /, **labels: str) -> None:
        inside = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        self._pending[f"sona_{name}_total{{{inside}}}" if inside else f"sona_{name}_total"] += 1

    async def flush(self) -> None:
        """Add the pending counts to the shared counters; they stay pending while Valkey is unreachable."""
        pending, self._pending = self._pending, Counter()
        if not pending:
            return
        try:
            async with self._client.pipeline(transaction=True) as pipe:
                for key, number in pending.items():
                    pipe.hincrby(_KEY, key, number)
                await pipe.execute()
        except (RedisError, OSError):
            self._pending.update(pending)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            await self.flush()

    async def prometheus_lines(self) -> list[str]:
        """All counters in the Prometheus text format; empty while Valkey is unreachable."""
        try:
            found = await self._client.hgetall(_KEY)
        except (RedisError, OSError):
            return []
        return sorted(f"{_text(key)} {_text(value)}" for key, value in found.items())


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value

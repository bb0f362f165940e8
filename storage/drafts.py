"""Which message of a conversation holds an answer that is still being written, known to all processes."""

import redis.asyncio as redis
from redis.exceptions import RedisError

from core.address import Address

_SECONDS = 3600


class ValkeyDrafts:
    """Remembers a message id for an hour; forgets everything with Valkey, and then a half-written message may stay."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    async def read(self, address: Address) -> str:
        try:
            found = await self._client.get(_key(address))
        except (RedisError, OSError):
            return ""
        return found.decode() if isinstance(found, bytes) else found or ""

    async def write(self, address: Address, message: str) -> None:
        """Remember the message; an empty id forgets it."""
        try:
            if message:
                await self._client.set(_key(address), message, ex=_SECONDS)
            else:
                await self._client.delete(_key(address))
        except (RedisError, OSError):
            return


def _key(address: Address) -> str:
    return f"sona:draft:{address}"

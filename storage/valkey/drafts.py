"""Short-lived values per conversation that all processes share, such as the message that shows a draft answer."""

from collections.abc import Mapping, Sequence

import redis.asyncio as redis
from redis.exceptions import RedisError

from core.address import Address
from storage.engine.batcher import Batcher

_TTL = 3600
"""Seconds after which an abandoned value is deleted; answers are written within minutes."""

_Access = tuple[Address, str | None]
"""A value to write (empty: to delete) for an address, or `None` to only read it."""

# Reads and writes of one batch take effect in order, and each returns the value before it. "?" marks a read.
_GET_AND_SET = """
local found = {}
for n, key in ipairs(KEYS) do
    found[n] = redis.call('GET', key) or ''
    local value = ARGV[n]
    if value == '' then redis.call('DEL', key)
    elseif value ~= '?' then redis.call('SET', key, string.sub(value, 2), 'EX', ARGV[#KEYS + 1]) end
end
return found
"""
_COMPARE_AND_SET = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
return 1
"""


class ValkeyDrafts:
    """Stores a message id per address for an hour.

    While Valkey is unreachable every value reads as empty and nothing is stored; a half-written message may then stay
    beside the final answer. Concurrent calls share one round trip.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._get_and_set = client.register_script(_GET_AND_SET)
        self._compare_and_set = client.register_script(_COMPARE_AND_SET)
        self._batcher: Batcher[Sequence[_Access], list[str]] = Batcher(self._run_batch)

    async def read(self, address: Address) -> str:
        return (await self._batcher([(address, None)]))[0]

    async def write(self, address: Address, message: str) -> str:
        """Store the message id (empty: delete it) and return the previous one."""
        return (await self._batcher([(address, message)]))[0]

    async def write_all(self, messages: Mapping[Address, str]) -> Sequence[str]:
        """`write` several message ids; concurrent calls take effect in call order."""
        return await self._batcher([*messages.items()])

    async def change(self, address: Address, before: str, after: str) -> bool:
        """Replace `before` by `after` (empty: no message id) and return whether `before` was the stored value."""
        try:
            return await self._compare_and_set(keys=[_key(address)], args=[before, after, _TTL]) == 1
        except (RedisError, OSError):
            return False

    async def _run_batch(self, groups: Sequence[Sequence[_Access]]) -> list[list[str]]:
        found = iter(await self._access([each for group in groups for each in group]))
        return [[next(found) for _ in group] for group in groups]

    async def _access(self, accesses: Sequence[_Access]) -> list[str]:
        """The value before each access."""
        args = ["?" if message is None else message and f"={message}" for _, message in accesses]
        try:
            found = await self._get_and_set(keys=[_key(address) for address, _ in accesses], args=[*args, _TTL])
        except (RedisError, OSError):
            return [""] * len(accesses)
        return [each.decode() if isinstance(each, bytes) else each for each in found]


def _key(address: Address) -> str:
    return f"sona:draft:{address}"

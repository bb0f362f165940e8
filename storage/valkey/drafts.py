"""Which message of a conversation holds an answer that is still being written, known to all processes."""

from collections.abc import Mapping, Sequence

import redis.asyncio as redis
from redis.exceptions import RedisError

from core.address import Address
from storage.engine.batcher import Batcher

_SECONDS = 3600
_Wish = tuple[Address, str | None]
_SWAP = """
local found = {}
for n, key in ipairs(KEYS) do
    found[n] = redis.call('GET', key) or ''
    local wish = ARGV[n]
    if wish == '' then redis.call('DEL', key)
    elseif wish ~= '?' then redis.call('SET', key, string.sub(wish, 2), 'EX', ARGV[#KEYS + 1]) end
end
return found
"""
_CHANGE = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
return 1
"""


class ValkeyDrafts:
    """Remembers a message id for an hour; forgets everything with Valkey, and then a half-written message may stay.

    What is asked at the same time goes there and back together.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._swapped = client.register_script(_SWAP)
        self._changed = client.register_script(_CHANGE)
        self._group: Batcher[Sequence[_Wish], list[str]] = Batcher(self._all)

    async def read(self, address: Address) -> str:
        return (await self._group([(address, None)]))[0]

    async def write(self, address: Address, message: str) -> str:
        """Remember the message, and return the one before; an empty id forgets it."""
        return (await self._group([(address, message)]))[0]

    async def write_all(self, messages: Mapping[Address, str]) -> Sequence[str]:
        """The same for several at once; in the order in which this was called, whoever waits."""
        return await self._group([*messages.items()])

    async def change(self, address: Address, before: str, after: str) -> bool:
        """Remember the message where it is still `before` that is remembered (empty: nothing), and say whether it was."""
        try:
            return await self._changed(keys=[_key(address)], args=[before, after, _SECONDS]) == 1
        except (RedisError, OSError):
            return False

    async def _all(self, groups: Sequence[Sequence[_Wish]]) -> list[list[str]]:
        """What was remembered before each wish came true; without Valkey, nothing."""
        found = iter(await self._asked([wish for wishes in groups for wish in wishes]))
        return [[next(found) for _ in wishes] for wishes in groups]

    async def _asked(self, wishes: Sequence[_Wish]) -> list[str]:
        args = ["?" if message is None else message and f"={message}" for _, message in wishes]
        try:
            found = await self._swapped(keys=[_key(address) for address, _ in wishes], args=[*args, _SECONDS])
        except (RedisError, OSError):
            return [""] * len(wishes)
        return [each.decode() if isinstance(each, bytes) else each for each in found]


def _key(address: Address) -> str:
    return f"sona:draft:{address}"

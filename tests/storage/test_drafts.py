"""Half-written messages are remembered for all processes, and forgotten with Valkey."""

import asyncio

import redis.asyncio as redis

from core.address import Address
from storage.drafts import ValkeyDrafts

HERE, THERE = Address("discord", "1"), Address("discord", "2")


async def test_what_one_process_writes_another_reads(redis_url: str) -> None:
    async with redis.Redis.from_url(redis_url) as one, redis.Redis.from_url(redis_url) as other:
        assert await ValkeyDrafts(one).write(HERE, "41") == ""
        assert await ValkeyDrafts(other).read(HERE) == "41"
        assert await ValkeyDrafts(other).read(THERE) == ""


async def test_each_write_tells_what_was_there_before(redis_url: str) -> None:
    async with redis.Redis.from_url(redis_url) as client:
        drafts = ValkeyDrafts(client)
        assert [await drafts.write(HERE, word) for word in ("41", "42", "", "43")] == ["", "41", "42", ""]


async def test_of_many_who_write_at_once_each_hears_of_another(redis_url: str) -> None:
    async with redis.Redis.from_url(redis_url) as client:
        drafts = ValkeyDrafts(client)
        words = [str(number) for number in range(50)]
        before = await asyncio.gather(*(drafts.write(HERE, word) for word in words))
        assert sorted([*before, await drafts.read(HERE)]) == sorted(["", *words])


async def test_a_valkey_that_is_away_remembers_nothing_and_breaks_nothing() -> None:
    async with redis.Redis(port=9, socket_connect_timeout=0.5) as client:
        drafts = ValkeyDrafts(client)
        assert await drafts.write(HERE, "41") == ""
        assert await drafts.read(HERE) == ""

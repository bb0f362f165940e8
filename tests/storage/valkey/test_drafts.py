"""Draft message ids are shared by all processes and lost with Valkey."""

import asyncio

import redis.asyncio as redis

from core.address import Address
from storage.valkey.drafts import ValkeyDrafts

HERE, THERE = Address("discord", "1"), Address("discord", "2")


async def test_one_process_reads_what_another_wrote(redis_url: str) -> None:
    async with redis.Redis.from_url(redis_url) as one, redis.Redis.from_url(redis_url) as other:
        assert await ValkeyDrafts(one).write(HERE, "41") == ""
        assert await ValkeyDrafts(other).read(HERE) == "41"
        assert await ValkeyDrafts(other).read(THERE) == ""


async def test_each_write_returns_the_previous_value(redis_url: str) -> None:
    async with redis.Redis.from_url(redis_url) as client:
        drafts = ValkeyDrafts(client)
        assert [await drafts.write(HERE, word) for word in ("41", "42", "", "43")] == ["", "41", "42", ""]


async def test_concurrent_writes_each_return_a_different_previous_value(redis_url: str) -> None:
    async with redis.Redis.from_url(redis_url) as client:
        drafts = ValkeyDrafts(client)
        words = [str(number) for number in range(50)]
        before = await asyncio.gather(*(drafts.write(HERE, word) for word in words))
        assert sorted([*before, await drafts.read(HERE)]) == sorted(["", *words])


async def test_a_value_is_changed_only_if_it_is_the_expected_one(redis_url: str) -> None:
    async with redis.Redis.from_url(redis_url) as client:
        drafts = ValkeyDrafts(client)
        assert [await drafts.change(HERE, *words) for words in (("", "41"), ("", "42"), ("41", "43"))] == [
            True,
            False,
            True,
        ]
        assert await drafts.read(HERE) == "43"
        assert await client.ttl("sona:draft:discord:1") > 0
        assert not await drafts.change(HERE, "41", "")
        assert await drafts.change(HERE, "43", "")
        assert await drafts.read(HERE) == ""


async def test_only_one_of_many_concurrent_changes_succeeds(redis_url: str) -> None:
    async with redis.Redis.from_url(redis_url) as client:
        drafts = ValkeyDrafts(client)
        assert sum(await asyncio.gather(*(drafts.change(HERE, "", str(number)) for number in range(20)))) == 1


async def test_an_unreachable_valkey_stores_nothing_and_raises_nothing() -> None:
    async with redis.Redis(port=9, socket_connect_timeout=0.5) as client:
        drafts = ValkeyDrafts(client)
        assert await drafts.write(HERE, "41") == ""
        assert await drafts.read(HERE) == ""
        assert not await drafts.change(HERE, "", "41")

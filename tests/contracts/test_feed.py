"""What every `core.ports.feed.Feed` promises."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.address import Address
from core.clock import SystemClock
from core.ports.feed import Feed, FeedEntry, LiveSignal
from storage.engine.database import Database
from storage.messaging.feed import PostgresFeed
from storage.valkey.pubsub import PubSub

ADA, BOB = Address("web", "ada"), Address("web", "bob")


@pytest.fixture
async def feed(database: Database, redis_url: str) -> AsyncIterator[Feed]:
    pubsub = PubSub(redis_url)
    feed = PostgresFeed(database=database, pubsub=pubsub, clock=SystemClock())
    yield feed
    await feed.close()
    await pubsub.close()


async def heard(lines: AsyncIterator[FeedEntry | LiveSignal]) -> FeedEntry | LiveSignal:
    return await asyncio.wait_for(anext(lines), 5)


async def test_numbers_count_up_from_one_in_each_conversation(feed: Feed) -> None:
    assert [await feed.append(ADA, key, {}) for key in "abc"] == [1, 2, 3]
    assert await feed.append(BOB, "a", {}) == 1


async def test_the_same_key_again_changes_nothing_and_gives_the_same_number(feed: Feed) -> None:
    first = await feed.append(ADA, "a", {"text": "one"})
    await feed.append(ADA, "b", {})
    assert await feed.append(ADA, "a", {"text": "two"}) == first
    assert [(entry.key, entry.body) for entry in await feed.since(ADA, 0)] == [("a", {"text": "one"}), ("b", {})]


async def test_reading_begins_after_the_number_given(feed: Feed) -> None:
    for key in "abcde":
        await feed.append(ADA, key, {})
    assert [entry.seq for entry in await feed.since(ADA, 2)] == [3, 4, 5]
    assert [entry.seq for entry in await feed.since(ADA, 1, limit=2)] == [2, 3]
    assert await feed.since(ADA, 5) == ()


async def test_a_negative_number_reads_the_last_lines_oldest_first(feed: Feed) -> None:
    for key in "abcde":
        await feed.append(ADA, key, {})
    assert [entry.seq for entry in await feed.since(ADA, -1, limit=2)] == [4, 5]


async def test_a_listener_hears_lines_and_signs_from_when_it_came_in(feed: Feed) -> None:
    await feed.append(ADA, "early", {})
    async with feed.listen(ADA) as lines:
        await feed.sign(ADA, {"typing": True})
        await feed.append(ADA, "late", {"text": "hi"})
        assert await heard(lines) == LiveSignal(body={"typing": True})
        assert await heard(lines) == FeedEntry(seq=2, key="late", body={"text": "hi"})


async def test_every_listener_of_a_conversation_hears_it_and_no_other(feed: Feed) -> None:
    async with feed.listen(ADA) as one, feed.listen(ADA) as two, feed.listen(BOB) as other:
        await feed.append(ADA, "a", {})
        await feed.append(BOB, "b", {})
        assert [await heard(one), await heard(two)] == [FeedEntry(seq=1, key="a", body={})] * 2
        assert await heard(other) == FeedEntry(seq=1, key="b", body={})


async def test_a_repeated_line_is_heard_once(feed: Feed) -> None:
    async with feed.listen(ADA) as lines:
        for key in ("a", "a", "b"):
            await feed.append(ADA, key, {})
        assert [await heard(lines), await heard(lines)] == [
            FeedEntry(seq=1, key="a", body={}),
            FeedEntry(seq=2, key="b", body={}),
        ]

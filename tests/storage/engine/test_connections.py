"""Connections are reused, replaced when they age or break, and limited in number."""

import asyncio
from collections.abc import AsyncGenerator

import psycopg
import pytest
import pytest_asyncio

from storage.engine.connections import Connections

_BACKEND = "SELECT pg_backend_pid() AS pid"


class _Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> _Time:
    return _Time()


@pytest_asyncio.fixture
async def connections(database_url: str, time: _Time) -> AsyncGenerator[Connections]:
    connections = Connections(database_url, limit=2, now=time)
    yield connections
    await connections.close()


async def _backend(connections: Connections) -> int:
    return (await connections.run(_BACKEND, {}))[0].pid


async def test_a_connection_is_reused_for_half_an_hour(connections: Connections, time: _Time) -> None:
    first = await _backend(connections)
    time.seconds = 1799
    assert await _backend(connections) == first
    time.seconds = 1801
    assert await _backend(connections) != first


async def test_a_failed_statement_keeps_its_connection(connections: Connections) -> None:
    first = await _backend(connections)
    with pytest.raises(psycopg.DataError):
        await connections.run("SELECT 1 / %(by)s", {"by": 0})
    assert await _backend(connections) == first


async def test_a_cancelled_statement_is_cancelled_on_the_server(connections: Connections, database_url: str) -> None:
    first = await _backend(connections)
    asked = asyncio.create_task(connections.run("SELECT pg_sleep(60)", {}))
    busy = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND state = 'active' AND query LIKE '%%sleep%%'"
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as watch:

        async def at_work() -> bool:
            return await (await watch.execute(busy, [first])).fetchone() == (1,)

        async with asyncio.timeout(10):
            while not await at_work():
                await asyncio.wait({asked}, timeout=0.005)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            while await at_work():
                pass
    assert await connections.run("SELECT 1 AS n", {}) == [(1,)]


async def test_a_broken_connection_discards_the_idle_ones(connections: Connections, database_url: str) -> None:
    await asyncio.gather(*(connections.run("SELECT pg_sleep(0.01)", {}) for _ in range(2)))
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
        await other.execute(ended.encode())
    with pytest.raises(psycopg.OperationalError):
        await _backend(connections)
    assert await _backend(connections)


async def test_a_query_without_rows_differs_from_a_statement_that_returns_none(connections: Connections) -> None:
    assert len(await connections.run("SELECT FROM generate_series(1, 3)", {})) == 3
    assert await connections.run("SELECT set_config('a.b', '', false) WHERE false", {}) == []
    assert await connections.run("DO 'BEGIN END'", {}) == ()


async def test_callers_beyond_the_limit_wait_for_a_connection(connections: Connections) -> None:
    found = await asyncio.gather(*(_backend(connections) for _ in range(8)))
    assert len(set(found)) <= 2

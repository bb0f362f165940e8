"""Connections that are kept, given up and made anew."""

import asyncio
from collections.abc import AsyncGenerator

import psycopg
import pytest
import pytest_asyncio

from storage.engine.connections import Connections

_WHO = "SELECT pg_backend_pid() AS pid"


class _Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> _Time:
    return _Time()


@pytest_asyncio.fixture
async def lines(database_url: str, time: _Time) -> AsyncGenerator[Connections]:
    lines = Connections(database_url, limit=2, now=time)
    yield lines
    await lines.close()


async def _who(lines: Connections) -> int:
    return (await lines.run(_WHO, {}))[0].pid


async def test_a_connection_is_kept_for_half_an_hour(lines: Connections, time: _Time) -> None:
    first = await _who(lines)
    time.seconds = 1799
    assert await _who(lines) == first
    time.seconds = 1801
    assert await _who(lines) != first


async def test_a_statement_that_fails_costs_no_connection(lines: Connections) -> None:
    first = await _who(lines)
    with pytest.raises(psycopg.DataError):
        await lines.run("SELECT 1 / %(by)s", {"by": 0})
    assert await _who(lines) == first


async def test_one_that_is_cancelled_is_ended_at_the_server_too(lines: Connections, database_url: str) -> None:
    first = await _who(lines)
    asked = asyncio.create_task(lines.run("SELECT pg_sleep(60)", {}))
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
    assert await lines.run("SELECT 1 AS n", {}) == [(1,)]


async def test_one_that_the_server_ends_takes_the_idle_ones_with_it(lines: Connections, database_url: str) -> None:
    await asyncio.gather(*(lines.run("SELECT pg_sleep(0.01)", {}) for _ in range(2)))
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
        await other.execute(ended.encode())
    with pytest.raises(psycopg.OperationalError):
        await _who(lines)
    assert await _who(lines)


async def test_rows_without_columns_are_counted_and_no_rows_are_none(lines: Connections) -> None:
    assert len(await lines.run("SELECT FROM generate_series(1, 3)", {})) == 3
    assert await lines.run("SELECT set_config('a.b', '', false) WHERE false", {}) == []
    assert await lines.run("DO 'BEGIN END'", {}) == ()


async def test_who_comes_too_many_waits(lines: Connections) -> None:
    found = await asyncio.gather(*(_who(lines) for _ in range(8)))
    assert len(set(found)) <= 2

"""Statements and transactions under cancellation, deadlocks and outages."""

import asyncio
import gc
import warnings

import psycopg
import pytest
from sqlalchemy import text

from core.errors import Unreachable
from storage.engine.database import Database

_NOTE = text("INSERT INTO blobs (key, mime, data, created_at) VALUES (:key, '', '', now()) ON CONFLICT DO NOTHING")
_INSERT = "INSERT INTO blobs (key, mime, data, created_at) VALUES (%s, '', '', now())"
_SLOW = text("SELECT pg_sleep(0.005)")


@pytest.mark.parametrize("moment", [0.0, 0.0005, 0.001, 0.002, 0.004])
async def test_cancelled_statements_leak_no_connections(database: Database, moment: float) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for _ in range(5):
            asked = [asyncio.create_task(database.run(_SLOW, {})) for _ in range(12)]
            await asyncio.wait(asked, timeout=moment)
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        gc.collect()
    assert [str(warning.message) for warning in said] == []


async def test_a_failed_transaction_is_rolled_back_and_a_successful_one_committed(database: Database) -> None:
    count = text("SELECT count(*) AS n FROM blobs")

    async def fails() -> None:
        async with database.begin() as connection:
            await connection.execute(_NOTE, {"key": "a"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert (await database.run(count, {}))[0].n == 0
    async with database.begin() as connection:
        await connection.execute(_NOTE, {"key": "a"})
        await connection.execute(_NOTE, {"key": "b"})
        assert (await database.run(count, {}))[0].n == 0
    assert (await database.run(count, {}))[0].n == 2


async def test_run_with_retry_waits_until_the_database_is_back(postgres: str, database_url: str) -> None:
    name = database_url.rpartition("?")[0].rpartition("/")[2]

    def allow(yes: bool) -> None:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {'true' if yes else 'false'}".encode())
            if not yes:
                terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                connection.execute(terminate, [name])

    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            await asyncio.to_thread(allow, True)

    database = Database(database_url, sleep=sleep)
    await database.run(_SLOW, {})
    await asyncio.to_thread(allow, False)
    with pytest.raises(Unreachable):
        await database.run(_NOTE, {"key": "a"})
    await database.run_with_retry(_NOTE, {"key": "a"})
    assert waited == sorted(waited)
    assert len(waited) == 3
    await database.close()


async def test_a_statement_rolled_back_by_a_deadlock_is_retried(database: Database, database_url: str) -> None:
    both = text(
        "INSERT INTO blobs SELECT key, '', '', now() FROM unnest(ARRAY['a', 'b']) AS given (key) "
        "ON CONFLICT DO NOTHING RETURNING key"
    )
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
    with psycopg.connect(database_url) as other, psycopg.connect(database_url, autocommit=True) as watch:
        other.execute("SET deadlock_timeout = '1min'")
        other.execute(_INSERT, ["b"])
        asked = asyncio.create_task(database.run(both, {}))
        async with asyncio.timeout(10):
            while watch.execute(waits).fetchone() == (0,):
                await asyncio.wait({asked}, timeout=0.005)
        await asyncio.to_thread(other.execute, _INSERT, ["a"])
        other.rollback()
        assert {row.key for row in await asked} == {"a", "b"}

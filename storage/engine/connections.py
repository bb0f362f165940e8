"""A pool of psycopg connections for single statements, without the overhead of SQLAlchemy."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.rows import namedtuple_row

_MAX_AGE = 1800.0
"""Seconds before a connection is replaced, the same as `pool_recycle` of the SQLAlchemy pool."""

Connection = psycopg.AsyncConnection[Any]


class Connections:
    """At most `limit` connections, opened on demand; further callers wait for a free one.

    The most recently used connection is used next, so that the others can age out. A connection that breaks also
    discards the idle ones, because the server has most likely gone away. `now` returns monotonic seconds.
    """

    def __init__(self, url: str, *, limit: int, now: Callable[[], float] = monotonic) -> None:
        self._url = url
        self._now = now
        self._slots = asyncio.Semaphore(limit)
        self._idle: list[tuple[Connection, float]] = []
        self._closed = False

    async def run(self, query: str, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Run one statement in its own transaction and return its rows as named tuples. Raises `psycopg.Error`."""
        async with self._slots:
            connection, created = await self._acquire()
            try:
                cursor = await connection.execute(query.encode(), parameters)
                has_rows = cursor.pgresult is not None and cursor.pgresult.status == ExecStatus.TUPLES_OK
                return await cursor.fetchall() if has_rows else ()
            finally:
                await self._release(connection, created)

    async def close(self) -> None:
        """Close idle connections now and busy ones when their statement ends."""
        self._closed = True
        await self._close_idle()

    async def _acquire(self) -> tuple[Connection, float]:
        now = self._now()
        while self._idle:
            connection, created = self._idle.pop()
            if now - created < _MAX_AGE:
                return connection, created
            await connection.close()
        opened = await psycopg.AsyncConnection.connect(self._url, autocommit=True, row_factory=namedtuple_row)
        return opened, now

    async def _release(self, connection: Connection, created: float) -> None:
        if connection.closed:
            await self._close_idle()
        elif connection.info.transaction_status == TransactionStatus.IDLE and not self._closed:
            self._idle.append((connection, created))
        else:
            # A cancelled statement may have left a transaction or a result pending.
            await connection.close()

    async def _close_idle(self) -> None:
        while self._idle:
            await self._idle.pop()[0].close()

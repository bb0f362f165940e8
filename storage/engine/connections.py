"""Connections for statements that go there and back alone, without SQLAlchemy's way in between."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.rows import namedtuple_row

_AGE = 1800.0
"""Seconds after which a connection is made anew."""

Connection = psycopg.AsyncConnection[Any]


class Connections:
    """At most so many connections, each made when it is first needed; who comes too many waits.

    The one that was used last is used next. A connection that breaks takes the idle ones with it: the server has gone.
    """

    def __init__(self, url: str, *, most: int, now: Callable[[], float] = monotonic) -> None:
        self._url = url
        self._now = now
        self._room = asyncio.Semaphore(most)
        self._idle: list[tuple[Connection, float]] = []
        self._shut = False

    async def run(self, query: str, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """The rows, as named tuples; raises `psycopg.Error`."""
        async with self._room:
            connection, born = await self._take()
            try:
                cursor = await connection.execute(query.encode(), parameters)
                answered = cursor.pgresult is not None and cursor.pgresult.status == ExecStatus.TUPLES_OK
                return await cursor.fetchall() if answered else ()
            finally:
                await self._give(connection, born)

    async def close(self) -> None:
        """End what is idle, and what is under way once its statement is done."""
        self._shut = True
        await self._drop()

    async def _take(self) -> tuple[Connection, float]:
        now = self._now()
        while self._idle:
            connection, born = self._idle.pop()
            if now - born < _AGE:
                return connection, born
            await connection.close()
        made = await psycopg.AsyncConnection.connect(self._url, autocommit=True, row_factory=namedtuple_row)
        return made, now

    async def _give(self, connection: Connection, born: float) -> None:
        if connection.closed:
            await self._drop()
        elif connection.info.transaction_status == TransactionStatus.IDLE and not self._shut:
            self._idle.append((connection, born))
        else:
            await connection.close()

    async def _drop(self) -> None:
        while self._idle:
            await self._idle.pop()[0].close()

"""Execute statements and transactions on Postgres."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Executable, Row, TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.types import NullType

from core.errors import Unreachable
from storage.engine.connections import Connections
from storage.engine.errors import Conflict, map_driver_errors

_RETRY_DELAYS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Seconds; 12.7 in total, which covers a restart of the server."""
_DEADLOCK_RETRIES = 3
_DIALECT = PGDialect_psycopg()


def sqlalchemy_url(url: str) -> str:
    """The URL of the same database for SQLAlchemy, from any `postgres://` or `postgresql://` URL."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


@lru_cache(maxsize=512)
def _driver_sql(statement: Executable) -> str:
    """The statement in the driver's parameter syntax; empty if SQLAlchemy must convert parameters or results."""
    if not isinstance(statement, TextClause):
        return ""
    compiled = statement.compile(dialect=_DIALECT)
    return str(compiled) if all(isinstance(bound.type, NullType) for bound in compiled.binds.values()) else ""


class Database:
    """Connections to one database, created in the event loop that uses them.

    Up to `pool` single statements run at a time, and half as many transactions beside them. All methods raise
    `Unreachable` when the database does not answer.
    """

    def __init__(self, url: str, *, pool: int = 8, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._connections = Connections(
            make_url(url).set(drivername="postgresql").render_as_string(hide_password=False), limit=pool
        )
        # Every connection stays in autocommit mode, and `begin` sends BEGIN itself: SQLAlchemy would switch the mode at
        # each checkout, and a caller cancelled at that moment would leak the connection.
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url),
            isolation_level="AUTOCOMMIT",
            pool_size=max(pool // 2, 1),
            max_overflow=0,
            pool_pre_ping=False,
            pool_recycle=1800,
            hide_parameters=True,
        )

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction: commits when the block succeeds, rolls back when it raises."""
        with map_driver_errors():
            async with self.engine.begin() as connection:
                await connection.exec_driver_sql("BEGIN")
                yield connection

    async def run(self, statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Run one statement as its own transaction in one round trip; return its rows, or nothing if it has none.

        A statement that was rolled back by a deadlock left no effects and is retried.
        """
        for _ in range(_DEADLOCK_RETRIES):
            try:
                return await self._run(statement, parameters)
            except Conflict:
                continue
        return await self._run(statement, parameters)

    async def _run(self, statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        with map_driver_errors():
            if query := _driver_sql(statement):
                return await self._connections.run(query, parameters)
            async with self.engine.connect() as connection:
                result = await connection.execute(statement, parameters)
                return result.all() if result.returns_rows else ()

    async def run_with_retry(self, statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """`run`, retried for 12.7 seconds while the database is unreachable.

        Only for idempotent statements: the first attempt may have been committed without its answer arriving.
        """
        for delay in _RETRY_DELAYS:
            try:
                return await self.run(statement, parameters)
            except Unreachable:
                await self._sleep(delay)
        return await self.run(statement, parameters)

    async def close(self) -> None:
        await self._connections.close()
        await self.engine.dispose()

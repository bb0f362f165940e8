"""The connection pool, made inside the event loop that uses it."""

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

_WAITS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
_COLLISIONS = 3
_DIALECT = PGDialect_psycopg()


def sqlalchemy_url(url: str) -> str:
    """The same database for SQLAlchemy, from any `postgres://` or `postgresql://` address."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


@lru_cache(maxsize=512)
def _written(statement: Executable) -> str:
    """A statement as the driver reads it, or nothing where SQLAlchemy has to turn values into others."""
    if not isinstance(statement, TextClause):
        return ""
    compiled = statement.compile(dialect=_DIALECT)
    return str(compiled) if all(isinstance(bound.type, NullType) for bound in compiled.binds.values()) else ""


class Database:
    """Connections to one database; `begin`, `run` and `insist` are the only ways to a transaction.

    All raise `Unreachable` when the database does not answer. `pool` is how many statements go at once, and half as
    many transactions beside them.
    """

    def __init__(self, url: str, *, pool: int = 8, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._connections = Connections(
            make_url(url).set(drivername="postgresql").render_as_string(hide_password=False), most=pool
        )
        # Every connection commits by itself for its whole life: changing that when one is taken from the pool would
        # lose the connection whenever the one who takes it is cancelled in that moment.
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
        """A transaction that commits when the block ends well and rolls back otherwise."""
        with map_driver_errors():
            async with self.engine.begin() as connection:
                await connection.exec_driver_sql("BEGIN")
                yield connection

    async def run(self, statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """One statement that is its own transaction, in one round trip; returns its rows, if it has any, by name and number.

        One that collided with another left nothing behind and is begun again.
        """
        for _ in range(_COLLISIONS):
            try:
                return await self._run(statement, parameters)
            except Conflict:
                continue
        return await self._run(statement, parameters)

    async def _run(self, statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        with map_driver_errors():
            if written := _written(statement):
                return await self._connections.run(written, parameters)
            async with self.engine.connect() as connection:
                result = await connection.execute(statement, parameters)
                return result.all() if result.returns_rows else ()

    async def run_with_retry(self, statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """`run` for what must not be forgotten and does no harm twice: tried again for a dozen seconds while the database is away."""
        for wait in _WAITS:
            try:
                return await self.run(statement, parameters)
            except Unreachable:
                await self._sleep(wait)
        return await self.run(statement, parameters)

    async def close(self) -> None:
        await self._connections.close()
        await self.engine.dispose()

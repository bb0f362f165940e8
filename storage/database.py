"""The connection pool, made inside the event loop that uses it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Executable, Row
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.reach import reached


def sqlalchemy_url(url: str) -> str:
    """The same database for SQLAlchemy, from any `postgres://` or `postgresql://` address."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


class Database:
    """A pool of connections to one database; `begin` and `run` are the only ways to a transaction.

    Both raise `Unreachable` when the database does not answer."""

    def __init__(self, url: str, *, pool: int = 8) -> None:
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url), pool_size=pool, max_overflow=0, pool_pre_ping=False, pool_recycle=1800
        )
        self._single = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction that commits when the block ends well and rolls back otherwise."""
        with reached():
            async with self.engine.begin() as connection:
                yield connection

    async def run(self, statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """One statement that is its own transaction, in one round trip; returns its rows, if it has any."""
        with reached():
            async with self._single.connect() as connection:
                result = await connection.execute(statement, parameters)
                return result.all() if result.returns_rows else ()

    async def close(self) -> None:
        await self.engine.dispose()

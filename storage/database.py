"""The connection pool, made inside the event loop that uses it."""

from contextlib import AbstractAsyncContextManager

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine


def sqlalchemy_url(url: str) -> str:
    """The same database for SQLAlchemy, from any `postgres://` or `postgresql://` address."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


class Database:
    """A pool of connections to one database; `begin` is the only way to a transaction."""

    def __init__(self, url: str, *, pool: int = 8) -> None:
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url), pool_size=pool, max_overflow=0, pool_pre_ping=False, pool_recycle=1800
        )

    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that commits when the block ends well and rolls back otherwise."""
        return self.engine.begin()

    async def close(self) -> None:
        await self.engine.dispose()

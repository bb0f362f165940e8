"""Access to the psycopg connection under a SQLAlchemy connection, for bulk copies and binary results."""

from typing import Any

from psycopg import AsyncConnection
from sqlalchemy.ext.asyncio import AsyncConnection as SqlAlchemyConnection


async def driver_connection(connection: SqlAlchemyConnection) -> AsyncConnection[Any]:
    """The psycopg connection, in the same transaction.

    It raises psycopg's own errors, which `storage.engine.errors` maps too.
    """
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, AsyncConnection)
    return driver

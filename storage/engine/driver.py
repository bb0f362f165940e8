"""The psycopg connection beneath SQLAlchemy's, for what only it can do: bulk copies, binary answers."""

from typing import Any

from psycopg import AsyncConnection
from sqlalchemy.ext.asyncio import AsyncConnection as Connection


async def driver_connection(connection: Connection) -> AsyncConnection[Any]:
    """In the same transaction; its own errors are the driver's, which `storage.engine.errors` knows too."""
    beneath = (await connection.get_raw_connection()).driver_connection
    assert isinstance(beneath, AsyncConnection)
    return beneath

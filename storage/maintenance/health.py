"""Health checks of the database."""

from sqlalchemy import text

from storage.engine.database import Database

_PING = text("SELECT 1")
_REVISION = text("SELECT version_num FROM alembic_version")


async def ping(database: Database) -> None:
    """Raises `Unreachable` when the database does not answer."""
    await database.run(_PING, {})


async def schema_revision(database: Database) -> str | None:
    """The last migration that was applied; `None` if there was none."""
    rows = await database.run(_REVISION, {})
    return rows[0].version_num if rows else None

"""What single questions to the database tell about the house."""

from sqlalchemy import text

from core.address import Address
from storage.engine.database import Database

_LOCALE = text("SELECT locale FROM learners WHERE id = :id")
_LOCALE_AT = text(
    "SELECT l.locale FROM conversations c JOIN learners l ON l.id = c.learner_id WHERE c.address = :address"
)
_REVISION = text("SELECT version_num FROM alembic_version")
_ANSWERS = text("SELECT 1")


async def ping(database: Database) -> None:
    """Raises `Unreachable` when it does not."""
    await database.run(_ANSWERS, {})


async def schema_revision(database: Database) -> str | None:
    """The migration its tables are at."""
    rows = await database.run(_REVISION, {})
    return rows[0].version_num if rows else None


async def locale(database: Database, learner: str) -> str | None:
    """The language of a learner; `None` when there is no such learner."""
    rows = await database.run(_LOCALE, {"id": learner})
    return rows[0].locale if rows else None


async def locale_at(database: Database, address: Address) -> str | None:
    """The language of whose conversation it is; `None` where there is none."""
    rows = await database.run(_LOCALE_AT, {"address": str(address)})
    return rows[0].locale if rows else None

"""The language of learners and conversations, for messages that no turn writes."""

from sqlalchemy import text

from core.address import Address
from storage.engine.database import Database

_BY_LEARNER = text("SELECT locale FROM learners WHERE id = :id")
_BY_ADDRESS = text(
    "SELECT l.locale FROM conversations c JOIN learners l ON l.id = c.learner_id WHERE c.address = :address"
)


async def locale_of_learner(database: Database, learner: str) -> str | None:
    """The learner's language; `None` if there is no such learner."""
    rows = await database.run(_BY_LEARNER, {"id": learner})
    return rows[0].locale if rows else None


async def locale_at(database: Database, address: Address) -> str | None:
    """The language of the conversation's learner; `None` if there is no such conversation."""
    rows = await database.run(_BY_ADDRESS, {"address": str(address)})
    return rows[0].locale if rows else None

"""Find the learner behind a sender."""

from sqlalchemy import text

from core import wire
from core.conversation import Learner
from storage.engine.database import Database
from storage.rows.learner import LEARNER_COLUMNS, read_learner

_LEARNER = text(
    f"""
    SELECT {LEARNER_COLUMNS} FROM identities i JOIN learners l ON l.id = i.learner_id
    WHERE i.channel = :channel AND i.sender = :sender
    """  # noqa: S608 - a constant
)


class PostgresIdentities:
    """`core.ports.overview.Identities`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def learner(self, channel: str, sender: str) -> Learner | None:
        rows = await self._database.run(_LEARNER, {"channel": channel, "sender": wire.clean(sender)})
        return read_learner(rows[0]) if rows else None

"""Who writes from where, in the database."""

from sqlalchemy import text

from core import wire
from core.conversation import Learner
from storage.engine.database import Database

_LEARNER = text(
    """
    SELECT l.id, l.name, l.locale, l.zone, l.voice FROM identities i JOIN learners l ON l.id = i.learner_id
    WHERE i.channel = :channel AND i.sender = :sender
    """
)


class PostgresIdentities:
    """`core.ports.overview.Acquaintances`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def learner(self, channel: str, sender: str) -> Learner | None:
        for row in await self._database.run(_LEARNER, {"channel": channel, "sender": wire.clean(sender)}):
            return Learner(id=row.id, name=row.name, locale=row.locale, zone=row.zone, voice=row.voice)
        return None

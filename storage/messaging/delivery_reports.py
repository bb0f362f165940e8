"""What became of outbound after they were sent."""

from sqlalchemy import text

from core import wire
from storage.engine.database import Database

_NOTE = text(
    """
    UPDATE outbound SET outcome = :outcome
    WHERE id = :id AND outcome NOT LIKE 'undelivered%' AND outcome <> :outcome
    """
)


class PostgresDeliveryReports:
    """`core.ports.messaging.Outcomes` on the column `outcome` of the outbound."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, outbound: str, outcome: str) -> None:
        await self._database.run(_NOTE, {"id": wire.clean(outbound), "outcome": wire.clean(outcome)[:60]})

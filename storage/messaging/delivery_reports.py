"""What platforms report about outbound messages after they were sent."""

from sqlalchemy import text

from core import wire
from storage.engine.database import Database

# A long message is sent in parts with a report each: one undelivered part outweighs all delivered ones.
_NOTE = text(
    """
    UPDATE outbound SET outcome = :outcome
    WHERE id = :id AND outcome NOT LIKE 'undelivered%' AND outcome <> :outcome
    """
)
_MAX_LENGTH = 60
"""Characters; an outcome is `delivered`, or `undelivered` with the platform's error code."""


class PostgresDeliveryReports:
    """`core.ports.messaging.DeliveryReports` on the column `outcome` of the table `outbound`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, outbound: str, outcome: str) -> None:
        await self._database.run(_NOTE, {"id": wire.clean(outbound), "outcome": wire.clean(outcome)[:_MAX_LENGTH]})

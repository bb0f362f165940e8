"""What has a time to end: codes, handed out files, and the last traces of who was forgotten."""

from datetime import datetime, timedelta

from sqlalchemy import text

from storage.engine.database import Database
from storage.maintenance.cleanup import referenced_blobs

READ = timedelta(hours=1)
"""How long a receipt stays where a page still shows it, and blobs may lie unmentioned by who was just writing."""
GIVEN_UP = timedelta(days=2)
_RUNNING = timedelta(minutes=5)
"""Longer than any turn."""

_CODES = (
    text("DELETE FROM link_codes WHERE expires_at <= :now"),
    text("DELETE FROM link_attempts WHERE window_start <= :hour"),
    text("DELETE FROM link_events WHERE at <= :hour"),
)
_HANDED = text(
    """
    WITH ended AS (DELETE FROM downloads WHERE expires_at <= :now RETURNING blob)
    DELETE FROM blobs USING ended WHERE blobs.key = ended.blob
        AND NOT EXISTS (SELECT FROM downloads h WHERE h.blob = blobs.key AND h.expires_at > :now)
    """
)
_DELIVERED = text(
    """
    DELETE FROM outbound p USING forget_receipts f WHERE p.id = f.outbound_id AND (p.state <> 'waiting' OR f.at <= :given_up)
    """
)
_OVER = text(
    """
    DELETE FROM forget_receipts f WHERE f.address LIKE '%:%' AND NOT EXISTS (SELECT FROM outbound p WHERE p.id = f.outbound_id)
        AND (f.at <= :hour OR (f.outbound_id <> ''
            AND NOT EXISTS (SELECT FROM feed WHERE feed.address = f.address AND feed.key = 'forgotten')))
    RETURNING f.address, f.outbound_id
    """
)
_LINES = text("DELETE FROM feed WHERE address = :address AND key IN ('forgotten', :outbound_id)")
_MARKS = text("DELETE FROM forget_receipts WHERE address NOT LIKE '%:%' AND at <= :hour RETURNING at")
_ORPHANS = text(
    "DELETE FROM sources WHERE owner <> '' AND NOT EXISTS (SELECT FROM learners WHERE learners.id = sources.owner)"
)
# All at once: what is named is looked for in every table, which must not be done for each of many who leave.
_SPENT = text(
    """
    DELETE FROM allowances WHERE day < :today
        AND NOT EXISTS (SELECT FROM conversations WHERE conversations.address = allowances.address)
    """
)
_FILES = text(
    "DELETE FROM blobs WHERE EXISTS (SELECT FROM unnest(CAST(:marks AS timestamptz[])) AS mark "  # noqa: S608 - our own names
    f"WHERE blobs.created_at BETWEEN mark - :running AND mark + :running) AND key NOT IN ({referenced_blobs()})"
)


class Expiry:
    """Ends what is over."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, now: datetime) -> None:
        given = {"now": now, "hour": now - READ, "given_up": now - GIVEN_UP}
        async with self._database.begin() as connection:
            for statement in (*_CODES, _HANDED, _DELIVERED):
                await connection.execute(statement, given)
            over = (await connection.execute(_OVER, given)).all()
            for farewell in over:
                await connection.execute(_LINES, {"address": farewell.address, "outbound_id": farewell.outbound_id})

    async def delete_leftovers(self, now: datetime) -> None:
        """Delete what was sent to people on the day they were forgotten, once it is over, and what turns put down for them while they ran.

        Looks through whole tables if there were any such turns.
        """
        async with self._database.begin() as connection:
            await connection.execute(_SPENT, {"today": now.date()})
            marks = (await connection.execute(_MARKS, {"hour": now - READ})).all()
            if marks:
                await connection.execute(_ORPHANS)
                await connection.execute(_FILES, {"marks": [mark.at for mark in marks], "running": _RUNNING})

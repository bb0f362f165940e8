"""Delete what has expired: link codes, downloads, and the last traces of people who were forgotten."""

from datetime import datetime, timedelta

from sqlalchemy import text

from storage.engine.database import Database
from storage.tables.blob_references import referenced_blobs

_HOUR = timedelta(hours=1)
"""How long an open web page shows the receipt, and how long after it the writes of running turns are looked for."""
_GIVE_UP = timedelta(days=2)
"""When a receipt that could not be delivered is deleted, as deliveries are dropped then."""
_LONGEST_TURN = timedelta(minutes=5)
"""More than any turn runs."""

_CODES = (
    text("DELETE FROM link_codes WHERE expires_at <= :now"),
    text("DELETE FROM link_attempts WHERE window_start <= :hour"),
    text("DELETE FROM link_events WHERE at <= :hour"),
)
# Two exports of the same data are one blob, which stays while one of them can be downloaded.
_DOWNLOADS = text(
    """
    WITH expired AS (DELETE FROM downloads WHERE expires_at <= :now RETURNING blob)
    DELETE FROM blobs USING expired WHERE blobs.key = expired.blob
        AND NOT EXISTS (SELECT FROM downloads d WHERE d.blob = blobs.key AND d.expires_at > :now)
    """
)
_DELIVERED_RECEIPTS = text(
    """
    DELETE FROM outbound o USING forget_receipts f
    WHERE o.id = f.outbound_id AND (o.state <> 'waiting' OR f.at <= :give_up)
    """
)
# Rows with an address. One ends when its receipt has gone, but while a feed entry remains there, an open page shows it
# for an hour.
_ENDED = text(
    """
    DELETE FROM forget_receipts f
    WHERE f.address LIKE '%:%' AND NOT EXISTS (SELECT FROM outbound o WHERE o.id = f.outbound_id)
        AND (f.at <= :hour OR (f.outbound_id <> ''
            AND NOT EXISTS (SELECT FROM feed WHERE feed.address = f.address AND feed.key = 'forgotten')))
    RETURNING f.address, f.outbound_id
    """
)
_FEED_ENTRIES = text("DELETE FROM feed WHERE address = :address AND key IN ('forgotten', :outbound_id)")
# Rows without an address, which mark when a learner was forgotten or merged.
_MARKS = text("DELETE FROM forget_receipts WHERE address NOT LIKE '%:%' AND at <= :hour RETURNING at")
_ORPHANED_SOURCES = text(
    "DELETE FROM sources WHERE owner <> '' AND NOT EXISTS (SELECT FROM learners WHERE learners.id = sources.owner)"
)
_ORPHANED_ALLOWANCES = text(
    """
    DELETE FROM allowances WHERE day < :today
        AND NOT EXISTS (SELECT FROM conversations WHERE conversations.address = allowances.address)
    """
)
# For all marks together, because finding the referenced blobs scans every table.
_ORPHANED_BLOBS = text(
    "DELETE FROM blobs WHERE EXISTS (SELECT FROM unnest(CAST(:marks AS timestamptz[])) AS mark "  # noqa: S608 - our own names
    f"WHERE blobs.created_at BETWEEN mark - :longest AND mark + :longest) AND key NOT IN ({referenced_blobs()})"
)


class Expiry:
    """Deletes expired rows; safe to interrupt and repeat."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, now: datetime) -> None:
        parameters = {"now": now, "hour": now - _HOUR, "give_up": now - _GIVE_UP}
        async with self._database.begin() as connection:
            for statement in (*_CODES, _DOWNLOADS, _DELIVERED_RECEIPTS):
                await connection.execute(statement, parameters)
            for row in (await connection.execute(_ENDED, parameters)).all():
                await connection.execute(_FEED_ENTRIES, {"address": row.address, "outbound_id": row.outbound_id})

    async def delete_leftovers(self, now: datetime) -> None:
        """Delete what is left of forgotten people: past allowances, and what turns stored while the person was forgotten.

        Scans whole tables if somebody was forgotten or merged, an hour after it.
        """
        async with self._database.begin() as connection:
            await connection.execute(_ORPHANED_ALLOWANCES, {"today": now.date()})
            marks = (await connection.execute(_MARKS, {"hour": now - _HOUR})).all()
            if marks:
                await connection.execute(_ORPHANED_SOURCES)
                parameters = {"marks": [mark.at for mark in marks], "longest": _LONGEST_TURN}
                await connection.execute(_ORPHANED_BLOBS, parameters)

"""Delete rows past their retention: handled events, delivered messages, allowances, and blobs that nothing refers to."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import TextClause, text

from storage.engine.database import Database
from storage.tables.blob_references import referenced_blobs

RETENTION: Final = timedelta(days=30)
"""Longer than any platform repeats a webhook or keeps a button working; the history of a conversation stays."""
_BATCH = 5_000

_EVENTS = text(
    """
    DELETE FROM events WHERE seq IN (
        SELECT seq FROM events
        WHERE received_at < :before AND (handled_at < :before OR NOT addressed) ORDER BY seq LIMIT :limit)
    RETURNING seq
    """
)

# A poll can be answered after months, like a button, but only its outbound message tells which question it asks: the
# last question of each conversation stays if it was sent as a poll.
_OUTBOUND = text(
    """
    DELETE FROM outbound WHERE seq IN (
        SELECT seq FROM outbound o WHERE created_at < :before AND state <> 'waiting'
            AND NOT (o.platform_id LIKE 'poll:%' AND o.quiz_id <> '' AND NOT EXISTS (
                SELECT FROM outbound later
                WHERE later.address = o.address AND later.quiz_id <> '' AND later.seq > o.seq))
        ORDER BY seq LIMIT :limit)
    RETURNING seq
    """
)

# An address here may be a phone number, and a row counts on its day only.
_ALLOWANCES = text(
    """
    DELETE FROM allowances WHERE (address, day) IN (
        SELECT address, day FROM allowances WHERE day < CAST(:before AS timestamptz)::date LIMIT :limit)
    RETURNING address
    """
)

_BLOBS = text(
    "DELETE FROM blobs WHERE key IN (SELECT key FROM blobs "  # noqa: S608 - our own names
    f"WHERE created_at < :before AND key NOT IN ({referenced_blobs()}) LIMIT :limit) RETURNING key"
)


class Cleanup:
    """Deletes in batches, each its own short transaction, so that no lock is held long; safe to interrupt and repeat."""

    def __init__(self, database: Database, *, batch: int = _BATCH) -> None:
        self._database = database
        self._batch = batch

    async def __call__(self, now: datetime) -> dict[str, int]:
        """Delete what is older than `RETENTION` and return the number of rows by table."""
        before = now - RETENTION
        statements = {"events": _EVENTS, "outbound": _OUTBOUND, "allowances": _ALLOWANCES, "blobs": _BLOBS}
        return {name: await self._delete(statement, before) for name, statement in statements.items()}

    async def _delete(self, statement: TextClause, before: datetime) -> int:
        total, last = 0, self._batch
        while last == self._batch:
            last = len(await self._database.run(statement, {"before": before, "limit": self._batch}))
            total += last
        return total

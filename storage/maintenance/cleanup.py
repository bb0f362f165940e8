"""Taking away what nobody needs any more: events answered, replies delivered and texts counted long ago, and files nothing points to."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, TextClause, text

from storage.engine.database import Database
from storage.tables import metadata

# Longer than any platform repeats a call or keeps a button alive; the history of a conversation is kept elsewhere.
RETENTION: Final = timedelta(days=30)
_BATCH = 5_000
_BLOB = "blob:[0-9a-f]{64}"

_EVENTS = text(
    """
    DELETE FROM events WHERE seq IN (
        SELECT seq FROM events
        WHERE received_at < :before AND (handled_at < :before OR NOT addressed) ORDER BY seq LIMIT :limit)
    RETURNING seq
    """
)

# A poll may be answered after months, like a button; but only what was sent tells which question it shows.
_PARCELS = text(
    """
    DELETE FROM outbound WHERE seq IN (
        SELECT seq FROM outbound p WHERE created_at < :before AND state <> 'waiting'
            AND NOT (p.platform_id LIKE 'poll:%' AND p.quiz_id <> '' AND NOT EXISTS (
                SELECT FROM outbound later
                WHERE later.address = p.address AND later.quiz_id <> '' AND later.seq > p.seq))
        ORDER BY seq LIMIT :limit)
    RETURNING seq
    """
)


# They name a phone number each, and count for their day only.
_ALLOWANCES = text(
    """
    DELETE FROM allowances WHERE (address, day) IN (
        SELECT address, day FROM allowances WHERE day < CAST(:before AS timestamptz)::date LIMIT :limit)
    RETURNING address
    """
)


class Cleanup:
    """Works in small bites, so that nobody waits for it, and may be broken off and begun again at any time."""

    def __init__(self, database: Database, *, batch: int = _BATCH) -> None:
        self._database = database
        self._batch = batch

    async def __call__(self, now: datetime) -> dict[str, int]:
        """Rows taken away, by table."""
        before = now - RETENTION
        steps = {"events": _EVENTS, "outbound": _PARCELS, "allowances": _ALLOWANCES, "blobs": _unused_blobs()}
        return {name: await self._all(statement, before) for name, statement in steps.items()}

    async def _all(self, statement: TextClause, before: datetime) -> int:
        total, last = 0, self._batch
        while last == self._batch:
            last = len(await self._database.run(statement, {"before": before, "limit": self._batch}))
            total += last
        return total


def _unused_blobs() -> TextClause:
    return text(
        "DELETE FROM blobs WHERE key IN (SELECT key FROM blobs "  # noqa: S608 - our own names
        f"WHERE created_at < :before AND key NOT IN ({referenced_blobs()}) LIMIT :limit) RETURNING key"
    )


def referenced_blobs() -> str:
    """A query for the key of every blob that something points to: one look over each table, however many blobs there are."""
    return " UNION ALL ".join(
        f"SELECT (regexp_matches({column.name}::text, '{_BLOB}', 'g'))[1] FROM {column.table.name}"  # noqa: S608 - our own names
        for column in blob_columns()
    )


def blob_columns() -> Iterator[Column[object]]:
    """The columns that can name a blob."""
    for table in metadata.sorted_tables:
        for column in table.c:
            if column.type.python_type in (dict, object) or column.name in ("uri", "blob"):
                yield column

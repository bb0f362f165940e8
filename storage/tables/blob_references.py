"""Find the blobs that rows of any table refer to."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Column

from storage.tables.metadata import metadata

BLOB_KEY: Final = "blob:[0-9a-f]{64}"
"""Regular expression of a blob's key."""


def blob_columns() -> Iterator[Column[object]]:
    """All columns that can contain the key of a blob: JSON columns and those named `uri` or `blob`."""
    for table in metadata.sorted_tables:
        for column in table.c:
            if column.type.python_type in (dict, object) or column.name in ("uri", "blob"):
                yield column


def referenced_blobs() -> str:
    """A query for the keys of all referenced blobs, which scans each table once however many blobs there are."""
    return " UNION ALL ".join(
        f"SELECT (regexp_matches({column.name}::text, '{BLOB_KEY}', 'g'))[1] FROM {column.table.name}"  # noqa: S608 - names of our own tables
        for column in blob_columns()
    )

"""Tables of the feed that web and terminal clients read, and of blobs."""

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from storage.tables.metadata import metadata

feed = Table(
    "feed",
    metadata,
    Column("address", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("key", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("address", "key"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("key", Text, primary_key=True),
    Column("mime", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

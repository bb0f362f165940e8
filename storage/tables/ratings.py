"""Tables of ratings of answers."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Table, Text

from storage.tables.metadata import metadata

ratings = Table(
    "ratings",
    metadata,
    Column("address", Text, primary_key=True),
    Column("platform_id", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("learner_id", Text, ForeignKey("learners.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("good", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

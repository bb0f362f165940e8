"""Tables of review cards, reviews and unit progress."""

from sqlalchemy import BigInteger, Column, DateTime, Double, ForeignKey, Identity, Index, Integer, Table, Text

from storage.tables.metadata import metadata

_TIME = DateTime(timezone=True)


def _learner(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "learner_id", Text, ForeignKey("learners.id", ondelete="CASCADE"), primary_key=primary_key, nullable=False
    )


cards = Table(
    "cards",
    metadata,
    _learner(primary_key=True),
    Column("key", Text, primary_key=True),
    Column("due", _TIME, nullable=False),
    Column("state", Text, nullable=False),
    Column("reps", Integer, nullable=False),
    Column("lapses", Integer, nullable=False),
    Column("strength", Double, nullable=False),
    Index("ix_cards_due", "learner_id", "due"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    _learner(),
    Column("card", Text, nullable=False),
    Column("rating", Integer, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("seconds", Double, nullable=False),
    Index("ix_reviews_learner_id_at", "learner_id", "at"),
)

unit_progress = Table(
    "unit_progress",
    metadata,
    _learner(primary_key=True),
    Column("course", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("score", Double, nullable=False),
    Column("at", _TIME, nullable=False),
)

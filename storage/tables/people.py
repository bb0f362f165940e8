"""Codes that join a person on two platforms, which event joined or parted whom, files handed out, and the last words to who was forgotten."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, LargeBinary, Table, Text, UniqueConstraint

from storage.tables.metadata import metadata

_MOMENT = DateTime(timezone=True)


def _learner(name: str = "learner_id", *, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    key = ForeignKey("learners.id", ondelete="CASCADE")
    return Column(name, Text, key, primary_key=primary_key, nullable=nullable, index=not primary_key)


link_codes = Table(
    "link_codes",
    metadata,
    _learner(primary_key=True),
    Column("selector", LargeBinary, nullable=False),
    Column("verifier", LargeBinary, nullable=False),
    Column("until", _MOMENT, nullable=False),
    _learner("claimed_by", nullable=True),
    UniqueConstraint("selector"),
)

link_tries = Table(
    "link_tries",
    metadata,
    _learner(primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("since", _MOMENT, nullable=False),
)

link_events = Table(
    "link_events",
    metadata,
    Column("event", Text, primary_key=True),
    _learner(),
    _learner("other_id", nullable=True),
    Column("at", _MOMENT, nullable=False),
)

handouts = Table(
    "handouts",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    _learner(),
    Column("blob", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("taken", Boolean, nullable=False),
    Column("until", _MOMENT, nullable=False),
)

farewells = Table(
    "farewells",
    metadata,
    Column("address", Text, primary_key=True),
    Column("parcel", Text, nullable=False),
    Column("at", _MOMENT, nullable=False),
)

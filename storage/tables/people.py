"""Tables of learners, their identities, link codes, downloads and forget receipts."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, LargeBinary, Table, Text, UniqueConstraint

from storage.tables.metadata import metadata

_TIME = DateTime(timezone=True)


def _learner(name: str = "learner_id", *, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    key = ForeignKey("learners.id", ondelete="CASCADE")
    return Column(name, Text, key, primary_key=primary_key, nullable=nullable, index=not primary_key)


learners = Table(
    "learners",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("voice", Text, nullable=False),
    Column("created_at", _TIME, nullable=False),
)

identities = Table(
    "identities",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    _learner(),
)

# A code is stored as two halves of a keyed hash: `selector` finds the row, `verifier` is compared in constant time.
link_codes = Table(
    "link_codes",
    metadata,
    _learner(primary_key=True),
    Column("selector", LargeBinary, nullable=False),
    Column("verifier", LargeBinary, nullable=False),
    Column("expires_at", _TIME, nullable=False),
    _learner("claimed_by", nullable=True),
    UniqueConstraint("selector"),
)

link_attempts = Table(
    "link_attempts",
    metadata,
    _learner(primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("window_start", _TIME, nullable=False),
)

# The event that linked or unlinked `learner_id`, so that a repeated turn gives the same result. Unlinking created
# `learner_id` and took one channel from `previous_learner_id`; linking leaves that empty.
link_events = Table(
    "link_events",
    metadata,
    Column("event_id", Text, primary_key=True),
    _learner(),
    _learner("previous_learner_id", nullable=True),
    Column("at", _TIME, nullable=False),
)

downloads = Table(
    "downloads",
    metadata,
    Column("token_digest", LargeBinary, primary_key=True),
    _learner(),
    Column("blob", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("downloaded", Boolean, nullable=False),
    Column("expires_at", _TIME, nullable=False),
)

# What still has to be deleted after a learner was forgotten. A row with an address names a conversation whose last
# traces go after delivery: the receipt (`outbound_id`, empty elsewhere) and the feed entries. A row whose address is
# a bare id, without a colon, only records when a learner was forgotten; see `storage.maintenance.expiry`.
forget_receipts = Table(
    "forget_receipts",
    metadata,
    Column("address", Text, primary_key=True),
    Column("outbound_id", Text, nullable=False),
    Column("at", _TIME, nullable=False),
)

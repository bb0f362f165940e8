"""Letterbox, conversations, turns and parcels."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from storage.tables.metadata import metadata

_MOMENT = DateTime(timezone=True)

learners = Table(
    "learners",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("voice", Text, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
)

identities = Table(
    "identities",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("learner_id", Text, ForeignKey("learners.id", ondelete="CASCADE"), nullable=False, index=True),
)

events = Table(
    "events",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("addressed", Boolean, nullable=False),
    Column("received_at", _MOMENT, nullable=False),
    Column("handled_at", _MOMENT),
    UniqueConstraint("id"),
    Index("ix_events_waiting", "address", "seq", postgresql_where=text("handled_at IS NULL")),
)

conversations = Table(
    "conversations",
    metadata,
    Column("address", Text, primary_key=True),
    Column("learner_id", Text, ForeignKey("learners.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("state", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_token", Text),
    Column("lease_until", _MOMENT),
    Column("created_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    Column("sender", Text, nullable=False, server_default=""),
)

turns = Table(
    "turns",
    metadata,
    Column("id", Text, primary_key=True),
    Column("address", Text, ForeignKey("conversations.address", ondelete="CASCADE"), nullable=False, index=True),
    Column("learner_id", Text, nullable=False),
    Column("started_at", _MOMENT, nullable=False),
    Column("ended_at", _MOMENT, nullable=False),
    Column("model", Text, nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("cache_read_tokens", Integer, nullable=False),
    Column("cache_write_tokens", Integer, nullable=False),
    Column("cost", Double, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("address", Text, ForeignKey("conversations.address", ondelete="CASCADE"), nullable=False),
    Column("turn_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("speaker", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("sender", Text, nullable=False, server_default=""),
    Column("platform_id", Text, nullable=False, server_default=""),
    Index("ix_messages_address_seq", "address", "seq"),
    Index("ix_messages_sender", "sender", postgresql_where=text("sender <> ''")),
)

tool_calls = Table(
    "tool_calls",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("turn_id", Text, ForeignKey("turns.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("call_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("input", Text, nullable=False),
    Column("output", Text, nullable=False),
    Column("failed", Boolean, nullable=False),
    Column("seconds", Double, nullable=False),
)

parcels = Table(
    "parcels",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", _MOMENT, nullable=False),
    Column("lease_until", _MOMENT),
    Column("receipt", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("sent_at", _MOMENT),
    Column("outcome", Text, nullable=False, server_default=""),
    UniqueConstraint("id"),
    Index("ix_parcels_waiting", "address", "seq", postgresql_where=text("state = 'waiting'")),
    Index("ix_parcels_subject", "address", "subject", postgresql_where=text("subject <> ''")),
    Index("ix_parcels_poll", text("split_part(receipt, ':'::text, 2)"), postgresql_where=text("receipt LIKE 'poll:%'")),
)

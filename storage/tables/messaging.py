"""Tables of the inbox, conversations, turns and the outbox."""

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

_TIME = DateTime(timezone=True)


def _address(*, index: bool = False) -> Column[str]:
    key = ForeignKey("conversations.address", ondelete="CASCADE")
    return Column("address", Text, key, nullable=False, index=index)


events = Table(
    "events",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("addressed", Boolean, nullable=False),
    Column("received_at", _TIME, nullable=False),
    Column("handled_at", _TIME),
    UniqueConstraint("id"),
    Index("ix_events_waiting", "address", "seq", postgresql_where=text("handled_at IS NULL")),
)

# `sender` is the identity whose message started the conversation; empty where that is unknown.
conversations = Table(
    "conversations",
    metadata,
    Column("address", Text, primary_key=True),
    Column("learner_id", Text, ForeignKey("learners.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("sender", Text, nullable=False, server_default=""),
    Column("state", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_token", Text),
    Column("lease_until", _TIME),
    Column("created_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("id", Text, primary_key=True),
    _address(index=True),
    Column("learner_id", Text, nullable=False),
    Column("started_at", _TIME, nullable=False),
    Column("ended_at", _TIME, nullable=False),
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
    _address(),
    Column("turn_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("speaker", Text, nullable=False),
    Column("sender", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Column("at", _TIME, nullable=False),
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

# `state` is waiting, sent or dead. `quiz_id` is set for questions, so that a later mark finds the message to edit.
# `platform_id` is the platform's id of the sent message; of a poll, `poll:<id of the poll>:<id of the message>`.
outbound = Table(
    "outbound",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("quiz_id", Text, nullable=False, server_default=""),
    Column("thread", Text, nullable=False, server_default=""),
    Column("payload", JSONB, nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", _TIME, nullable=False),
    Column("lease_until", _TIME),
    Column("platform_id", Text, nullable=False, server_default=""),
    Column("error", Text, nullable=False, server_default=""),
    Column("created_at", _TIME, nullable=False),
    Column("sent_at", _TIME),
    Column("outcome", Text, nullable=False, server_default=""),
    UniqueConstraint("id"),
    Index("ix_outbound_waiting", "address", "seq", postgresql_where=text("state = 'waiting'")),
    Index("ix_outbound_quiz_id", "address", "quiz_id", postgresql_where=text("quiz_id <> ''")),
    Index(
        "ix_outbound_poll",
        text("split_part(platform_id, ':'::text, 2)"),
        postgresql_where=text("platform_id LIKE 'poll:%'"),
    ),
)

"""The initial tables."""

from collections.abc import Sequence

import pgvector.sqlalchemy
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = (
    "learners",
    "identities",
    "link_codes",
    "link_attempts",
    "link_events",
    "downloads",
    "forget_receipts",
    "events",
    "conversations",
    "turns",
    "messages",
    "tool_calls",
    "outbound",
    "feed",
    "blobs",
    "consents",
    "allowances",
    "installs",
    "ratings",
    "cards",
    "reviews",
    "unit_progress",
    "sources",
    "passages",
    "vectors",
    "postings",
)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    _create_people()
    _create_messaging()
    _create_feed()
    _create_consent()
    _create_study()
    _create_knowledge()


def downgrade() -> None:
    # A table's indexes go with it. The extension stays: other schemas of the database may use it.
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.execute(sa.schema.DropSequence(sa.Sequence("passages_id_seq")))


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target.partition('.')[0]}")
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete="CASCADE")


def _create_people() -> None:
    op.create_table(
        "learners",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learners")),
    )
    op.create_table(
        "identities",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("learner_id", sa.Text(), nullable=False),
        _reference("identities", "learner_id", "learners.id"),
        sa.PrimaryKeyConstraint("channel", "sender", name=op.f("pk_identities")),
    )
    op.create_index(op.f("ix_identities_learner_id"), "identities", ["learner_id"])
    op.create_table(
        "link_codes",
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("selector", sa.LargeBinary(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        _reference("link_codes", "claimed_by", "learners.id"),
        _reference("link_codes", "learner_id", "learners.id"),
        sa.PrimaryKeyConstraint("learner_id", name=op.f("pk_link_codes")),
        sa.UniqueConstraint("selector", name=op.f("uq_link_codes_selector")),
    )
    op.create_index(op.f("ix_link_codes_claimed_by"), "link_codes", ["claimed_by"])
    op.create_table(
        "link_attempts",
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        _reference("link_attempts", "learner_id", "learners.id"),
        sa.PrimaryKeyConstraint("learner_id", name=op.f("pk_link_attempts")),
    )
    op.create_table(
        "link_events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("previous_learner_id", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _reference("link_events", "learner_id", "learners.id"),
        _reference("link_events", "previous_learner_id", "learners.id"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_link_events")),
    )
    op.create_index(op.f("ix_link_events_learner_id"), "link_events", ["learner_id"])
    op.create_index(op.f("ix_link_events_previous_learner_id"), "link_events", ["previous_learner_id"])
    op.create_table(
        "downloads",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("downloaded", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _reference("downloads", "learner_id", "learners.id"),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_downloads")),
    )
    op.create_index(op.f("ix_downloads_learner_id"), "downloads", ["learner_id"])
    op.create_table(
        "forget_receipts",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("outbound_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_forget_receipts")),
    )


def _create_messaging() -> None:
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("addressed", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
        sa.UniqueConstraint("id", name=op.f("uq_events_id")),
    )
    op.create_index("ix_events_waiting", "events", ["address", "seq"], postgresql_where=sa.text("handled_at IS NULL"))
    op.create_table(
        "conversations",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), server_default="", nullable=False),
        sa.Column("state", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        _reference("conversations", "learner_id", "learners.id"),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_conversations")),
    )
    op.create_index(op.f("ix_conversations_learner_id"), "conversations", ["learner_id"])
    op.create_table(
        "turns",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("cache_read_tokens", sa.Integer(), nullable=False),
        sa.Column("cache_write_tokens", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=False),
        _reference("turns", "address", "conversations.address"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turns")),
    )
    op.create_index(op.f("ix_turns_address"), "turns", ["address"])
    op.create_table(
        "messages",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("turn_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _reference("messages", "address", "conversations.address"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_messages")),
    )
    op.create_index("ix_messages_address_seq", "messages", ["address", "seq"])
    op.create_index("ix_messages_sender", "messages", ["sender"], postgresql_where=sa.text("sender <> ''"))
    op.create_table(
        "tool_calls",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("turn_id", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        _reference("tool_calls", "turn_id", "turns.id"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_tool_calls")),
    )
    op.create_index(op.f("ix_tool_calls_turn_id"), "tool_calls", ["turn_id"])
    op.create_table(
        "outbound",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("quiz_id", sa.Text(), server_default="", nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("platform_id", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbound")),
        sa.UniqueConstraint("id", name=op.f("uq_outbound_id")),
    )
    op.create_index(
        "ix_outbound_poll",
        "outbound",
        [sa.literal_column("split_part(platform_id, ':'::text, 2)")],
        postgresql_where=sa.text("platform_id LIKE 'poll:%'"),
    )
    op.create_index(
        "ix_outbound_quiz_id", "outbound", ["address", "quiz_id"], postgresql_where=sa.text("quiz_id <> ''")
    )
    op.create_index(
        "ix_outbound_waiting", "outbound", ["address", "seq"], postgresql_where=sa.text("state = 'waiting'")
    )


def _create_feed() -> None:
    op.create_table(
        "feed",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", "seq", name=op.f("pk_feed")),
        sa.UniqueConstraint("address", "key", name=op.f("uq_feed_address_key")),
    )
    op.create_table(
        "blobs",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_blobs")),
    )


def _create_consent() -> None:
    op.create_table(
        "consents",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_consents")),
    )
    op.create_table(
        "allowances",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Double(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("address", "day", name=op.f("pk_allowances")),
    )
    op.create_table(
        "installs",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed_tokens", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", "workspace", name=op.f("pk_installs")),
    )
    op.create_table(
        "ratings",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("platform_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _reference("ratings", "learner_id", "learners.id"),
        sa.PrimaryKeyConstraint("address", "platform_id", "sender", name=op.f("pk_ratings")),
    )
    op.create_index(op.f("ix_ratings_learner_id"), "ratings", ["learner_id"])


def _create_study() -> None:
    op.create_table(
        "cards",
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reps", sa.Integer(), nullable=False),
        sa.Column("lapses", sa.Integer(), nullable=False),
        sa.Column("strength", sa.Double(), nullable=False),
        _reference("cards", "learner_id", "learners.id"),
        sa.PrimaryKeyConstraint("learner_id", "key", name=op.f("pk_cards")),
    )
    op.create_index("ix_cards_due", "cards", ["learner_id", "due"])
    op.create_table(
        "reviews",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        _reference("reviews", "learner_id", "learners.id"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_reviews")),
    )
    op.create_index("ix_reviews_learner_id_at", "reviews", ["learner_id", "at"])
    op.create_table(
        "unit_progress",
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _reference("unit_progress", "learner_id", "learners.id"),
        sa.PrimaryKeyConstraint("learner_id", "course", "unit", name=op.f("pk_unit_progress")),
    )


def _create_knowledge() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("notify", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("edition", sa.Integer(), server_default="1", nullable=False),
        sa.Column("claimed_edition", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_seconds", sa.Double(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("stemming", sa.Text(), server_default="", nullable=False),
        sa.Column("link", sa.Text(), server_default="", nullable=False),
        sa.Column("embedder", sa.Text(), server_default="", nullable=False),
        sa.Column("content_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("passages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("words", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("owner", "uri", name=op.f("uq_sources_owner_uri")),
    )
    op.create_index(
        "ix_sources_unfinished",
        "sources",
        ["lease_until"],
        postgresql_where=sa.text("state IN ('waiting', 'reading', 'embedding')"),
    )
    op.execute(sa.schema.CreateSequence(sa.Sequence("passages_id_seq", data_type=sa.BigInteger())))
    op.create_table(
        "passages",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _reference("passages", "source_id", "sources.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passages")),
    )
    op.create_index(op.f("ix_passages_source_id"), "passages", ["source_id"])
    op.create_table(
        "vectors",
        sa.Column("passage_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("embedder", sa.Text(), nullable=False),
        sa.Column("dimensions", sa.SmallInteger(), nullable=False),
        sa.Column("embedding", pgvector.sqlalchemy.halfvec.HALFVEC(), nullable=False),
        _reference("vectors", "passage_id", "passages.id"),
        sa.PrimaryKeyConstraint("passage_id", name=op.f("pk_vectors")),
    )
    op.create_index(
        "ix_vectors_hnsw_384",
        "vectors",
        [sa.literal_column("(embedding::halfvec(384)) halfvec_ip_ops")],
        postgresql_using="hnsw",
        postgresql_with={"m": 16, "ef_construction": 128},
        postgresql_where=sa.text("owner = '' AND dimensions = 384"),
    )
    op.create_index("ix_vectors_owner", "vectors", ["owner", "embedder"], postgresql_where=sa.text("owner <> ''"))
    op.create_table(
        "postings",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("passages", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("frequencies", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("lengths", sa.ARRAY(sa.Integer()), nullable=False),
        _reference("postings", "source_id", "sources.id"),
        sa.PrimaryKeyConstraint("source_id", "term", name=op.f("pk_postings")),
    )
    op.create_index("ix_postings_term_owner", "postings", ["term", "owner"], postgresql_include=["count"])

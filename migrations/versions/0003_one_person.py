"""Codes that join a person on two platforms, files handed out, and the last words to who was forgotten."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "link_codes",
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("selector", sa.LargeBinary(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        _of_learner("link_codes", "learner_id"),
        _of_learner("link_codes", "claimed_by"),
        sa.PrimaryKeyConstraint("learner_id", name=op.f("pk_link_codes")),
        sa.UniqueConstraint("selector", name=op.f("uq_link_codes_selector")),
    )
    op.create_index(op.f("ix_link_codes_claimed_by"), "link_codes", ["claimed_by"])
    op.create_table(
        "link_tries",
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        _of_learner("link_tries", "learner_id"),
        sa.PrimaryKeyConstraint("learner_id", name=op.f("pk_link_tries")),
    )
    op.create_table(
        "handouts",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        _of_learner("handouts", "learner_id"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_handouts")),
    )
    op.create_index(op.f("ix_handouts_learner_id"), "handouts", ["learner_id"])
    op.create_table(
        "farewells",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("parcel", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_farewells")),
    )
    op.add_column("messages", sa.Column("sender", sa.Text(), nullable=False, server_default=""))
    op.create_index(op.f("ix_messages_sender"), "messages", ["sender"], postgresql_where=sa.text("sender <> ''"))


def downgrade() -> None:
    op.drop_index(op.f("ix_messages_sender"), "messages")
    op.drop_column("messages", "sender")
    for table in ("farewells", "handouts", "link_tries", "link_codes"):
        op.drop_table(table)


def _of_learner(table: str, column: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_learners")
    return sa.ForeignKeyConstraint([column], ["learners.id"], name=name, ondelete="CASCADE")

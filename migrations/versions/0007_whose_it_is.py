"""Whose words began a conversation, and which event joined or parted whom."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Whoever is on a channel once began all of their conversations there.
_ALONE = """
    UPDATE conversations c SET sender = known.sender
    FROM (SELECT learner_id, channel, min(sender) AS sender FROM identities
          GROUP BY learner_id, channel HAVING count(*) = 1) AS known
    WHERE known.learner_id = c.learner_id AND known.channel = split_part(c.address, ':', 1)
"""
# Of two identities on one channel, the one whose event came last.
_LAST = """
    UPDATE conversations c SET sender = known.sender
    FROM (SELECT DISTINCT ON (e.address) e.address, i.sender, i.learner_id FROM events e
          JOIN identities i ON i.channel = split_part(e.address, ':', 1) AND i.sender = e.payload #>> '{is,sender,id}'
          WHERE e.payload #>> '{is,body,kind}' NOT IN ('due', 'ready') ORDER BY e.address, e.seq DESC) AS known
    WHERE c.sender = '' AND known.address = c.address AND known.learner_id = c.learner_id
"""


def upgrade() -> None:
    op.add_column("conversations", sa.Column("sender", sa.Text(), nullable=False, server_default=""))
    op.execute(_ALONE)
    op.execute(_LAST)
    op.create_table(
        "link_events",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("learner_id", sa.Text(), nullable=False),
        sa.Column("other_id", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _of_learner("learner_id"),
        _of_learner("other_id"),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_link_events")),
    )
    for column in ("learner_id", "other_id"):
        op.create_index(op.f(f"ix_link_events_{column}"), "link_events", [column])


def downgrade() -> None:
    op.drop_table("link_events")
    op.drop_column("conversations", "sender")


def _of_learner(column: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_link_events_{column}_learners")
    return sa.ForeignKeyConstraint([column], ["learners.id"], name=name, ondelete="CASCADE")

"""Who has ended the messages, what was sent to whom in a day, and what became of what was sent."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_consents")),
    )
    op.create_table(
        "allowances",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("address", "day", name=op.f("pk_allowances")),
    )
    op.add_column("parcels", sa.Column("outcome", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("parcels", "outcome")
    op.drop_table("allowances")
    op.drop_table("consents")

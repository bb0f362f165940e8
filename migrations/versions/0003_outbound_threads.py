"""The thread that an outbound message belongs in."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("outbound", sa.Column("thread", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("outbound", "thread")

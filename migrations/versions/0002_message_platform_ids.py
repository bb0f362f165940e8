"""The platform's id of each person's message, by which edits are recognised."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("platform_id", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("messages", "platform_id")

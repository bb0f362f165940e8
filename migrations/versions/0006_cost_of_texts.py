"""What was sent to whom in a day, in US dollars."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("allowances", sa.Column("cost", sa.Double(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("allowances", "cost")

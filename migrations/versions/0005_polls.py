"""Finding a question by the poll that shows it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "ix_parcels_poll",
        "parcels",
        [sa.text("split_part(receipt, ':'::text, 2)")],
        postgresql_where=sa.text("receipt LIKE 'poll:%'"),
    )


def downgrade() -> None:
    op.drop_index("ix_parcels_poll", table_name="parcels")

"""Many machines: rows of the queues are claimed for a while, and the portals of a host have one budget of requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
oldest_code = "0003"

_QUEUES = ("index_queue", "match_queue")
_CLAIMED = sa.text("claimed_until IS NOT NULL")


def upgrade() -> None:
    """Add nullable columns and a table: code of before leaves them empty and goes on."""
    for queue in _QUEUES:
        op.add_column(queue, sa.Column("claimed_by", sa.Text()))
        op.add_column(queue, sa.Column("claimed_until", sa.DateTime(timezone=True)))
        index = f"ix_{queue}_claimed_until"
        op.create_index(index, queue, ["claimed_until"], sqlite_where=_CLAIMED, postgresql_where=_CLAIMED)
    op.create_table(
        "host_budgets",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("next_free_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("connections", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_host_budgets"),
    )


def downgrade() -> None:
    """Take them away; what was claimed is free."""
    op.drop_table("host_budgets")
    for queue in _QUEUES:
        op.drop_index(f"ix_{queue}_claimed_until", queue)
        op.drop_column(queue, "claimed_until")
        op.drop_column(queue, "claimed_by")

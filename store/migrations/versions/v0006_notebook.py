"""The notebook of crawls: what they remember between runs is the same on every machine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
oldest_code = "0003"


def upgrade() -> None:
    """Make the table. Pages come with the crawls of each machine, from the folder that code of before goes on using."""
    op.create_table(
        "notebook",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("key", sa.Text()),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_notebook"),
    )


def downgrade() -> None:
    """Drop it: crawls of the code of before begin their pages anew."""
    op.drop_table("notebook")

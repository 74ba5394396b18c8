"""Editions: what search is to say of a notice has a number that grows with every change, a new reading among them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
oldest_code = "0003"


def upgrade() -> None:
    """Add the part of the number that versions do not count: no row is touched, so it is done in a moment.

    With it the edition of a notice is at least the version that an index holds it under. Code of before knows nothing
    of it: its new versions raise the edition as well, its new readings do not.
    """
    op.add_column("notices", sa.Column("revision", sa.Integer(), nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    """Drop it: an index that holds a higher number than the version has its notice replaced."""
    op.drop_column("notices", "revision")

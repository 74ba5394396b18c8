"""The index from a digest to its hits leaves out those that no digest holds yet.

It was chosen for the pending hits of one owner, and so read the pending hits of everybody.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
oldest_code = "0001"

_TOLD = sa.text("digest_id IS NOT NULL")


def upgrade() -> None:
    """Make the index partial."""
    op.drop_index("ix_hits_digest_id", "hits")
    op.create_index("ix_hits_digest_id", "hits", ["digest_id"], sqlite_where=_TOLD, postgresql_where=_TOLD)


def downgrade() -> None:
    """Make it whole again."""
    op.drop_index("ix_hits_digest_id", "hits")
    op.create_index("ix_hits_digest_id", "hits", ["digest_id"])

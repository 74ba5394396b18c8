"""The tables of Procrastinate, whose jobs workers on many machines do. On PostgreSQL alone: SQLite serves one machine.

Procrastinate ships its schema whole and as one file per change of it. The whole one of the installed version is made
here, and the name of its last change is kept in `meta`. A version with further changes needs a migration that applies
the files after that name, and takes them back; a test says so. The files that make an old schema cannot all be run in
one transaction, which is why they are not what is run here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.procrastinate_schema import create, drop

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
oldest_code = "0003"


def upgrade() -> None:
    """Make them, beside our own."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        create(connection)


def downgrade() -> None:
    """Drop them with the jobs that wait: what jobs are about waits in tables of our own."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        drop(connection)
    connection.execute(sa.text("DELETE FROM meta WHERE key = 'procrastinate schema'"))

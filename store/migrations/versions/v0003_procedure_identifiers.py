"""Procedures are found by identifiers, so that the notices of one tender on several portals belong together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BATCH = 500


def upgrade() -> None:
    """Make the tables, and fill in what the stored notices bring."""
    identifiers = op.create_table(
        "procedure_identifiers",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("procedure_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["procedure_key"], ["procedures.key"], name="fk_procedure_identifiers_procedure_key"),
        sa.PrimaryKeyConstraint("scheme", "value", name="pk_procedure_identifiers"),
    )
    op.create_index("ix_procedure_identifiers_procedure_key", "procedure_identifiers", ["procedure_key"])
    op.create_table(
        "procedure_links",
        sa.Column("joined_key", sa.Text(), nullable=False),
        sa.Column("procedure_key", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["procedure_key"], ["procedures.key"], name="fk_procedure_links_procedure_key"),
        sa.PrimaryKeyConstraint("joined_key", name="pk_procedure_links"),
    )
    op.create_index("ix_procedure_links_procedure_key", "procedure_links", ["procedure_key"])
    _fill(identifiers)


def _fill(identifiers: sa.Table) -> None:
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "INSERT INTO procedure_identifiers (scheme, value, procedure_key) "
            "SELECT 'procedure-key', key, key FROM procedures"
        )
    )
    connection.execute(
        sa.text(
            "INSERT INTO procedure_identifiers (scheme, value, procedure_key) "
            "SELECT 'notice', id, procedure_key FROM notices"
        )
    )
    stored = connection.execute(
        sa.text(
            "SELECT n.procedure_key, v.notice FROM notices n "
            "JOIN notice_versions v ON v.notice_id = n.id AND v.version = n.version ORDER BY n.first_seen_at, n.id"
        )
    ).all()
    brought: dict[tuple[str, str], str] = {}
    for row in stored:
        for identifier in _of_notice(json.loads(row.notice)):
            brought.setdefault(identifier, row.procedure_key)
    rows = [{"scheme": scheme, "value": value, "procedure_key": key} for (scheme, value), key in brought.items()]
    for start in range(0, len(rows), _BATCH):
        connection.execute(identifiers.insert(), rows[start : start + _BATCH])


def _of_notice(notice: dict[str, object]) -> Iterator[tuple[str, str]]:
    for scheme, field in (("eforms-procedure-id", "procedure_id"), ("eforms-notice-id", "notice_uuid")):
        value = str(notice.get(field) or "").lower()
        if _UUID.fullmatch(value) and len(set(value) - {"-"}) > 2:
            yield scheme, value
    if notice.get("publication_number"):
        yield "ted-publication-number", str(notice["publication_number"])


def downgrade() -> None:
    """Drop them; procedures that were merged stay so."""
    op.drop_table("procedure_links")
    op.drop_table("procedure_identifiers")

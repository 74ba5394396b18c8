"""Procedures are found by identifiers, so that the notices of one tender on several portals belong together."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
oldest_code = "0003"

_UUID = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})(?:-[0-9]{1,3})?")
_TED_NUMBER = re.compile(r"0*([1-9][0-9]{0,8}-(?:19|20)[0-9]{2})")
_LONGEST = 500
_BATCH = 200
_OWN = {
    "procedure-key": "SELECT :scheme, key, key FROM procedures",
    "notice": "SELECT :scheme, id, procedure_key FROM notices",
}
_PAGE = """
    SELECT page.id, page.portal, page.procedure_key, v.notice
    FROM (SELECT id, portal, procedure_key FROM notices WHERE id > :last ORDER BY id LIMIT :most) AS page
    JOIN notice_versions AS v ON v.notice_id = page.id
    ORDER BY page.id, v.version
"""
_CLAIM = """
    INSERT INTO procedure_identifiers (scheme, value, procedure_key) VALUES (:scheme, :value, :procedure_key)
    ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    """Make the tables, and fill in what the stored notices bring."""
    op.create_table(
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
    _fill()


def _fill() -> None:
    """A page of notices at a time. The first procedure with an identifier keeps it; the next saving merges the rest."""
    connection = op.get_bind()
    for scheme, statement in _OWN.items():
        connection.execute(
            sa.text(f"INSERT INTO procedure_identifiers (scheme, value, procedure_key) {statement}"),
            {"scheme": scheme},
        )
    last = ""
    while page := connection.execute(sa.text(_PAGE), {"last": last, "most": _BATCH}).all():
        last = page[-1].id
        rows = [
            {"scheme": scheme, "value": value, "procedure_key": row.procedure_key}
            for row in page
            for scheme, value in dict.fromkeys(_of_notice(row.portal, json.loads(row.notice)))
        ]
        if rows:
            connection.execute(sa.text(_CLAIM), rows)


def _of_notice(portal: str, notice: dict[str, Any]) -> Iterator[tuple[str, str]]:
    procedure_id = str(notice.get("procedure_id") or "")
    if procedure_id:
        yield "procedure-key", _key(portal, procedure_id)
    yield from _uuid("eforms-procedure-id", procedure_id)
    yield from _uuid("eforms-notice-id", notice.get("notice_uuid"))
    yield from _ted_number(notice.get("publication_number"))
    for link in notice.get("links", ()):
        if link["relation"] in ("same-procedure", "national-copy", "changed"):
            if link["scheme"] in ("eforms-procedure-id", "eforms-notice-id"):
                yield from _uuid(link["scheme"], link["value"])
            elif link["scheme"] == "ted-publication-number":
                yield from _ted_number(link["value"])


def _key(portal: str, procedure_id: str) -> str:
    printed = procedure_id.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "\ufffd")
    if len(procedure_id) > _LONGEST:
        return f"{portal}:sha256-{hashlib.sha256(printed.encode()).hexdigest()}"
    return f"{portal}:{printed}"


def _uuid(scheme: str, value: str | None) -> Iterator[tuple[str, str]]:
    found = _UUID.fullmatch((value or "").strip().lower())
    if found and len(set(found[1]) - {"-"}) > 2:
        yield scheme, found[1]


def _ted_number(value: str | None) -> Iterator[tuple[str, str]]:
    found = _TED_NUMBER.fullmatch((value or "").strip())
    if found:
        yield "ted-publication-number", found[1]


def downgrade() -> None:
    """Drop them; procedures that were merged stay so."""
    op.drop_table("procedure_links")
    op.drop_table("procedure_identifiers")

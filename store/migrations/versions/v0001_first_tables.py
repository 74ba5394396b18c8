"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
oldest_code = "0001"

Instant = sa.DateTime(timezone=True)
RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "firings",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("claimed_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("job", "due_at", name="pk_firings"),
    )
    op.create_table(
        "incidents",
        sa.Column("id", RowId, nullable=False),
        sa.Column("portal", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("last_seen_at", Instant, nullable=False),
        sa.Column("closed_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
    )
    op.create_index(
        "uq_incidents_current",
        "incidents",
        ["portal", "kind"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "owners",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("confirmed_at", Instant),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_owners"),
        sa.UniqueConstraint("email_key", name="uq_owners_email_key"),
    )
    op.create_table(
        "procedures",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("portal", sa.Text(), nullable=False),
        sa.Column("first_seen_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_procedures"),
    )
    op.create_table(
        "profile_removals",
        sa.Column("profile_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("profile_id", name="pk_profile_removals"),
    )
    op.create_index("ix_profile_removals_revision", "profile_removals", ["revision"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", RowId, nullable=False),
        sa.Column("portal", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.Column("raw", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("path", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("first_seen_at", Instant, nullable=False),
        sa.Column("last_seen_at", Instant, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.UniqueConstraint("portal", "native_id", "digest", name="uq_quarantine_portal_native_id_digest"),
    )
    op.create_index("ix_quarantine_state_portal", "quarantine", ["state", "portal"], unique=False)
    op.create_table(
        "raw_payloads",
        sa.Column("id", RowId, nullable=False),
        sa.Column("portal", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("archived_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_raw_payloads"),
        sa.UniqueConstraint("segment", "offset", name="uq_raw_payloads_segment_offset"),
    )
    op.create_index("ix_raw_payloads_notice_id", "raw_payloads", ["notice_id"], unique=False)
    op.create_index("ix_raw_payloads_portal_id", "raw_payloads", ["portal", "id"], unique=False)
    op.create_index("ix_raw_payloads_run_id", "raw_payloads", ["run_id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("portal", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        sa.Column("heartbeat_at", Instant),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("message", sa.Text()),
        sa.Column("unread", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_portal_started_at", "runs", ["portal", "started_at"], unique=False)
    op.create_index("ix_runs_state", "runs", ["state"], unique=False)
    op.create_table(
        "windows",
        sa.Column("id", RowId, nullable=False),
        sa.Column("portal", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("start", sa.Date()),
        sa.Column("end", sa.Date()),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("announced", sa.Integer()),
        sa.Column("second_count", sa.Integer()),
        sa.Column("distinct", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ended_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_windows"),
    )
    op.create_index("ix_windows_portal_scope_start_end", "windows", ["portal", "scope", "start", "end"], unique=False)
    op.create_table(
        "digests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name="fk_digests_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_digests"),
        sa.UniqueConstraint("owner_id", "key", name="uq_digests_owner_id_key"),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("portal", sa.Text(), nullable=False),
        sa.Column("procedure_key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text()),
        sa.Column("last_run_id", sa.Text()),
        sa.Column("first_seen_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("last_seen_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["procedure_key"], ["procedures.key"], name="fk_notices_procedure_key"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    op.create_index("ix_notices_portal_id", "notices", ["portal", "id"], unique=False)
    op.create_index("ix_notices_procedure_key", "notices", ["procedure_key"], unique=False)
    op.create_table(
        "profiles",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name="fk_profiles_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_profiles"),
    )
    op.create_index("ix_profiles_owner_id", "profiles", ["owner_id"], unique=False)
    op.create_index("ix_profiles_revision", "profiles", ["revision"], unique=False)
    op.create_table(
        "hits",
        sa.Column("id", RowId, nullable=False),
        sa.Column("profile_id", sa.Text(), nullable=False),
        sa.Column("procedure_key", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("digest_id", sa.Text()),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name="fk_hits_digest_id"),
        sa.PrimaryKeyConstraint("id", name="pk_hits"),
        sa.UniqueConstraint(
            "profile_id",
            "procedure_key",
            "notice_id",
            "version",
            name="uq_hits_profile_id_procedure_key_notice_id_version",
        ),
    )
    op.create_index("ix_hits_digest_id", "hits", ["digest_id"], unique=False)
    op.create_index(
        "ix_hits_pending",
        "hits",
        ["profile_id"],
        unique=False,
        sqlite_where=sa.text("digest_id IS NULL"),
        postgresql_where=sa.text("digest_id IS NULL"),
    )
    op.create_index("ix_hits_procedure_key", "hits", ["procedure_key"], unique=False)
    op.create_index(
        "uq_hits_first",
        "hits",
        ["profile_id", "procedure_key"],
        unique=True,
        sqlite_where=sa.text("kind <> 'change'"),
        postgresql_where=sa.text("kind <> 'change'"),
    )
    op.create_table(
        "index_queue",
        sa.Column("id", RowId, nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("queued_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_index_queue_notice_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_index_queue"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "match_queue",
        sa.Column("id", RowId, nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("queued_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_match_queue_notice_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_match_queue"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "notice_versions",
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("published_at", Instant),
        sa.Column("notice_version", sa.Text()),
        sa.Column("base_version", sa.Integer()),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("parser_version", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.Column("saved_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_notice_versions_notice_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("notice_id", "version", name="pk_notice_versions"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text()),
        sa.Column("digest_id", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Instant, nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("receipt", sa.Text()),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("sent_at", Instant),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name="fk_outbox_digest_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"], unique=False)
    op.create_index("ix_outbox_state_next_attempt_at", "outbox", ["state", "next_attempt_at"], unique=False)
    op.create_table(
        "version_payloads",
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("payload_digest", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id", "version"],
            ["notice_versions.notice_id", "notice_versions.version"],
            name="fk_version_payloads_notice_id_version",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("notice_id", "payload_digest", name="pk_version_payloads"),
    )


def downgrade() -> None:
    """Drop every table."""
    op.drop_table("version_payloads")
    op.drop_table("outbox")
    op.drop_table("notice_versions")
    op.drop_table("match_queue")
    op.drop_table("index_queue")
    op.drop_table("hits")
    op.drop_table("profiles")
    op.drop_table("notices")
    op.drop_table("digests")
    op.drop_table("windows")
    op.drop_table("runs")
    op.drop_table("raw_payloads")
    op.drop_table("quarantine")
    op.drop_table("profile_removals")
    op.drop_table("procedures")
    op.drop_table("owners")
    op.drop_table("meta")
    op.drop_table("incidents")
    op.drop_table("firings")
    op.drop_table("counters")

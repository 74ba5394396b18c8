"""Every table of the store. `store/migrations` builds the same; a test compares the two.

Ids of notices are `<portal>:<native id>`. A notice as JSON is kept as text: the order of its keys is the portal's, and
it is read back without a detour.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from store.columns import FreeText, Instant, Json

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RowId = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only in a plain INTEGER key."""

procedures = Table(
    "procedures",
    metadata,
    Column("key", FreeText, primary_key=True),
    Column("portal", Text, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
)

procedure_identifiers = Table(
    "procedure_identifiers",
    metadata,
    Column("scheme", Text, primary_key=True),
    Column("value", FreeText, primary_key=True),
    Column("procedure_key", FreeText, ForeignKey("procedures.key"), nullable=False, index=True),
)

procedure_links = Table(
    "procedure_links",
    metadata,
    Column("joined_key", FreeText, primary_key=True),  # the key that these notices would have alone
    Column("procedure_key", FreeText, ForeignKey("procedures.key"), nullable=False, index=True),
    Column("notice_id", FreeText, nullable=False),  # the notice that brought the identifier
    Column("scheme", Text, nullable=False),
    Column("value", FreeText, nullable=False),
    Column("linked_at", Instant, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("portal", Text, nullable=False),
    Column("procedure_key", FreeText, ForeignKey("procedures.key"), nullable=False, index=True),
    Column("version", Integer, nullable=False),  # the current one
    Column("last_version", Integer, nullable=False),  # the highest number given; a late version is numbered above
    Column("revision", Integer, nullable=False, server_default=text("0")),  # with `last_version` the edition
    Column("fingerprint", FreeText),
    Column("last_run_id", Text),
    Column("first_seen_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Index(None, "portal", "id"),
)

notice_versions = Table(
    "notice_versions",
    metadata,
    Column("notice_id", Text, ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("notice", Text, nullable=False),  # JSON without defaults
    Column("model_version", Text, nullable=False),
    Column("digest", Text, nullable=False),  # notices.versions.payload_digest
    Column("published_at", Instant),
    Column("notice_version", FreeText),
    Column("base_version", Integer),  # the version that `changes` compares with
    Column("changes", Json, nullable=False),
    Column("origin", Text, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("parser_version", Text, nullable=False),
    Column("run_id", Text),
    Column("saved_at", Instant, nullable=False),
)

version_payloads = Table(
    "version_payloads",
    metadata,
    Column("notice_id", Text, primary_key=True),
    Column("payload_digest", Text, primary_key=True),  # of the archived bytes, not of the notice
    Column("version", Integer, nullable=False),
    ForeignKeyConstraint(
        ["notice_id", "version"], ["notice_versions.notice_id", "notice_versions.version"], ondelete="CASCADE"
    ),
)

raw_payloads = Table(
    "raw_payloads",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("portal", Text, nullable=False),
    Column("notice_id", FreeText, nullable=False, index=True),
    Column("run_id", Text, index=True),
    Column("segment", Text, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("media_type", FreeText, nullable=False),
    Column("archived_at", Instant, nullable=False),
    UniqueConstraint("segment", "offset"),
    Index(None, "portal", "id"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("portal", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("heartbeat_at", Instant),
    Column("counts", Json, nullable=False),
    Column("message", FreeText),
    Column("unread", Json, nullable=False),
    Index(None, "portal", "started_at"),
    Index(None, "state"),
)

windows = Table(
    "windows",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("portal", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("start", Date),
    Column("end", Date),
    Column("run_id", Text, nullable=False),
    Column("announced", Integer),
    Column("second_count", Integer),
    Column("distinct", Integer, nullable=False),
    Column("stored", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("reason", FreeText),
    Column("attempts", Integer, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Index(None, "portal", "scope", "start", "end"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("portal", Text, nullable=False),
    Column("native_id", FreeText, nullable=False),
    Column("digest", Text, nullable=False),
    Column("run_id", Text),
    Column("raw", Json, nullable=False),
    Column("reason", FreeText, nullable=False),
    Column("path", FreeText),
    Column("state", Text, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    UniqueConstraint("portal", "native_id", "digest"),
    Index(None, "state", "portal"),
)


def _queue(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("id", RowId, primary_key=True),
        Column("notice_id", Text, ForeignKey("notices.id", ondelete="CASCADE"), nullable=False),
        Column("version", Integer, nullable=False),
        Column("origin", Text, nullable=False),
        Column("queued_at", Instant, nullable=False),
        Column("claimed_by", Text),  # who works on the row, until then
        Column("claimed_until", Instant),
        # Of a long queue few rows are claimed; who takes some looks at those first.
        Index(
            None,
            "claimed_until",
            sqlite_where=text("claimed_until IS NOT NULL"),
            postgresql_where=text("claimed_until IS NOT NULL"),
        ),
        sqlite_autoincrement=True,  # an acknowledged number must not come back for another row
    )


index_queue = _queue("index_queue")
match_queue = _queue("match_queue")

owners = Table(
    "owners",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, unique=True),  # in lower case: one owner per mailbox
    Column("language", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("weekdays", Json, nullable=False),
    Column("confirmed_at", Instant),
    Column("created_at", Instant, nullable=False),
)

profiles = Table(
    "profiles",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner_id", Text, ForeignKey("owners.id"), nullable=False, index=True),
    Column("name", FreeText, nullable=False),
    Column("query", Json, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

profile_removals = Table(
    "profile_removals",
    metadata,
    Column("profile_id", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False, index=True),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner_id", Text, ForeignKey("owners.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("hits", Integer, nullable=False),
    UniqueConstraint("owner_id", "key"),
)

# A hit outlives its profile when a digest has told it, so it holds no foreign key to profiles.
hits = Table(
    "hits",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("profile_id", Text, nullable=False),
    Column("procedure_key", FreeText, nullable=False, index=True),
    Column("notice_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reasons", Json, nullable=False),
    Column("snapshot", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("digest_id", Text, ForeignKey("digests.id")),
    UniqueConstraint("profile_id", "procedure_key", "notice_id", "version"),
    Index(
        "uq_hits_first",
        "profile_id",
        "procedure_key",
        unique=True,
        sqlite_where=text("kind <> 'change'"),
        postgresql_where=text("kind <> 'change'"),
    ),
    # Partial, or a planner takes it for the pending hits of one owner and reads those of everybody.
    Index(
        "ix_hits_digest_id",
        "digest_id",
        sqlite_where=text("digest_id IS NOT NULL"),
        postgresql_where=text("digest_id IS NOT NULL"),
    ),
    Index(
        "ix_hits_pending",
        "profile_id",
        sqlite_where=text("digest_id IS NULL"),
        postgresql_where=text("digest_id IS NULL"),
    ),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("owner_id", Text),
    Column("digest_id", Text, ForeignKey("digests.id")),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),  # while leased: the end of the lease
    Column("last_error", FreeText),
    Column("receipt", FreeText),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Index(None, "state", "next_attempt_at"),
    Index(None, "created_at"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("portal", Text),
    Column("kind", Text, nullable=False),
    Column("message", FreeText, nullable=False),
    Column("details", Json, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Index(
        "uq_incidents_current",
        "portal",
        "kind",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

firings = Table(
    "firings",
    metadata,
    Column("job", Text, primary_key=True),
    Column("due_at", Instant, primary_key=True),
    Column("claimed_at", Instant, nullable=False),
)

host_budgets = Table(
    "host_budgets",
    metadata,
    Column("host", Text, primary_key=True),
    Column("next_free_at", Instant, nullable=False),  # of the next request that somebody reserves
    Column("connections", Json, nullable=False),  # number of the reservation to when it ends by itself
)

notebook = Table(
    "notebook",
    metadata,
    Column("digest", Text, primary_key=True),  # of the key
    Column("key", FreeText),  # for people; unknown of a page of an old folder until it is written again
    Column("content", LargeBinary, nullable=False),
    Column("written_at", Instant, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", FreeText, nullable=False),
)

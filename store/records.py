"""What the store hands out: frozen records, never rows of a session."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field

from notices.model import Frozen, Notice, RawAddress
from notices.versions import FieldChange


class Origin(StrEnum):
    """Why a notice is being saved; decides whether people are told."""

    CRAWL = "crawl"
    REPLAY = "replay"  # today's parser over an archived payload: a revision, nobody is told
    RELEASE = "release"  # a replay of something that was in quarantine: new to everyone
    MERGED = "merged"  # in the match queue only: its procedure became one with another, whose followers may not know it
    SPLIT = "split"  # in the match queue only: its procedure was taken apart, which its followers may not know


class SaveStatus(StrEnum):
    """What saving a notice did."""

    NEW = "new"
    UNCHANGED = "unchanged"
    NEW_VERSION = "new-version"
    REVISION = "revision"  # same version, read by another parser
    LATE = "late"  # older than what is stored: kept in the history, never current


class Saving(Frozen):
    """A notice on its way into the store."""

    notice: Notice
    digest: str | None = Field(
        default=None, description="`payload_digest` of the notice, where it is known already; else it is computed"
    )
    fingerprint: str | None = Field(
        default=None, description="what the portal's list said of this version; equal means unchanged"
    )
    run_id: str | None = None
    origin: Origin = Origin.CRAWL
    parser_version: str = "1"


class SaveOutcome(Frozen):
    """Result of saving one notice."""

    status: SaveStatus
    notice_id: str
    version: int
    changes: tuple[FieldChange, ...] = ()


class ProcedureLink(Frozen):
    """Why notices that their portal counts as another procedure belong to this one."""

    procedure_key: str
    joined_key: str = Field(description="the procedure key that they would have alone")
    notice_id: str = Field(description="the notice that brought the identifier in common")
    scheme: str
    value: str
    linked_at: AwareDatetime


class StoredNotice(Frozen):
    """The current version of a notice with what the store knows about it."""

    notice: Notice
    version: int
    edition: int = Field(
        default_factory=lambda known: known["version"],
        description="grows with every change of what search says of the notice: versions, readings, procedures",
    )
    procedure_key: str
    first_seen_at: AwareDatetime
    changed_at: AwareDatetime
    last_seen_at: AwareDatetime


class VersionRecord(Frozen):
    """One version in the history of a notice."""

    version: int
    notice: Notice
    changes: tuple[FieldChange, ...]
    origin: Origin
    late: bool
    saved_at: AwareDatetime
    revision: int = Field(description="how often a parser has read this version again")
    parser_version: str


class RunState(StrEnum):
    """Where a crawl is."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"  # somebody asked it to end before its time; the next one resumes
    LOST = "lost"  # its process died without a word


class RunPurpose(StrEnum):
    """Why a crawl was started."""

    OPEN = "open"  # what is open now
    WINDOW = "window"  # the regular crawl
    BACKFILL = "backfill"
    MANUAL = "manual"


class RunCounts(Frozen):
    """What a crawl did, counted."""

    requests: int = 0
    announced: int = 0
    listed: int = 0
    fetched: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    late: int = 0
    quarantined: int = 0


class RunRecord(Frozen):
    """One crawl of one portal."""

    id: str
    portal: str
    purpose: RunPurpose
    state: RunState
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    heartbeat_at: AwareDatetime | None = None
    counts: RunCounts = RunCounts()
    message: str | None = Field(default=None, description="a sentence for people when something was wrong")
    unread: dict[str, int] = Field(default_factory=dict, description="paths no reader consumed, with their number")


class Verdict(StrEnum):
    """Judgement on one window."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    SUSPECT = "suspect"  # zero announced, or fewer than the floor of the portal for that weekday
    FAILED = "failed"


class WindowRecord(Frozen):
    """One crawled window `[start, end)` in the portal's days; `None` bounds for what is open now."""

    portal: str
    scope: str = Field(default="days", description="days, or open for what is open now")
    start: date | None
    end: date | None
    run_id: str
    announced: int | None
    second_count: int | None = Field(default=None, description="the announced count obtained another way")
    distinct: int = 0
    stored: int = 0
    quarantined: int = 0
    verdict: Verdict
    missing: int = 0
    reason: str | None = None
    attempts: int = 1
    ended_at: AwareDatetime


class QuarantineState(StrEnum):
    """Where a payload in quarantine is."""

    HELD = "held"
    RELEASED = "released"
    DISCARDED = "discarded"


class QuarantineEntry(Frozen):
    """A payload that could not be read, or a notice that the index does not take."""

    id: int
    portal: str
    native_id: str
    run_id: str | None
    raw: RawAddress | None = Field(description="none of a notice that came without a payload")
    reason: str
    path: str | None = None
    state: QuarantineState = QuarantineState.HELD
    first_seen_at: AwareDatetime
    last_seen_at: AwareDatetime
    attempts: int = 1


class QueueRow(Frozen):
    """A notice version waiting to be indexed or matched."""

    row_id: int
    notice_id: str
    version: int
    origin: Origin
    queued_at: AwareDatetime


class ProfileState(StrEnum):
    """Whether a profile is matched and delivered."""

    ACTIVE = "active"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"
    WAITING = "waiting"  # saved by somebody who did not prove that the address is theirs; its owner has to confirm it


class Owner(Frozen):
    """A person or mailbox that receives digests."""

    id: str
    email: str
    language: str = "fr"
    zone: str = Field(default="Europe/Brussels", description="IANA zone of the hour")
    hour: int = Field(default=7, ge=0, le=23)
    weekdays: tuple[int, ...] = Field(default=(0, 1, 2, 3, 4), description="Monday is 0")
    confirmed_at: AwareDatetime | None = None
    created_at: AwareDatetime


class Profile(Frozen):
    """A named query that is watched."""

    id: str
    owner_id: str
    name: str
    query: dict[str, Any] = Field(description="canonical NoticeQuery")
    state: ProfileState = ProfileState.ACTIVE
    revision: int
    created_at: AwareDatetime
    changed_at: AwareDatetime


class ProfileChanges(Frozen):
    """What happened to profiles since a revision."""

    revision: int
    put: tuple[Profile, ...]
    removed: tuple[str, ...]


class Forgotten(Frozen):
    """What was deleted because nobody confirmed it."""

    owners: int
    profiles: int


class HitKind(StrEnum):
    """Why a person hears of a notice."""

    NEW = "new"
    CHANGE = "change"
    EXISTING = "existing"  # was open already when the profile was confirmed


class NewHit(Frozen):
    """A match on its way into the store; whether it is new or a change the store decides."""

    profile_id: str
    notice_id: str
    version: int
    procedure_key: str
    existing: bool = False
    reasons: tuple[dict[str, Any], ...] = Field(description="which clauses matched, with the words found")
    snapshot: dict[str, Any] = Field(description="what the mail shows, as it was when it matched")


class Hit(Frozen):
    """A stored match."""

    id: int
    profile_id: str
    procedure_key: str
    notice_id: str
    version: int
    kind: HitKind
    reasons: tuple[dict[str, Any], ...]
    snapshot: dict[str, Any]
    created_at: AwareDatetime
    digest_id: str | None = None


class Digest(Frozen):
    """The hits of one owner for one local date, or a first digest after confirmation."""

    id: str
    owner_id: str
    key: str = Field(description="local date such as 2026-11-22, or `first:<profile>`; unique per owner")
    created_at: AwareDatetime
    hits: int


class OutboxState(StrEnum):
    """Where a message is."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"  # refused for good; an operator sees it
    DROPPED = "dropped"  # not delivered on purpose: its reader unsubscribed, or an operator gave it up


class OutboxMessage(Frozen):
    """A message to deliver at least once, always under the same id."""

    id: str
    channel: str = "email"
    recipient: str
    message_id: str
    payload: bytes
    purpose: str = Field(default="digest", description="digest or confirmation")
    owner_id: str | None = None
    digest_id: str | None = None
    state: OutboxState = OutboxState.PENDING
    attempts: int = 0
    next_attempt_at: AwareDatetime
    last_error: str | None = None
    receipt: str | None = Field(default=None, description="the receiver's words of acceptance")
    created_at: AwareDatetime
    sent_at: AwareDatetime | None = None


class IncidentKind(StrEnum):
    """What can be wrong; at most one incident of a kind is open per portal, or per installation without a portal."""

    RUN_FAILED = "run-failed"
    RUN_LOST = "run-lost"
    WINDOW_INCOMPLETE = "window-incomplete"
    WINDOW_SUSPECT = "window-suspect"
    QUARANTINE = "quarantine"
    PORTAL_SILENT = "portal-silent"
    MESSAGE_REFUSED = "message-refused"
    MAIL_UNDELIVERED = "mail-undelivered"
    PROFILE_UNREADABLE = "profile-unreadable"
    ARCHIVE_WAITING = "archive-waiting"
    MATCHING_MISSED = "matching-missed"
    MATCHING_UNWANTED = "matching-unwanted"
    IDENTIFIER_SET_ASIDE = "identifier-set-aside"
    EXPORT_GIVEN_UP = "export-given-up"


class Incident(Frozen):
    """Something an operator must know, from its opening to its end.

    `message` is French, for logs and for kinds that are gone; `monitoring.telling` says a kind with its details in the
    reader's language.
    """

    id: int
    portal: str | None
    kind: str
    message: str
    opened_at: AwareDatetime
    last_seen_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    details: dict[str, Any] = Field(default_factory=dict)


class Coverage(Frozen):
    """Which days of a period are really covered by complete windows of a portal."""

    portal: str
    start: date
    end: date
    covered_days: int
    total_days: int
    missing: tuple[date, ...]


class ArchiveRecord(Frozen):
    """One payload in the archive, and what it belongs to."""

    notice_id: str = Field(description="<portal>:<native id>, also for a payload that never became a notice")
    run_id: str | None
    address: RawAddress
    archived_at: AwareDatetime

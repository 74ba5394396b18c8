"""The store: the source of truth of Vigie, on SQLite or PostgreSQL, and the archive of raw payloads.

Use it through one object::

    with Store.open(settings) as store:          # migrated, and refused when its nature (demo or real) is another
        store.notices.save_many([Saving(notice=notice, run_id=run.id)])

Every method is one short transaction, safe from several threads and processes, and hands out frozen records of
`store.records`. The archive (`store.archive.Archive`) keeps raw payloads as WARC records.

The methods, by repository (`store.<name>`)::

    notices     save(item) -> SaveOutcome                       save_many(items) -> list[SaveOutcome]
                fingerprints(portal, native_ids) -> dict[str, str]
                touch(portal, native_ids, run_id) -> int
                get(notice_id) -> StoredNotice | None           get_many(ids) -> dict[str, StoredNotice]
                versions(notice_id) -> list[VersionRecord]      version(notice_id, number) -> VersionRecord | None
                of_procedure(procedure_key) -> list[StoredNotice]
                links_of_procedure(procedure_key) -> list[ProcedureLink]
                iterate(portal=None, batch=500, after="") -> Iterator[StoredNotice]
                announced_between(since, until) -> list[str]    ids() -> list[str]
                lately_archived(limit, looked_at=200) -> list[StoredNotice]
                count(portal=None) -> int
                enqueue(notice_id) -> bool                      enqueue_all() -> int
    procedures  show(notice_id_or_key) -> ProcedureView | None  decisions() -> list[IdentifierDecision]
                rebuild(progress=None) -> RebuildReport         survey(progress=None) -> RebuildReport  # writes nothing
                refuse(identifier, *, reason, by, notice_id=None) -> IdentifierDecision
                allow(identifier, *, reason, by) -> IdentifierDecision    undecided() -> list[IdentifierDecision]
    runs        start(portal, purpose) -> RunRecord             heartbeat(run_id, counts) -> None
                finish(run_id, state, counts, message=None, unread=None) -> RunRecord
                get(run_id) -> RunRecord | None                 latest(portal) -> RunRecord | None
                recent(portal=None, limit=50) -> list[RunRecord]    portals() -> frozenset[str]
                mark_lost(older_than: timedelta) -> list[RunRecord]
    windows     record(window) -> WindowRecord                  incomplete(portal) -> list[WindowRecord]
                last_complete_day(portal) -> date | None        coverage(portal, start, end) -> Coverage
                open_coverage(portal, start, end, zone) -> Coverage
                recent(portal=None, limit=50) -> list[WindowRecord]   latest_open(portal) -> WindowRecord | None
    quarantine  add(portal, native_id, run_id, raw, reason, path=None) -> QuarantineEntry   # raw: None if none
                held(portal=None) -> list[QuarantineEntry]      get(entry_id) -> QuarantineEntry | None
                released(entry_id) -> None                      discard(entry_id) -> None
                counts() -> dict[str, int]
    index_queue, match_queue
                take(limit, lease=LEASE) -> list[QueueRow]      # held by this store until acknowledged, closed or over
                acknowledge(rows) -> int                        give_back() -> None
                free() -> bool      depth() -> int              oldest() -> datetime | None
                notice_ids() -> list[str]                       waiting(notice_ids) -> set[str]
    profiles    owner_by_email(email) -> Owner | None           owner(owner_id) -> Owner | None
                ensure_owner(email, language, zone, hour, weekdays) -> Owner
                update_owner(owner_id, *, language=None, zone=None, hour=None, weekdays=None) -> Owner
                confirm_owner(owner_id, at) -> Owner
                create(owner_id, name, query, state=ACTIVE) -> Profile
                forget_unconfirmed(before) -> Forgotten
                update(profile_id, *, name=None, query=None, state=None) -> Profile
                delete(profile_id) -> bool                      get(profile_id) -> Profile | None
                of_owner(owner_id) -> list[Profile]             count() -> int
                changed_since(revision) -> ProfileChanges       # put: active; removed: deleted or stopped
    hits        record(hits, done, matched_as=None) -> list[Hit]    pending(owner_id) -> list[Hit]
                of_digest(digest_id) -> list[Hit]               of_profile(profile_id, limit=100) -> list[Hit]
                of_versions(told) -> Iterator[Hit]
                owners_with_pending(after, limit) -> list[str]
                profiles_of_procedures(procedure_keys) -> dict[str, set[str]]
                told_of_procedures(procedure_keys) -> dict[str, list[ToldVersion]]
                followers_before_split(procedure_keys) -> dict[str, set[str]]
    digests     create(owner_id, key, hit_ids, outbox) -> Digest | None     # id is digest_id(owner_id, key)
                get(digest_id) -> Digest | None                 latest(owner_id) -> Digest | None
                recent(owner_id, limit=20) -> list[Digest]
    outbox      add(message) -> OutboxMessage                   claim(limit, lease, now) -> list[OutboxMessage]
                holds(claimed) -> bool
                sent(message_id, receipt, at) -> None           retry(message_id, at, error) -> None
                dead(message_id, error) -> None                 get(message_id) -> OutboxMessage | None
                counts() -> dict[OutboxState, int]              recent(limit=50) -> list[OutboxMessage]
                in_state(state, limit=50) -> list[OutboxMessage]   next_due() -> datetime | None
                revive(message_id, at) -> bool                  drop(message_id, reason) -> bool
    incidents   open(portal, kind, message, details=None) -> Incident
                close(portal, kind) -> Incident | None
                current() -> list[Incident]                     recent(limit=50) -> list[Incident]
    firings     claim(job, due_at, together=None) -> bool       last(job) -> datetime | None
                forget(before) -> int
    budgets     reserve(host, interval, connections, lease, number=None) -> Turn
                give_back(host, number) -> None                 give_back_all(host, holder) -> None
                hold_back(host, seconds) -> None
    jobs        unfinished(lock=None, queues=()) -> list[JobRecord]     get(job_id) -> JobRecord | None
                counts() -> dict[str, dict[JobState, int]]      given_up(queues=()) -> list[JobRecord]
                is_cancelled(job_id) -> bool                    waits(connection, key) -> bool
    notebook    read(key) -> tuple[bytes, datetime] | None      write(key, content) -> None
                take_over(folder) -> int
    meta        get(key) -> str | None                          set(key, value) -> None
                under(prefix) -> dict[str, str]                 delete(key) -> bool
                set_once(key, value) -> str
    payloads    add_many(entries: Sequence[tuple[notice_id, run_id | None, RawAddress, at]]) -> None
                of_notice(notice_id) -> list[ArchiveRecord]     of_run(run_id) -> list[ArchiveRecord]
                iterate(portal=None) -> Iterator[ArchiveRecord]     segments() -> dict[str, tuple[int, int]]

The archive, `Archive.open(settings, store.payloads)`::

    put(*, run_id, notice_id, url, payload, media_type, at) -> RawAddress
    sync() -> None      close() -> None      read(address) -> bytes      waiting() -> list[str]
    find(notice_id=None, run_id=None) -> Iterator[ArchiveRecord]
    scan() -> Iterator[ArchiveRecord]        recover() -> list[str]
"""

from __future__ import annotations

from store.archive import Archive
from store.digests import digest_id
from store.errors import ArchiveError, ConflictError, StoreError
from store.facade import Store

__all__ = ["Archive", "ArchiveError", "ConflictError", "Store", "StoreError", "digest_id"]

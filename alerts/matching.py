"""New notice versions against saved profiles.

A version makes a hit for every profile whose query it answers, and for every profile that was told of its procedure
before, whatever the query says: somebody who was told of a call hears of its rectification, cancellation and result.
What a profile heard already from another portal makes none (`alerts.copies`). When two procedures turn out to be one,
or one turns out to be several, their notices are matched once more, only for who followed them, and only what is news.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from alerts import copies, reasons
from alerts.snapshots import progress_of, snapshot
from search.document import IndexDocument
from search.errors import QueryError
from search.port import Matcher, SavedQuery
from search.query import NoticeQuery
from store import Store
from store.hits import ToldVersion
from store.records import IncidentKind, NewHit, Origin, Profile, ProfileChanges, QueueRow, StoredNotice

log = logging.getLogger(__name__)


class MatcherState:
    """A matcher that is brought up to date before each batch.

    How far it is, the matcher itself knows: one in memory begins empty with each process; one on a cluster is shared by
    all match workers, outlives them, and knows when it was emptied or replaced.
    """

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher

    def refresh(self, store: Store) -> None:
        """Bring in what was saved, changed, paused or deleted since the last time, by whichever process."""
        since = self.matcher.revision()
        changes = store.profiles.changed_since(since)
        if changes.revision < since:
            log.warning("The store's profiles are older than the matcher's, as after a restore; it is filled anew.")
            self.matcher.clear()
            changes = store.profiles.changed_since(self.matcher.revision())
        elif changes.revision == since:
            return
        unreadable = self._follow(changes)
        _tell_unreadable(store, unreadable, changes)

    def _follow(self, changes: ProfileChanges) -> set[str]:
        """The profiles that cannot be matched."""
        put: list[SavedQuery] = []
        unreadable: set[str] = set()
        for profile in changes.put:
            try:
                put.append(SavedQuery(profile.id, NoticeQuery.from_json(profile.query), profile.revision))
            except QueryError:
                log.exception("The query of profile %s cannot be read", profile.id)
                unreadable.add(profile.id)
        refused = self.matcher.follow(put, [*changes.removed, *sorted(unreadable)], changes.revision)
        for profile_id, error in refused.items():
            log.error("Profile %s cannot be matched: %s", profile_id, error)
        return unreadable | set(refused)


def _tell_unreadable(store: Store, found: set[str], changes: ProfileChanges) -> None:
    """Keep the incident that names every profile that gets nothing, also those that another process found."""
    kind = IncidentKind.PROFILE_UNREADABLE
    before = next((one for one in store.incidents.current() if one.kind == kind and one.portal is None), None)
    known = set(before.details.get("profiles", ())) if before else set()
    known -= {*changes.removed, *(profile.id for profile in changes.put)}
    if unreadable := known | found:
        count = len(unreadable)
        message = f"{count} alerte(s) ne peuvent plus être lues et ne reçoivent rien : leur recherche est à corriger."
        store.incidents.open(None, kind, message, {"count": count, "profiles": sorted(unreadable)})
    elif before:
        store.incidents.close(None, kind)


def drain(store: Store, state: MatcherState, limit: int = 500) -> int:
    """Match up to `limit` waiting versions; how many queue rows are done.

    Rows are taken before the profiles are refreshed: a profile saved before a row was committed is in the matcher
    when the row is matched. Hits and the end of their queue rows are one transaction, so a crash repeats work and
    loses none.
    """
    rows = store.match_queue.take(limit)
    if not rows:
        return 0
    state.refresh(store)
    loaded = _loaded(store, rows)
    for group in _groups(loaded):
        matched_as = {stored.notice.id: stored.procedure_key for _, stored in group}
        found = _hits(store, state, group)
        store.hits.record(found, [row for row, _ in group], matched_as)
    _drop_gone(store, rows, {row.row_id for row, _ in loaded})
    return len(rows)


def _loaded(store: Store, rows: Sequence[QueueRow]) -> list[tuple[QueueRow, StoredNotice]]:
    """Each row with its version, which need not be the current one."""
    current = store.notices.get_many(list({row.notice_id for row in rows}))
    return [(row, stored) for row in rows if (stored := _at_version(store, current.get(row.notice_id), row.version))]


def _at_version(store: Store, current: StoredNotice | None, version: int) -> StoredNotice | None:
    if current is None or current.version == version:
        return current
    record = store.notices.version(current.notice.id, version)
    return None if record is None else current.model_copy(update={"notice": record.notice, "version": version})


def _drop_gone(store: Store, rows: Sequence[QueueRow], loaded: set[int]) -> None:
    """Take rows whose notice has gone from the store out of the queue: nothing can be told of them."""
    gone = [row for row in rows if row.row_id not in loaded]
    for row in gone:
        log.warning("Version %s of %s is no longer in the store; it is not matched", row.version, row.notice_id)
    if gone:
        store.match_queue.acknowledge(gone)


def _groups(loaded: Iterable[tuple[QueueRow, StoredNotice]]) -> Iterator[list[tuple[QueueRow, StoredNotice]]]:
    """Batches in which each procedure stands once, so that a later publication sees the hits of an earlier one."""
    waiting = list(loaded)
    while waiting:
        seen: set[str] = set()
        now: list[tuple[QueueRow, StoredNotice]] = []
        later: list[tuple[QueueRow, StoredNotice]] = []
        for row, stored in waiting:
            (later if stored.procedure_key in seen else now).append((row, stored))
            seen.add(stored.procedure_key)
        yield now
        waiting = later


def _hits(store: Store, state: MatcherState, batch: Sequence[tuple[QueueRow, StoredNotice]]) -> list[NewHit]:
    asked = [stored for row, stored in batch if row.origin is not Origin.MERGED]
    matches = state.matcher.match([IndexDocument.of(stored) for stored in asked])
    why = {(match.notice_id, match.profile_id): reasons.of_match(match.clauses) for match in matches}
    followers = store.hits.told_of_procedures({stored.procedure_key for _, stored in batch})
    parted = _followers_of_parted(store, batch)
    wanted: dict[str, list[str]] = {}
    for notice_id, profile_id in why:
        wanted.setdefault(notice_id, []).append(profile_id)
    found = []
    for row, stored in batch:
        told = followers.get(stored.procedure_key, [])
        profiles = {*wanted.get(stored.notice.id, ()), *(one.profile_id for one in told)}
        profiles -= copies.who_heard(store, stored, told)
        if row.origin in (Origin.MERGED, Origin.SPLIT):
            profiles -= copies.who_is_further(store, stored, told)
        if row.origin is Origin.SPLIT:
            profiles &= {one.id for one in parted[stored.procedure_key] if one.created_at <= stored.changed_at}
        if profiles:
            found += _of_notice(store, stored, told, sorted(profiles), why)
    return found


def _followers_of_parted(store: Store, batch: Sequence[tuple[QueueRow, StoredNotice]]) -> dict[str, list[Profile]]:
    """Who followed a procedure before it was taken apart: a notice of it may have looked like a copy to them."""
    keys = {stored.procedure_key for row, stored in batch if row.origin is Origin.SPLIT}
    before = store.hits.followers_before_split(keys)
    known = {id_: store.profiles.get(id_) for id_ in sorted({id_ for ids in before.values() for id_ in ids})}
    return {key: [one for id_ in before.get(key, ()) if (one := known[id_]) is not None] for key in keys}


def _of_notice(
    store: Store,
    stored: StoredNotice,
    told: Sequence[ToldVersion],
    profiles: Sequence[str],
    why: dict[tuple[str, str], tuple[dict[str, object], ...]],
) -> list[NewHit]:
    heard = {profile_id: copies.last_versions(told, profile_id) for profile_id in profiles}
    contents = {versions: described(store, stored, versions) for versions in set(heard.values())}
    return [
        NewHit(
            profile_id=profile_id,
            notice_id=stored.notice.id,
            version=stored.version,
            procedure_key=stored.procedure_key,
            reasons=why.get((stored.notice.id, profile_id)) or reasons.followed(),
            snapshot=contents[heard[profile_id]],
        )
        for profile_id in profiles
    ]


def described(store: Store, stored: StoredNotice, heard: frozenset[tuple[str, int]] = frozenset()) -> dict[str, object]:
    """The snapshot of a version, with what it changes in its procedure.

    For somebody who was told of that procedure: since the versions in `heard`. A copy that is stored and was told to
    nobody must not make a change look known.
    """
    before = copies.version_before(store, stored)
    others = [] if before is not None else store.notices.of_procedure(stored.procedure_key)
    if heard:
        at = dict(heard)
        others = [then for other in others if (then := _as_heard(store, other, at.get(other.notice.id))) is not None]
    progress = progress_of(stored, before, others)
    return snapshot(stored.notice, stored.version, progress).model_dump(mode="json")


def _as_heard(store: Store, other: StoredNotice, version: int | None) -> StoredNotice | None:
    """Another notice of the procedure as it was when it was told; None when it was not, or cannot be read."""
    if version is None or version == other.version:
        return other if version else None
    record = copies.readable_version(store, other.notice.id, version)
    return None if record is None else other.model_copy(update={"notice": record.notice, "version": version})

"""Matches of notices and profiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, exists, select

from core.clock import now
from store import procedure_hits, queues
from store.database import Database, chunks
from store.records import Hit, HitKind, NewHit, ProfileState, QueueRow
from store.tables import hits, match_queue, notices, profiles

Subject = tuple[str, str]
"""Profile and procedure: what one *new* hit is about."""


class ToldVersion(NamedTuple):
    """A notice version that a profile has a hit on."""

    profile_id: str
    notice_id: str
    version: int


class Hits:
    """One *new* hit per profile and procedure; whatever comes later for that procedure is a *change*."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self, hits: Sequence[NewHit], done: Sequence[QueueRow], matched_as: Mapping[str, str] | None = None
    ) -> list[Hit]:
        """Write hits and take the queue rows they came from out of the match queue, in one transaction.

        A hit that is stored already, or whose profile is gone, is left out; the answer holds what was written.
        `matched_as` gives the procedure under which each notice was matched. One that was merged into another since
        has other followers: its hits are left out and its rows stay in the queue, to be matched anew.
        """
        with self._database.write() as connection:
            self._database.lock(connection, "procedures")  # none is merged with another meanwhile
            self._database.lock(connection, "hits")
            keys = _current_procedures(connection, {hit.notice_id for hit in hits} | set(matched_as or ()))
            moved = {id_ for id_, key in (matched_as or {}).items() if keys.get(id_, key) != key}
            kept = [hit for hit in hits if hit.notice_id not in moved]
            written = self._insert(connection, [_under(hit, keys) for hit in kept])
            queues.remove(connection, match_queue, [row for row in done if row.notice_id not in moved])
        return written

    def pending(self, owner_id: str) -> list[Hit]:
        """Hits of the owner's active profiles that no digest holds yet, in the order they were found."""
        return self._fetch(_pending().where(profiles.c.owner_id == owner_id).order_by(hits.c.id))

    def owners_with_pending(self, after: str = "", limit: int | None = None) -> list[str]:
        """Owners with at least one pending hit, sorted by id; those `after` one, so many at most."""
        pending = exists().where(hits.c.profile_id == profiles.c.id, hits.c.digest_id.is_(None))
        active = profiles.c.state == ProfileState.ACTIVE
        owner_ids = select(profiles.c.owner_id).distinct().where(profiles.c.owner_id > after, active, pending)
        with self._database.read() as connection:
            return list(connection.scalars(owner_ids.order_by(profiles.c.owner_id).limit(limit)))

    def of_digest(self, digest_id: str) -> list[Hit]:
        """Hits that a digest holds."""
        return self._fetch(select(hits).where(hits.c.digest_id == digest_id).order_by(hits.c.id))

    def of_profile(self, profile_id: str, limit: int = 100) -> list[Hit]:
        """The last hits of a profile, newest first."""
        return self._fetch(select(hits).where(hits.c.profile_id == profile_id).order_by(hits.c.id.desc()).limit(limit))

    def of_versions(self, told: Iterable[ToldVersion]) -> Iterator[Hit]:
        """The hits on exactly these notice versions, however old; a few hundred are in memory at a time."""
        by_profile: dict[str, set[ToldVersion]] = {}
        for one in told:
            by_profile.setdefault(one.profile_id, set()).add(one)
        for profile_id, wanted in by_profile.items():
            statement = select(hits).where(hits.c.profile_id == profile_id).order_by(hits.c.id)
            for some in chunks(sorted(one.notice_id for one in wanted)):
                found = self._fetch(statement.where(hits.c.notice_id.in_(some)))
                yield from (hit for hit in found if ToldVersion(profile_id, hit.notice_id, hit.version) in wanted)

    def profiles_of_procedures(self, procedure_keys: Iterable[str]) -> dict[str, set[str]]:
        """Active profiles that had a hit on each of these procedures; procedures without any are absent."""
        active = profiles.c.state == ProfileState.ACTIVE
        joined = hits.join(profiles, profiles.c.id == hits.c.profile_id)
        statement = select(hits.c.procedure_key, hits.c.profile_id).select_from(joined).where(active).distinct()
        found: dict[str, set[str]] = {}
        with self._database.read() as connection:
            for some in chunks(set(procedure_keys)):
                for row in connection.execute(statement.where(hits.c.procedure_key.in_(some))):
                    found.setdefault(row.procedure_key, set()).add(row.profile_id)
        return found

    def told_of_procedures(self, procedure_keys: Iterable[str]) -> dict[str, list[ToldVersion]]:
        """What active profiles have hits on in each of these procedures, in the order in which they were found."""
        active = profiles.c.state == ProfileState.ACTIVE
        columns = (hits.c.procedure_key, hits.c.profile_id, hits.c.notice_id, hits.c.version)
        statement = select(*columns).join_from(hits, profiles, profiles.c.id == hits.c.profile_id).where(active)
        found: dict[str, list[ToldVersion]] = {}
        with self._database.read() as connection:
            for some in chunks(set(procedure_keys)):
                for row in connection.execute(statement.where(hits.c.procedure_key.in_(some)).order_by(hits.c.id)):
                    told = ToldVersion(row.profile_id, row.notice_id, row.version)
                    found.setdefault(row.procedure_key, []).append(told)
        return found

    def followers_before_split(self, procedure_keys: Iterable[str]) -> dict[str, set[str]]:
        """By procedure, the profiles that had hits on the one it was taken from; those never taken apart are absent."""
        with self._database.read() as connection:
            return procedure_hits.followers_before_split(connection, procedure_keys)

    def _insert(self, connection: Connection, found: Sequence[NewHit]) -> list[Hit]:
        rows = _rows(found, _existing_profiles(connection, found), _told_subjects(connection, found))
        if not rows:
            return []
        statement = self._database.insert(hits).on_conflict_do_nothing().returning(hits)
        return sorted((_record(row) for row in connection.execute(statement, rows)), key=lambda hit: hit.id)

    def _fetch(self, statement: Select[Any]) -> list[Hit]:
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(statement)]


def _current_procedures(connection: Connection, notice_ids: Iterable[str]) -> dict[str, str]:
    """The procedures that notices belong to now; one may have been merged since the matching."""
    keys: dict[str, str] = {}
    for some in chunks(sorted(notice_ids)):
        rows = connection.execute(select(notices.c.id, notices.c.procedure_key).where(notices.c.id.in_(some)))
        keys |= {row.id: row.procedure_key for row in rows}
    return keys


def _under(hit: NewHit, keys: Mapping[str, str]) -> NewHit:
    key = keys.get(hit.notice_id, hit.procedure_key)
    return hit if key == hit.procedure_key else hit.model_copy(update={"procedure_key": key})


def _rows(found: Sequence[NewHit], alive: set[str], told: set[Subject]) -> list[dict[str, Any]]:
    """Rows to insert. A hit that is stored already has a told subject, so it cannot make another one new."""
    told = set(told)
    at = now()
    rows = []
    for hit in found:
        if hit.profile_id not in alive:
            continue
        subject = (hit.profile_id, hit.procedure_key)
        values = hit.model_dump(exclude={"existing"})
        rows.append(values | {"reasons": list(hit.reasons), "kind": _kind(hit, subject in told), "created_at": at})
        told.add(subject)
    return rows


def _kind(hit: NewHit, known: bool) -> HitKind:
    if known:
        return HitKind.CHANGE
    return HitKind.EXISTING if hit.existing else HitKind.NEW


def _pending() -> Select[Any]:
    active = profiles.c.state == ProfileState.ACTIVE
    joined = hits.join(profiles, profiles.c.id == hits.c.profile_id)
    return select(hits).select_from(joined).where(hits.c.digest_id.is_(None), active)


def _existing_profiles(connection: Connection, found: Sequence[NewHit]) -> set[str]:
    ids: set[str] = set()
    for some in chunks(hit.profile_id for hit in found):
        ids.update(connection.scalars(select(profiles.c.id).where(profiles.c.id.in_(some))))
    return ids


def _told_subjects(connection: Connection, found: Sequence[NewHit]) -> set[Subject]:
    """Which profiles had a hit on which of these procedures before."""
    subjects: set[Subject] = set()
    by_procedure: dict[str, list[str]] = {}
    for hit in found:
        by_procedure.setdefault(hit.procedure_key, []).append(hit.profile_id)
    statement = select(hits.c.profile_id).distinct()
    # A procedure at a time: two lists in one statement are looked up crosswise, and pairs of values not by the index.
    for key, profile_ids in by_procedure.items():
        for some in chunks(profile_ids):
            known = connection.scalars(statement.where(hits.c.procedure_key == key, hits.c.profile_id.in_(some)))
            subjects.update((profile_id, key) for profile_id in known)
    return subjects


def _record(row: Row[Any]) -> Hit:
    return Hit.model_validate(dict(row._mapping))

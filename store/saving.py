"""Saving notices: what a notice on its way in is compared with what is stored.

The rules, in their order, for a notice whose id is known:

1. A replay re-reads a version that is stored: the one its archived bytes were read into, else the one of the same
   publication instant and number. The reading replaces it (*revision*) and nobody is told. A payload that never became
   a version (it was in quarantine, or a crash came between) is new to everyone: its replay goes on as a release.
2. The same content as the current version is *unchanged*.
3. The same bytes as the current version are a *revision* too, whatever is read in them now: the portal changed nothing.
4. Older than the current version is *late*: kept in the history, never current; known already, it is *unchanged*.
5. Anything else is a *new version*. Of two with the same instant and number the one that arrived last is current,
   because it is what the portal says now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from core.clock import now
from notices.versions import FieldChange, difference, payload_digest
from store.columns import printable
from store.database import Database
from store.errors import StoreError
from store.ordering import order_key
from store.procedures import Procedures
from store.quarantine import release_older
from store.records import Origin, SaveOutcome, SaveStatus, Saving
from store.save_rows import Candidate, RowBuffer
from store.tables import notice_versions
from store.version_rows import (
    Current,
    VersionHead,
    changes_json,
    current_of,
    differences,
    heads_of,
    load_if_readable,
    version_values,
    versions_of_payloads,
)


def prepare(item: Saving) -> Candidate:
    """Compute what needs no database, so that the write lock is held for a short time."""
    notice = item.notice
    if not notice.id.startswith(f"{notice.portal}:"):
        raise StoreError(f"The id {notice.id} of a notice must begin with its portal, {notice.portal}.")
    if printable(notice.id) != notice.id:
        raise StoreError(f"The id {notice.id!r} of a notice holds a character that no database takes.")
    order = order_key(notice.published_at, notice.notice_version)
    return Candidate(item=item, digest=item.digest or payload_digest(notice), order=order)


def save_all(database: Database, connection: Connection, candidates: Sequence[Candidate]) -> list[SaveOutcome]:
    """Save notices in their order inside one transaction of the caller."""
    at = now()
    for portal in sorted({candidate.notice.portal for candidate in candidates}):
        database.lock(connection, f"notices:{portal}")
    database.lock(connection, "procedures")  # notices of two portals may be the first of one tender
    outcomes: dict[int, SaveOutcome] = {}
    for positions in _rounds(candidates):
        round_ = _Round(database, connection, [candidates[position] for position in positions], at)
        outcomes.update(zip(positions, round_.save(database), strict=True))
    _release_quarantine(connection, candidates, at)
    return [outcomes[position] for position in range(len(candidates))]


class _Round:
    """Saves notices of distinct ids together."""

    def __init__(
        self, database: Database, connection: Connection, candidates: Sequence[Candidate], at: datetime
    ) -> None:
        self._connection = connection
        self._candidates = candidates
        self._rows = RowBuffer(at, Procedures(database, connection, at))
        self._current = current_of(connection, (candidate.notice.id for candidate in candidates))
        self._rows.procedures.expect(item.notice for item in candidates if item.notice.id not in self._current)
        known = [payload for candidate in candidates if (payload := candidate.payload) and payload[0] in self._current]
        self._read_into = versions_of_payloads(connection, known)

    def save(self, database: Database) -> list[SaveOutcome]:
        outcomes = [self._save(candidate) for candidate in self._candidates]
        self._rows.flush(database, self._connection)
        self._rows.procedures.settle()
        return outcomes

    def _save(self, candidate: Candidate) -> SaveOutcome:
        current = self._current.get(candidate.notice.id)
        if current is None:
            return self._new(candidate)
        if candidate.item.origin is Origin.REPLAY:
            target = self._replayed(candidate)
            if target is not None:
                return self._read_again(candidate, current, target)
        elif candidate.digest == current.head.digest or self._same_bytes(candidate, current.head):
            self._rows.add_seen(candidate, candidate.item.fingerprint)
            return self._read_again(candidate, current, current.head)
        if candidate.order < current.head.order:
            return self._late(candidate, current)
        return self._new_version(candidate, current)

    def _replayed(self, candidate: Candidate) -> VersionHead | None:
        """The stored version that a replayed payload was read into."""
        heads = heads_of(self._connection, candidate.notice.id)
        number = self._read_into.get(candidate.payload) if candidate.payload else None
        if number is not None:
            return next(head for head in heads if head.number == number)
        return next((head for head in heads if head.order == candidate.order), None)

    def _same_bytes(self, candidate: Candidate, head: VersionHead) -> bool:
        # Not asked: whether the parser's version was raised. Who forgets to must not tell everybody of every notice.
        return candidate.payload is not None and self._read_into.get(candidate.payload) == head.number

    def _new(self, candidate: Candidate) -> SaveOutcome:
        self._rows.add_notice(candidate)
        self._rows.add_version(candidate, 1, None, ())
        self._rows.announce(candidate, 1)
        return _outcome(SaveStatus.NEW, candidate, 1)

    def _new_version(self, candidate: Candidate, current: Current) -> SaveOutcome:
        number = current.last_number + 1
        changes = self._changes_since(candidate, current.head.number)
        self._rows.move_on(candidate, number)
        self._rows.add_version(candidate, number, current.head.number, changes)
        self._rows.announce(candidate, number)
        return _outcome(SaveStatus.NEW_VERSION, candidate, number, changes)

    def _late(self, candidate: Candidate, current: Current) -> SaveOutcome:
        """Keep an older version. The fingerprint stays that of the current one, and nobody is told."""
        self._rows.add_seen(candidate, None)
        heads = heads_of(self._connection, candidate.notice.id)
        twin = next((head for head in heads if head.digest == candidate.digest), None)
        if twin is not None:
            self._rows.link_payload(candidate, twin.number)
            return _outcome(SaveStatus.UNCHANGED, candidate, twin.number)
        number = current.last_number + 1
        base = next((head.number for head in heads if head.order <= candidate.order), None)
        changes = () if base is None else self._changes_since(candidate, base)
        self._rows.add_version(candidate, number, base, changes, late=True)
        self._rows.procedures.will_change(candidate.notice.id)
        self._rows.updates.append((candidate.notice.id, {"last_version": number}))
        return _outcome(SaveStatus.LATE, candidate, number, changes)

    def _read_again(self, candidate: Candidate, current: Current, target: VersionHead) -> SaveOutcome:
        """A stored version was read once more; where the reading says something else, it replaces the first."""
        self._rows.link_payload(candidate, target.number)
        if candidate.digest == target.digest:
            return _outcome(SaveStatus.UNCHANGED, candidate, target.number)
        changes = self._changes_since(candidate, target.number)
        self._rows.procedures.will_change(candidate.notice.id)
        _replace_reading(self._connection, candidate, target.number)
        # Another reading of the publication instant can make another version the current one.
        newest = heads_of(self._connection, candidate.notice.id)[0].number
        if target.number == current.head.number or newest != current.head.number:
            self._point_to(candidate.notice.id, newest)
        return _outcome(SaveStatus.REVISION, candidate, target.number, changes)

    def _point_to(self, notice_id: str, number: int) -> None:
        self._rows.updates.append((notice_id, {"version": number}))
        self._rows.to_index.append((notice_id, number, Origin.REPLAY))
        current = (notice_versions.c.notice_id == notice_id, notice_versions.c.version == number)
        self._connection.execute(update(notice_versions).where(*current).values(late=False))

    def _changes_since(self, candidate: Candidate, number: int) -> tuple[FieldChange, ...]:
        return differences(self._connection, candidate.notice.id, number, candidate.notice)


def _replace_reading(connection: Connection, candidate: Candidate, number: int) -> None:
    """Write the new reading of a version, and what now differs from its base and in the versions based on it."""
    table, notice = notice_versions, candidate.notice
    of_notice = table.c.notice_id == notice.id
    base = connection.execute(select(table.c.base_version).where(of_notice, table.c.version == number)).scalar_one()
    changes = () if base is None else differences(connection, notice.id, base, notice)
    connection.execute(
        update(table)
        .where(of_notice, table.c.version == number)
        .values(
            **version_values(notice, candidate.digest, candidate.item.parser_version),
            changes=changes_json(changes),
            revision=table.c.revision + 1,
        )
    )
    for based in connection.scalars(select(table.c.version).where(of_notice, table.c.base_version == number)).all():
        later = load_if_readable(connection, notice.id, based)
        if later is None:  # told anew when that version is read again
            continue
        values = {"changes": changes_json(difference(notice, later))}
        connection.execute(update(table).where(of_notice, table.c.version == based).values(values))


def _release_quarantine(connection: Connection, candidates: Sequence[Candidate], at: datetime) -> None:
    crawled: dict[str, list[str]] = {}
    for candidate in candidates:
        if candidate.item.origin is Origin.CRAWL:
            notice = candidate.notice
            crawled.setdefault(notice.portal, []).append(notice.id.removeprefix(f"{notice.portal}:"))
    for portal, native_ids in crawled.items():
        release_older(connection, portal, native_ids, at)


def _rounds(candidates: Sequence[Candidate]) -> Iterator[list[int]]:
    """Positions in as few rounds as no round holds a notice twice; the order per notice is kept."""
    rounds: list[list[int]] = []
    times: dict[str, int] = {}
    for position, candidate in enumerate(candidates):
        number = times.get(candidate.notice.id, 0)
        times[candidate.notice.id] = number + 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(position)
    yield from rounds


def _outcome(
    status: SaveStatus, candidate: Candidate, number: int, changes: tuple[FieldChange, ...] = ()
) -> SaveOutcome:
    return SaveOutcome(status=status, notice_id=candidate.notice.id, version=number, changes=changes)

"""Notices with all their versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from core.clock import now
from store import queues
from store.database import Database, chunks
from store.ordering import order_key
from store.procedures import links_of
from store.records import Origin, ProcedureLink, SaveOutcome, Saving, StoredNotice, VersionRecord
from store.save_rows import seen_values
from store.saving import prepare, save_all
from store.tables import index_queue, match_queue, notice_versions, notices, raw_payloads
from store.version_rows import changes_of, parsed, stored_statement, update_seen


class Notices:
    """The source of truth about what portals published."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, item: Saving) -> SaveOutcome:
        """Save one notice; see `save_many`."""
        return self.save_many([item])[0]

    def save_many(self, items: Sequence[Saving]) -> list[SaveOutcome]:
        """Save notices in their order, in one transaction, and queue what is new for index and matching.

        What becomes of each is decided by the rules of `store.saving`; the outcomes are in the order of `items`.
        """
        candidates = [prepare(item) for item in items]
        if not candidates:
            return []
        with self._database.write() as connection:
            return save_all(self._database, connection, candidates)

    def fingerprints(self, portal: str, native_ids: Iterable[str]) -> dict[str, str]:
        """Fingerprint of the current version by native id, for those that are stored with one."""
        found = {}
        statement = select(notices.c.id, notices.c.fingerprint).where(notices.c.fingerprint.is_not(None))
        with self._database.read() as connection:
            for ids in chunks(f"{portal}:{native_id}" for native_id in native_ids):
                for row in connection.execute(statement.where(notices.c.id.in_(ids))):
                    found[row.id.removeprefix(f"{portal}:")] = row.fingerprint
        return found

    def touch(self, portal: str, native_ids: Iterable[str], run_id: str | None) -> int:
        """The portal listed these notices again, unchanged; how many of them are stored."""
        at = now()
        ids = sorted({f"{portal}:{native_id}" for native_id in native_ids})
        with self._database.write() as connection:
            self._database.lock(connection, f"notices:{portal}")
            self._database.lock(connection, "procedures")  # a merge moves notices of any portal
            known = [
                id_
                for some in chunks(ids)
                for id_ in connection.scalars(select(notices.c.id).where(notices.c.id.in_(some)))
            ]
            if known:
                connection.execute(update_seen(), [seen_values(id_, at, run_id, None) for id_ in known])
        return len(known)

    def get(self, notice_id: str) -> StoredNotice | None:
        """The current version of a notice."""
        return self.get_many([notice_id]).get(notice_id)

    def get_many(self, notice_ids: Iterable[str]) -> dict[str, StoredNotice]:
        """Current versions by id, in the order asked; ids that are not stored are left out."""
        asked = list(dict.fromkeys(notice_ids))
        rows: dict[str, Row[Any]] = {}
        with self._database.read() as connection:
            for ids in chunks(asked):
                rows |= {row.id: row for row in connection.execute(stored_statement().where(notices.c.id.in_(ids)))}
        return {id_: _stored(rows[id_]) for id_ in asked if id_ in rows}

    def versions(self, notice_id: str) -> list[VersionRecord]:
        """The history of a notice, newest first by publication, late ones at their place."""
        statement = select(notice_versions).where(notice_versions.c.notice_id == notice_id)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        newest_first = sorted(
            rows, key=lambda row: (order_key(row.published_at, row.notice_version), row.version), reverse=True
        )
        return [_version(row) for row in newest_first]

    def version(self, notice_id: str, number: int) -> VersionRecord | None:
        """One version by its number."""
        statement = select(notice_versions).where(
            notice_versions.c.notice_id == notice_id, notice_versions.c.version == number
        )
        with self._database.read() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else _version(row)

    def of_procedure(self, procedure_key: str) -> list[StoredNotice]:
        """The notices of a procedure, oldest publication first."""
        statement = stored_statement().where(notices.c.procedure_key == procedure_key)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        found = [_stored(row) for row in rows]
        return sorted(found, key=lambda stored: (order_key(stored.notice.published_at, None), stored.notice.id))

    def links_of_procedure(self, procedure_key: str) -> list[ProcedureLink]:
        """Why notices of other portals, or of another procedure of the same one, belong to this procedure."""
        with self._database.read() as connection:
            return links_of(connection, procedure_key)

    def iterate(self, portal: str | None = None, batch: int = 500, after: str = "") -> Iterator[StoredNotice]:
        """All current notices in the order of their ids, behind the id `after`, a page per transaction."""
        statement = stored_statement().order_by(notices.c.id).limit(batch)
        if portal is not None:
            statement = statement.where(notices.c.portal == portal)
        last = after
        while True:
            with self._database.read() as connection:
                rows = connection.execute(statement.where(notices.c.id > last)).all()
            yield from map(_stored, rows)
            if len(rows) < batch:
                return
            last = rows[-1].id

    def announced_between(self, since: datetime, until: datetime) -> list[str]:
        """Notices whose current version was saved then to be told to people, and has left the match queue.

        Those that a parser read anew since are left out: what was matched was another reading.
        """
        current = (notice_versions.c.notice_id == notices.c.id) & (notice_versions.c.version == notices.c.version)
        told = (
            notice_versions.c.saved_at >= since,
            notice_versions.c.saved_at < until,
            notice_versions.c.origin.in_([Origin.CRAWL, Origin.RELEASE]),
            notice_versions.c.revision == 0,
            notice_versions.c.late.is_(False),
            notices.c.id.not_in(select(match_queue.c.notice_id)),
        )
        with self._database.read() as connection:
            statement = select(notices.c.id).join_from(notices, notice_versions, current).where(*told)
            return list(connection.scalars(statement.order_by(notices.c.id)))

    def ids(self) -> list[str]:
        """The ids of all notices."""
        with self._database.read() as connection:
            return list(connection.scalars(select(notices.c.id).order_by(notices.c.id)))

    def lately_archived(self, limit: int, looked_at: int = 200) -> list[StoredNotice]:
        """Of the notices whose payloads were archived last, those that were published last; for when no search answers.

        Looks at a few rows of one index, however many notices there are. What came without a payload is left out.
        """
        last = select(raw_payloads.c.notice_id).order_by(raw_payloads.c.id.desc()).limit(looked_at)
        with self._database.read() as connection:
            ids = list(dict.fromkeys(connection.scalars(last)))
        found = self.get_many(ids).values()
        newest_first = sorted(found, key=lambda one: (order_key(one.notice.published_at, None), one.notice.id))
        return newest_first[::-1][:limit]

    def count(self, portal: str | None = None) -> int:
        """Stored notices."""
        statement = select(func.count()).select_from(notices)
        with self._database.read() as connection:
            return connection.execute(
                statement if portal is None else statement.where(notices.c.portal == portal)
            ).scalar_one()

    def enqueue_all(self) -> int:
        """Queue every current notice for the index, once; how many. Nobody is told of anything."""
        with self._database.write() as connection:
            return queues.refill(connection, index_queue)

    def enqueue(self, notice_id: str) -> bool:
        """Queue a current notice for the index; False when there is none. Nobody is told of anything."""
        with self._database.write() as connection:
            version = connection.scalar(select(notices.c.version).where(notices.c.id == notice_id))
            if version is None:
                return False
            queues.append(connection, index_queue, [(notice_id, version, Origin.RELEASE)])
            return True


def _stored(row: Row[Any]) -> StoredNotice:
    return StoredNotice(
        notice=parsed(row.id, row.notice),
        version=row.version,
        edition=row.last_version + row.revision,
        procedure_key=row.procedure_key,
        first_seen_at=row.first_seen_at,
        changed_at=row.changed_at,
        last_seen_at=row.last_seen_at,
    )


def _version(row: Row[Any]) -> VersionRecord:
    return VersionRecord(
        version=row.version,
        notice=parsed(row.notice_id, row.notice),
        changes=changes_of(row.changes),
        origin=Origin(row.origin),
        late=row.late,
        saved_at=row.saved_at,
        revision=row.revision,
        parser_version=row.parser_version,
    )

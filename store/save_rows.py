"""The rows that one round of saving writes, collected and written together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from notices.model import Notice
from notices.versions import FieldChange
from store import queues
from store.database import Database
from store.ordering import OrderKey
from store.procedures import Procedures
from store.records import Origin, Saving
from store.tables import index_queue, match_queue, notice_versions, notices, version_payloads
from store.version_rows import changes_json, update_seen, version_values


@dataclass(frozen=True)
class Candidate:
    """A notice on its way in, with what is computed before the transaction begins."""

    item: Saving
    digest: str
    order: OrderKey

    @property
    def notice(self) -> Notice:
        """The notice itself."""
        return self.item.notice

    @property
    def payload(self) -> tuple[str, str] | None:
        """Notice id and digest of the archived bytes, when there are any."""
        return (self.notice.id, self.notice.raw.digest) if self.notice.raw else None

    @property
    def told_as(self) -> Origin:
        """The origin under which a new version goes on; a replay of what was never stored is new to everyone."""
        return Origin.RELEASE if self.item.origin is Origin.REPLAY else self.item.origin


@dataclass
class RowBuffer:
    """Rows by table, flushed in the order that their foreign keys ask for."""

    at: datetime
    procedures: Procedures
    notices: list[dict[str, Any]] = field(default_factory=list)
    updates: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    payloads: list[dict[str, Any]] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    to_index: list[tuple[str, int, Origin]] = field(default_factory=list)
    to_match: list[tuple[str, int, Origin]] = field(default_factory=list)

    def add_notice(self, candidate: Candidate) -> None:
        """A notice that is stored for the first time."""
        notice, item = candidate.notice, candidate.item
        self.notices.append(
            {
                "id": notice.id,
                "portal": notice.portal,
                "procedure_key": self.procedures.key_of(notice),
                "version": 1,
                "last_version": 1,
                "fingerprint": item.fingerprint,
                "last_run_id": item.run_id,
                "first_seen_at": self.at,
                "changed_at": self.at,
                "last_seen_at": self.at,
            }
        )

    def move_on(self, candidate: Candidate, number: int) -> None:
        """A known notice has a new current version."""
        self.procedures.will_change(candidate.notice.id)
        values = {
            "version": number,
            "last_version": number,
            "fingerprint": candidate.item.fingerprint,
            "last_run_id": candidate.item.run_id,
            "changed_at": self.at,
            "last_seen_at": self.at,
        }
        self.updates.append((candidate.notice.id, values))

    def add_version(
        self,
        candidate: Candidate,
        number: int,
        base: int | None,
        changes: tuple[FieldChange, ...],
        *,
        late: bool = False,
    ) -> None:
        """A version, with what differs from its base version."""
        item = candidate.item
        self.versions.append(
            {
                "notice_id": item.notice.id,
                "version": number,
                **version_values(item.notice, candidate.digest, item.parser_version),
                "base_version": base,
                "changes": changes_json(changes),
                "origin": candidate.told_as,
                "late": late,
                "revision": 0,
                "run_id": item.run_id,
                "saved_at": self.at,
            }
        )
        self.link_payload(candidate, number)

    def link_payload(self, candidate: Candidate, number: int) -> None:
        """Remember which version was read from these archived bytes."""
        if candidate.payload is not None:
            notice_id, digest = candidate.payload
            self.payloads.append({"notice_id": notice_id, "payload_digest": digest, "version": number})

    def add_seen(self, candidate: Candidate, fingerprint: str | None) -> None:
        """The portal showed the notice; a replay does not see the portal."""
        item = candidate.item
        if item.origin is not Origin.REPLAY:
            self.seen.append(seen_values(item.notice.id, self.at, item.run_id, fingerprint))

    def announce(self, candidate: Candidate, number: int) -> None:
        """Queue a version for the index and for the people whose profiles it fits."""
        entry = (candidate.notice.id, number, candidate.told_as)
        self.to_index.append(entry)
        self.to_match.append(entry)

    def flush(self, database: Database, connection: Connection) -> None:
        """Write everything."""
        self.procedures.flush()
        for values in self.notices:
            values["procedure_key"] = self.procedures.final(values["procedure_key"])
        if self.notices:
            connection.execute(insert(notices), self.notices)
        for notice_id, values in self.updates:
            connection.execute(update(notices).where(notices.c.id == notice_id).values(values))
        if self.versions:
            connection.execute(insert(notice_versions), self.versions)
        if self.payloads:
            self._link_payloads(database, connection)
        if self.seen:
            connection.execute(update_seen(), self.seen)
        queues.append(connection, index_queue, self.to_index)
        queues.append(connection, match_queue, self.to_match)

    def _link_payloads(self, database: Database, connection: Connection) -> None:
        statement = database.insert(version_payloads)
        newest = {"version": statement.excluded.version}
        keys = ["notice_id", "payload_digest"]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=newest), self.payloads)


def seen_values(notice_id: str, at: datetime, run_id: str | None, fingerprint: str | None) -> dict[str, Any]:
    """Parameters of `update_seen`."""
    return {"seen_id": notice_id, "seen_at": at, "seen_run": run_id, "seen_fingerprint": fingerprint}

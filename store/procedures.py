"""Which notices are about one tender: those that share an identifier, whatever portal printed them.

The first notice with an identifier makes its procedure; a later one joins it, and one that brings identifiers of two
procedures makes them one. A notice that brings one no more (its procedure id changed, a parser reads it otherwise)
leaves the notices that only this one tied it to (`store.procedure_parts`). Every joining is kept with its reason.

What a notice brings is told by `store.procedure_identifiers`, what of it counts by `store.procedure_decisions`. A link
counts only when it says *the same tender*. That a notice of planning came before is not enough: one prior information
notice may announce many tenders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from notices.model import Notice
from store import procedure_decisions, procedure_hits, queues
from store.database import Database, chunks
from store.procedure_decisions import Decisions
from store.procedure_identifiers import (
    PROCEDURE_KEY,
    Identifier,
    brought_by,
    name_among,
    together,
)
from store.procedure_members import brought_of
from store.procedure_parts import is_free, procedure_names, take_apart
from store.records import Origin, ProcedureLink
from store.tables import index_queue, notices, procedure_identifiers, procedure_links, procedures


class Joined(NamedTuple):
    """Why notices with the procedure key `joined_key` belong to another procedure: this notice, this identifier."""

    notice_id: str
    identifier: Identifier
    joined_key: str


class Subject(NamedTuple):
    """A notice that is to be put into a procedure."""

    notice_id: str
    portal: str
    brought: tuple[Identifier, ...]
    current: str | None = None
    """The procedure it is in."""


class Procedures:
    """Finds the procedures of the notices that one round of saving writes, inside the caller's transaction.

    The caller holds the lock `procedures`.
    """

    def __init__(self, database: Database, connection: Connection, at: datetime) -> None:
        self._database = database
        self._connection = connection
        self._at = at
        self._decisions = Decisions(procedure_decisions.load(connection))
        self._before: dict[str, tuple[Identifier, ...]] = {}
        self._grown: Counter[str] = Counter()
        self._young: set[str] = set()
        self._merged: dict[str, str] = {}
        self.merges = 0
        """How many procedures became part of another one."""
        self._opened: list[dict[str, Any]] = []
        self._claimed: list[dict[str, Any]] = []
        self._joined: list[dict[str, Any]] = []
        self._forget()

    def expect(self, incoming: Iterable[Notice]) -> None:
        """Look up at once what these notices bring."""
        self._look_up(identifier for notice in incoming for identifier in self._subject(notice).brought)

    def key_of(self, notice: Notice) -> str:
        """The key of the procedure that a new notice belongs to. What is new about it is written by `flush`."""
        key = self._place(self._subject(notice))
        self._grown[key] += 1
        return key

    def will_change(self, notice_id: str) -> None:
        """A version of a stored notice is about to be written; `settle` sees what that means for its procedure."""
        if notice_id not in self._before:
            self._before |= brought_of(self._connection, [notice_id])

    def settle(self) -> None:
        """When all rows are written: take apart and join what the new versions say, and set too common ones aside."""
        after = brought_of(self._connection, self._before)
        for notice_id, before in self._before.items():
            if after[notice_id] != before:
                self._resettle(notice_id, before)
        self._before = {}
        self.flush()
        self._watch_growth()

    def join(self, notice_ids: Sequence[str]) -> None:
        """Put stored notices together with those they share identifiers with."""
        brought = brought_of(self._connection, notice_ids)
        for notice_id in notice_ids:
            if notice_id in brought:
                self._place(self._stored(notice_id, brought[notice_id]))
        self.flush()
        self._watch_growth()

    def final(self, key: str) -> str:
        """The procedure that a key given by `key_of` stands for after what was merged since."""
        while key in self._merged:
            key = self._merged[key]
        return key

    def flush(self) -> None:
        """Write new procedures and identifiers; before the notices, whose rows point to them."""
        insert = self._database.insert
        if self._opened:
            statement = insert(procedures).on_conflict_do_nothing(index_elements=["key"])
            self._connection.execute(statement, self._opened)
        if self._claimed:
            self._connection.execute(insert(procedure_identifiers).on_conflict_do_nothing(), self._claimed)
        if self._joined:
            self._connection.execute(insert(procedure_links).on_conflict_do_nothing(), self._joined)
        self._opened, self._claimed, self._joined = [], [], []

    def _subject(self, notice: Notice) -> Subject:
        brought = self._decisions.counted(notice.id, together(notice.id, [brought_by(notice)]))
        return Subject(notice.id, notice.portal, brought)

    def _stored(self, notice_id: str, brought: tuple[Identifier, ...]) -> Subject:
        row = self._connection.execute(
            select(notices.c.portal, notices.c.procedure_key).where(notices.c.id == notice_id)
        ).one()
        return Subject(notice_id, row.portal, self._decisions.counted(notice_id, brought), row.procedure_key)

    def _resettle(self, notice_id: str, before: tuple[Identifier, ...]) -> None:
        brought = brought_of(self._connection, [notice_id])[notice_id]
        subject = self._stored(notice_id, brought)
        if set(self._decisions.counted(notice_id, before)) - set(subject.brought) and subject.current:
            self.flush()
            apart = take_apart(self._database, self._connection, subject.current, self._at, self._decisions)
            self._forget()
            if not apart.complete:
                return  # too many notices for one transaction: the next rebuild puts it where it belongs
            self._decisions = Decisions(procedure_decisions.load(self._connection))
            subject = self._stored(notice_id, brought)
        self._place(subject)

    def _place(self, subject: Subject) -> str:
        brought = subject.brought
        self._look_up(brought)
        found = {self._known[identifier]: identifier for identifier in reversed(brought) if identifier in self._known}
        if subject.current is not None and subject.current not in found:
            found[subject.current] = next(iter(found.values()), Identifier(PROCEDURE_KEY, subject.current))
            self._look_up_since(subject.current)
        own = name_among(subject.notice_id, brought)
        fresh = Identifier(PROCEDURE_KEY, own) not in self._known
        if not found:
            own = self._open(subject, own)
            found = {own: Identifier(PROCEDURE_KEY, own)}
        key = min(found, key=lambda candidate: (self._since[candidate], candidate))
        for other, identifier in found.items():
            if other != key:
                self._merge(other, key, Joined(subject.notice_id, identifier, other))
        if own != key and own not in found and fresh:
            self._note(key, Joined(subject.notice_id, found[key], own))
        self._claim(brought, key)
        return key

    def _forget(self) -> None:
        """What was looked up does not hold any more: procedures were taken apart, under names that were free."""
        grown: Counter[str] = Counter()
        for key, number in self._grown.items():
            grown[self.final(key)] += number
        self._grown, self._merged = grown, {}
        self._asked: set[Identifier] = set()
        self._known: dict[Identifier, str] = {}
        self._taken: set[str] = set()
        self._since: dict[str, datetime] = {}

    def _look_up(self, wanted: Iterable[Identifier]) -> None:
        table, procedure = procedure_identifiers.c, procedures.c
        by_scheme: dict[str, list[str]] = {}
        for identifier in wanted:
            if identifier not in self._asked:
                self._asked.add(identifier)
                by_scheme.setdefault(identifier.scheme, []).append(identifier.value)
        joined = select(table.scheme, table.value, procedure.key, procedure.first_seen_at).join_from(
            procedure_identifiers, procedures
        )
        for scheme, values in by_scheme.items():
            for some in chunks(values):
                for row in self._connection.execute(joined.where(table.scheme == scheme, table.value.in_(some))):
                    self._known[Identifier(row.scheme, row.value)] = row.key
                    self._since[row.key] = row.first_seen_at
                if scheme == PROCEDURE_KEY:
                    self._taken |= set(self._connection.scalars(select(procedure.key).where(procedure.key.in_(some))))

    def _look_up_since(self, key: str) -> None:
        if key not in self._since:
            statement = select(procedures.c.first_seen_at).where(procedures.c.key == key)
            self._since[key] = self._connection.execute(statement).scalar_one()

    def _open(self, subject: Subject, own: str) -> str:
        """A new procedure under the notice's own key, or under another one where notices have it that left."""
        for key in procedure_names(own, subject.notice_id):
            if key not in self._since and self._is_free(key):
                self._opened.append({"key": key, "portal": subject.portal, "first_seen_at": self._at})
                self._since[key] = self._at
                self._young.add(key)
                return key
        raise AssertionError("unreachable: the names have no end")

    def _is_free(self, key: str) -> bool:
        if Identifier(PROCEDURE_KEY, key) in self._asked:
            return key not in self._taken
        return is_free(self._connection, key)

    def _claim(self, brought: Sequence[Identifier], key: str) -> None:
        fresh = [identifier for identifier in brought if identifier not in self._known]
        self._claimed += [{"scheme": one.scheme, "value": one.value, "procedure_key": key} for one in fresh]
        self._known.update(dict.fromkeys(fresh, key))

    def _merge(self, old: str, new: str, why: Joined) -> None:
        """Make two procedures one, with the hits of both."""
        self.flush()
        connection = self._connection
        procedure_hits.merge(self._database, connection, old, new)
        for table in (procedure_identifiers, procedure_links):
            connection.execute(update(table).where(table.c.procedure_key == old).values(procedure_key=new))
        moved = update(notices).where(notices.c.procedure_key == old).values(procedure_key=new)
        rows = connection.execute(moved.returning(notices.c.id, notices.c.version)).all()
        queues.append(connection, index_queue, [(row.id, row.version, Origin.REPLAY) for row in rows])
        connection.execute(delete(procedures).where(procedures.c.key == old))
        self._note(new, why)
        self._merged[old] = new
        self.merges += 1
        self._grown[new] += self._grown.pop(old, 0) + len(rows)
        self._taken.discard(old)
        self._known = {identifier: new if key == old else key for identifier, key in self._known.items()}

    def _note(self, key: str, why: Joined) -> None:
        self._joined.append(
            {
                "procedure_key": key,
                "joined_key": why.joined_key,
                "notice_id": why.notice_id,
                "scheme": why.identifier.scheme,
                "value": why.identifier.value,
                "linked_at": self._at,
            }
        )

    def _watch_growth(self) -> None:
        """Look at a procedure whose notices passed the limit, twice it, four times it: so a large one costs little."""
        self._forget()
        most = procedure_decisions.MOST_NOTICES
        grown = {key: number for key, number in self._grown.items() if key not in self._young or number > most}
        self._grown = Counter()
        count = func.count().label("notices")
        statement = select(notices.c.procedure_key, count).group_by(notices.c.procedure_key)
        for some in chunks(grown):
            for row in self._connection.execute(statement.where(notices.c.procedure_key.in_(some))).all():
                if _passes(row.notices - grown[row.procedure_key], row.notices):
                    take_apart(self._database, self._connection, row.procedure_key, self._at, self._decisions)
                    self._decisions = Decisions(procedure_decisions.load(self._connection))
                    self._forget()


def _passes(before: int, after: int) -> bool:
    step = procedure_decisions.MOST_NOTICES
    while step < after:
        if before <= step:
            return True
        step *= 2
    return False


def links_of(connection: Connection, key: str) -> list[ProcedureLink]:
    """Why the notices of a procedure were brought together, in the order in which they were."""
    statement = (
        select(procedure_links)
        .where(procedure_links.c.procedure_key == key)
        .order_by(procedure_links.c.linked_at, procedure_links.c.joined_key)
    )
    return [ProcedureLink.model_validate(dict(row._mapping)) for row in connection.execute(statement)]

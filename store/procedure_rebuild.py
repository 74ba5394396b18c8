"""Procedures made anew from what the stored notices say, while everything else goes on.

Two passes of short transactions. The first takes every procedure apart whose notices do not all belong together, and
drops identifiers that nobody brings; the second joins what shares an identifier. After each transaction the store is
whole, so a rebuild that was cut short has done a part of the work and the next one does the rest; where nothing is to
be done nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field
from sqlalchemy import Connection, select

from core.clock import now
from notices.model import Frozen
from store import procedure_decisions, procedure_hits
from store.database import Database, chunks
from store.procedure_decisions import Decisions
from store.procedure_identifiers import Identifier
from store.procedure_members import Member, Picture, brought_of, members_of, parts_of, too_common
from store.procedure_parts import MOST_AT_ONCE, Apart, claimed_by, take_apart, take_apart_at_most
from store.procedures import Procedures
from store.tables import notices, procedure_identifiers, procedures

PAGE = 200
"""Procedures or notices that one transaction looks at."""
STEP = 500
"""Notices that leave a large procedure in one transaction, about."""

Progress = Callable[[str, int], None]
"""Told after each page: `taking apart` or `joining`, and how many were looked at so far."""


class RebuildReport(Frozen):
    """What a rebuild did, or would do."""

    procedures: int = Field(description="procedures looked at")
    notices: int = Field(description="notices looked at")
    taken_apart: int = Field(description="procedures whose notices did not all belong together")
    made: int = Field(description="procedures made of what left those")
    merged: int = Field(description="procedures that became part of another one")
    removed: int = Field(description="procedures without a notice")
    set_aside: int = Field(description="identifiers that too many notices share")


class Rebuild:
    """One rebuild."""

    def __init__(self, database: Database, progress: Progress | None = None) -> None:
        self._database = database
        self._progress = progress or _silent
        self._seen = {"procedures": 0, "notices": 0}
        self._apart: set[str] = set()
        self._made = 0
        self._merged = 0
        self._removed = 0

    def run(self) -> RebuildReport:
        """Do it. May be ended at any moment and run again."""
        with self._database.write() as connection:
            procedure_hits.forget_followers(connection)
            known = {one.identifier for one in procedure_decisions.load(connection)}
        for keys in self._procedure_pages():
            self._part(keys)
        for notice_ids in self._notice_pages():
            self._join(notice_ids)
        with self._database.read() as connection:
            decided = {one.identifier for one in procedure_decisions.load(connection)}
        return self._report(len(decided - known))

    def _report(self, set_aside: int) -> RebuildReport:
        return RebuildReport(
            **self._seen,
            taken_apart=len(self._apart),
            made=self._made,
            merged=self._merged,
            removed=self._removed,
            set_aside=set_aside,
        )

    def _procedure_pages(self) -> Iterator[list[str]]:
        for keys in _pages(self._database, select(procedures.c.key).order_by(procedures.c.key), procedures.c.key):
            yield keys
            self._seen["procedures"] += len(keys)
            self._progress("taking apart", self._seen["procedures"])

    def _notice_pages(self) -> Iterator[list[str]]:
        for notice_ids in _pages(self._database, select(notices.c.id).order_by(notices.c.id), notices.c.id):
            yield notice_ids
            self._seen["notices"] += len(notice_ids)
            self._progress("joining", self._seen["notices"])

    def _part(self, keys: Sequence[str]) -> None:
        with self._database.read() as connection:
            doubtful = [key for key, doubt in doubts(connection, keys).items() if doubt]
        for key in doubtful:
            with self._database.write() as connection:
                self._database.lock(connection, "procedures")
                decisions = Decisions(procedure_decisions.load(connection))
                apart = take_apart(self._database, connection, key, now(), decisions)
            self._count(key, apart)
            if not apart.complete:
                self._part_in_steps(key)

    def _part_in_steps(self, key: str) -> None:
        """A procedure with more notices than one transaction reads: they are read before, a page at a time."""
        picture = Picture(key)
        complete = False
        while not complete:
            with self._database.read() as connection:
                complete = picture.refresh(connection, PAGE)
        complete = False
        while not complete:
            with self._database.write() as connection:
                self._database.lock(connection, "procedures")
                picture.refresh(connection)  # what was saved meanwhile
                decisions = Decisions(procedure_decisions.load(connection))
                apart = take_apart_at_most(self._database, connection, picture, now(), decisions, STEP)
            self._count(key, apart)
            complete = apart.complete

    def _count(self, key: str, apart: Apart) -> None:
        self._made += apart.made
        self._removed += apart.removed
        if apart.made:
            self._apart.add(key)

    def _join(self, notice_ids: Sequence[str]) -> None:
        with self._database.read() as connection:
            loose = list(loose_ends(connection, notice_ids))
        if not loose:
            return
        with self._database.write() as connection:
            self._database.lock(connection, "procedures")
            joining = Procedures(self._database, connection, now())
            joining.join(loose)
        self._merged += joining.merges


class Survey(Rebuild):
    """What a rebuild would do, without writing anything."""

    def run(self) -> RebuildReport:
        """Look at everything. What identifiers set aside on the way would change is not foreseen."""
        common: set[Identifier] = set()
        for keys in self._procedure_pages():
            with self._database.read() as connection:
                for key, members in _with_brought(connection, keys).items():
                    decisions = Decisions(procedure_decisions.load(connection))
                    parts = parts_of(key, members, decisions)
                    common |= too_common(parts.counted, decisions).keys()
                    self._count(key, Apart(True, made=len(parts.leaving), removed=not members))
        groups = _Groups()
        for notice_ids in self._notice_pages():
            with self._database.read() as connection:
                self._compare(connection, notice_ids, groups)
        self._merged = groups.unions
        return self._report(len(common))

    def _compare(self, connection: Connection, notice_ids: Sequence[str], groups: _Groups) -> None:
        for notice_id, elsewhere in loose_ends(connection, notice_ids).items():
            for identifier, key in elsewhere.items():
                own = _group_of(connection, notice_id)
                holder = None if key is None else _holder(connection, key, identifier)
                groups.unite(own, holder or groups.first.setdefault(identifier, own))


class _Groups:
    """Groups of notices that a rebuild would join, each under the first of its notices."""

    def __init__(self) -> None:
        self.first: dict[Identifier, str] = {}
        self.unions = 0
        self._above: dict[str, str] = {}

    def unite(self, one: str, other: str) -> None:
        if self._top(one) == self._top(other):
            return
        self._above[self._top(one)] = self._top(other)
        self.unions += 1

    def _top(self, name: str) -> str:
        while (above := self._above.get(name, name)) != name:
            name = above
        return name


def doubts(connection: Connection, keys: Sequence[str]) -> dict[str, bool]:
    """For each procedure, whether its notices, or the identifiers that lead to it, are not what they should be."""
    decisions = Decisions(procedure_decisions.load(connection))
    claimed = claimed_by(connection, keys)
    sizes = {key: len(members) for key, members in members_of(connection, keys).items()}
    found = {key: sizes.get(key, 0) > MOST_AT_ONCE for key in keys}
    for key, members in _with_brought(connection, [key for key in keys if not found[key]]).items():
        parts = parts_of(key, members, decisions)
        brought = {identifier for some in parts.counted.values() for identifier in some}
        stale = set(claimed.get(key, ())) - brought
        found[key] = not members or bool(parts.leaving or stale or too_common(parts.counted, decisions))
    return found


def loose_ends(connection: Connection, notice_ids: Sequence[str]) -> dict[str, dict[Identifier, str | None]]:
    """Notices with identifiers that lead to no procedure (None) or to another one than theirs."""
    decisions = Decisions(procedure_decisions.load(connection))
    brought = {id_: decisions.counted(id_, some) for id_, some in brought_of(connection, notice_ids).items()}
    leads = _leads(connection, {identifier for some in brought.values() for identifier in some})
    own = _procedures_of(connection, notice_ids)
    found: dict[str, dict[Identifier, str | None]] = {}
    for id_, some in brought.items():
        elsewhere = {one: leads.get(one) for one in some if leads.get(one) != own[id_]}
        if elsewhere:
            found[id_] = elsewhere
    return found


def _procedures_of(connection: Connection, notice_ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in chunks(notice_ids):
        rows = connection.execute(select(notices.c.id, notices.c.procedure_key).where(notices.c.id.in_(some)))
        found |= {row.id: row.procedure_key for row in rows}
    return found


def _leads(connection: Connection, identifiers: set[Identifier]) -> dict[Identifier, str]:
    table = procedure_identifiers.c
    found: dict[Identifier, str] = {}
    for scheme in {one.scheme for one in identifiers}:
        for some in chunks(one.value for one in identifiers if one.scheme == scheme):
            rows = connection.execute(
                select(procedure_identifiers).where(table.scheme == scheme, table.value.in_(some))
            )
            found |= {Identifier(row.scheme, row.value): row.procedure_key for row in rows}
    return found


def _with_brought(connection: Connection, keys: Sequence[str]) -> dict[str, dict[str, Member]]:
    members = members_of(connection, keys)
    brought = brought_of(connection, [one.notice_id for some in members.values() for one in some])
    return {
        key: {one.notice_id: one._replace(brought=brought.get(one.notice_id, ())) for one in members.get(key, ())}
        for key in keys
    }


def _group_of(connection: Connection, notice_id: str) -> str:
    """The first notice of the group of its procedure that a notice belongs to."""
    key = _procedures_of(connection, [notice_id])[notice_id]
    return next(group[0] for group in _groups(connection, key)[0] if notice_id in group)


def _holder(connection: Connection, key: str, identifier: Identifier) -> str | None:
    """The first notice of the group that brings an identifier; None when it leads to a procedure by mistake."""
    groups, counted = _groups(connection, key)
    return next((group[0] for group in groups for id_ in group if identifier in counted[id_]), None)


def _groups(connection: Connection, key: str) -> tuple[list[tuple[str, ...]], Mapping[str, Sequence[Identifier]]]:
    members = _with_brought(connection, [key])[key]
    parts = parts_of(key, members, Decisions(procedure_decisions.load(connection)))
    return [group for group in (parts.kept, *parts.leaving) if group], parts.counted


def _pages(database: Database, statement: Any, column: Any) -> Iterator[list[str]]:
    last: str | None = None
    while True:
        page = statement.limit(PAGE) if last is None else statement.where(column > last).limit(PAGE)
        with database.read() as connection:
            found = list(connection.scalars(page))
        if not found:
            return
        yield found
        last = found[-1]


def _silent(_what: str, _number: int) -> None:
    """Nobody asked."""

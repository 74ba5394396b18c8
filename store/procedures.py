"""Which notices are about one tender: those that share an identifier, whatever portal printed them.

A notice brings identifiers: its portal's own procedure key, its id, the UUIDs of eForms (BT-04, BT-701), its number on
TED, and what its links name. The first notice with an identifier makes its procedure; a later one joins it, and one
that brings identifiers of two procedures makes them one. Every joining and merging is kept with its reason.

A link counts only when it says *the same tender*. That a notice of planning came before is not enough: one prior
information notice may announce many tenders.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select, update

from notices.model import Link, Notice, NoticeKind
from store import procedure_hits, queues
from store.columns import printable
from store.database import Database, chunks
from store.records import Origin, ProcedureLink
from store.tables import index_queue, notices, procedure_identifiers, procedure_links, procedures

_LONGEST_PROCEDURE_ID = 500
_UUID = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})(?:-[0-9]{1,3})?")
"""A random UUID, which BT-04 and BT-701 must be, and the version of a notice after it."""
_TED_NUMBER = re.compile(r"0*([1-9][0-9]{0,8}-(?:19|20)[0-9]{2})")
_ELSEWHERE = re.compile(r"[a-z]{2}_[a-z0-9_]+:\S+")
"""`<portal>:<native id>`, as the readers write what they found on another portal."""
_SEPARATORS = re.compile(r"[0-9A-Za-z]+")
_SAME_TENDER = frozenset({"same-procedure", "national-copy", "changed"})
_AFTER_THE_CALL = frozenset(
    {NoticeKind.RESULT, NoticeKind.CHANGE, NoticeKind.CANCELLATION, NoticeKind.MODIFICATION, NoticeKind.COMPLETION}
)
"""Kinds of which the publication before, named by the portal, is the call of the same tender."""


class Identifier(NamedTuple):
    """Something that only the notices of one tender have in common."""

    scheme: str
    value: str


def procedure_key(notice: Notice) -> str:
    """`<portal>:<procedure id>`, or the id of a notice that names no procedure: the key a procedure is first given.

    A procedure id that is longer than any index takes (PostgreSQL: 2,704 bytes) stands there as its sha256.
    """
    if not notice.procedure_id:
        return notice.id
    if len(notice.procedure_id) > _LONGEST_PROCEDURE_ID:
        return f"{notice.portal}:sha256-{hashlib.sha256(printable(notice.procedure_id).encode()).hexdigest()}"
    return printable(f"{notice.portal}:{notice.procedure_id}")


def identifiers(notice: Notice) -> tuple[Identifier, ...]:
    """What a notice brings, the portal's own procedure key first."""
    found = [Identifier("procedure-key", procedure_key(notice)), Identifier("notice", printable(notice.id))]
    found += _uuid("eforms-procedure-id", notice.procedure_id)
    found += _uuid("eforms-notice-id", notice.notice_uuid)
    found += _ted_number(notice.publication_number)
    for link in notice.links:
        found += _of_link(link, notice)
    return tuple(dict.fromkeys(found))


def _of_link(link: Link, notice: Notice) -> Iterator[Identifier]:
    if link.scheme == "portal-reference":
        if link.relation in _SAME_TENDER or (link.relation == "previous" and notice.kind in _AFTER_THE_CALL):
            yield from _portal_reference(link.value, notice)
    elif link.relation in _SAME_TENDER:
        if link.scheme in ("eforms-notice-id", "eforms-procedure-id"):
            yield from _uuid(link.scheme, link.value)
        elif link.scheme == "ted-publication-number":
            yield from _ted_number(link.value)


def _portal_reference(value: str, notice: Notice) -> Iterator[Identifier]:
    """The notice that a reference names; words that somebody typed into the field (`NC`, `néant`) name none.

    A reference without its portal must look like the portal's own ids: the same signs between digits and letters.
    """
    if len(value) > _LONGEST_PROCEDURE_ID:
        return
    if _ELSEWHERE.fullmatch(value):
        yield Identifier("notice", printable(value))
        return
    native_id = notice.id.removeprefix(f"{notice.portal}:")
    alike = _SEPARATORS.split(value) == _SEPARATORS.split(native_id)
    numbered = any(sign.isdigit() for sign in value) == any(sign.isdigit() for sign in native_id)
    if alike and numbered and len(set(filter(str.isalnum, value))) > 1:
        yield Identifier("notice", f"{notice.portal}:{value}")


def _uuid(scheme: str, value: str | None) -> Iterator[Identifier]:
    """A UUID; one that somebody typed to fill a field (all its digits alike, or not random) identifies nothing."""
    found = _UUID.fullmatch((value or "").strip().lower())
    if found and len(set(found[1]) - {"-"}) > 2:
        yield Identifier(scheme, found[1])


def _ted_number(value: str | None) -> Iterator[Identifier]:
    found = _TED_NUMBER.fullmatch((value or "").strip())
    if found:
        yield Identifier("ted-publication-number", found[1])


class Joined(NamedTuple):
    """Why notices with the procedure key `joined_key` belong to another procedure: this notice, this identifier."""

    notice_id: str
    identifier: Identifier
    joined_key: str


class Procedures:
    """Finds the procedures of the notices that one round of saving writes, inside the caller's transaction."""

    def __init__(self, database: Database, connection: Connection, incoming: Sequence[Notice], at: datetime) -> None:
        self._database = database
        self._connection = connection
        self._at = at
        self._asked: set[Identifier] = set()
        self._known: dict[Identifier, str] = {}
        self._merged: dict[str, str] = {}
        self._since: dict[str, datetime] = {}
        self._opened: list[dict[str, Any]] = []
        self._claimed: list[dict[str, Any]] = []
        self._joined: list[dict[str, Any]] = []
        self._look_up(identifier for notice in incoming for identifier in identifiers(notice))

    def key_of(self, notice: Notice) -> str:
        """The key of the procedure that a notice belongs to. What is new about it is written by `flush`."""
        brought, own = identifiers(notice), procedure_key(notice)
        self._look_up(brought)
        found = {self._known[identifier]: identifier for identifier in reversed(brought) if identifier in self._known}
        if not found:
            self._open(own, notice.portal)
            found = {own: brought[0]}
        key = min(found, key=lambda candidate: (self._since[candidate], candidate))
        for other, identifier in found.items():
            if other != key:
                self._merge(other, key, Joined(notice.id, identifier, other))
        if own != key and own not in found and Identifier("procedure-key", own) not in self._known:
            self._note(key, Joined(notice.id, found[key], own))
        self._claim(brought, key)
        return key

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

    def _open(self, key: str, portal: str) -> None:
        self._opened.append({"key": key, "portal": portal, "first_seen_at": self._at})
        self._since[key] = self._at

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


def links_of(connection: Connection, key: str) -> list[ProcedureLink]:
    """Why the notices of a procedure were brought together, in the order in which they were."""
    statement = (
        select(procedure_links)
        .where(procedure_links.c.procedure_key == key)
        .order_by(procedure_links.c.linked_at, procedure_links.c.joined_key)
    )
    return [ProcedureLink.model_validate(dict(row._mapping)) for row in connection.execute(statement)]

"""A procedure whose notices do not all belong together is taken apart, with its identifiers, reasons and hits."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from store import procedure_decisions, procedure_hits, queues
from store.database import Database, chunks
from store.procedure_decisions import BY_VIGIE, Decisions, IdentifierDecision, IdentifierVerdict
from store.procedure_identifiers import Identifier, name_among
from store.procedure_members import Parts, Picture, parts_of, ties, too_common
from store.records import Origin
from store.tables import index_queue, notices, procedure_identifiers, procedure_links, procedures

log = logging.getLogger(__name__)

MOST_AT_ONCE = 2000
"""Notices of a procedure that one transaction reads; a larger one is taken apart by a rebuild, step by step."""


class Apart(NamedTuple):
    """What taking a procedure apart did."""

    complete: bool
    """All that does not belong to it has left."""
    made: int = 0
    """New procedures."""
    removed: bool = False
    """It had no notice left and is gone."""


def take_apart(database: Database, connection: Connection, key: str, at: datetime, decisions: Decisions) -> Apart:
    """Make every group of notices that shares identifiers with none of the others a procedure of its own.

    Identifiers that nobody brings any more go. One that too many notices share is set aside first, which the operator
    is told of (`procedure_decisions`). The caller holds the lock `procedures`.
    """
    if _size(connection, key) > MOST_AT_ONCE:
        log.warning("Procedure %s has more than %s notices: only a rebuild takes it apart.", key, MOST_AT_ONCE)
        return Apart(complete=False)
    picture = Picture(key)
    picture.refresh(connection)
    return take_apart_at_most(database, connection, picture, at, decisions, most=None)


def take_apart_at_most(
    database: Database, connection: Connection, picture: Picture, at: datetime, decisions: Decisions, most: int | None
) -> Apart:
    """The same for a picture that was just refreshed, stopping after so many notices have left."""
    if not picture.members:
        return Apart(complete=True, removed=_remove(connection, picture.key))
    parts = _parts(database, connection, picture, at, decisions)
    leaving = _first(parts.leaving, most)
    named = _open(connection, picture, parts, leaving)
    if named:
        last = len(leaving) == len(parts.leaving)
        procedure_hits.split(database, connection, picture.key, named, parts.kept if last else ())
    for name, group in named.items():
        _move(connection, picture.key, name, group, parts)
    complete = len(leaving) == len(parts.leaving)
    if complete:
        _tidy(database, connection, picture.key, parts.kept, parts, at)
        for name, group in named.items():
            _tidy(database, connection, name, group, parts, at)
    return Apart(complete, made=len(named))


def procedure_names(own: str, notice_id: str) -> Iterator[str]:
    """Names that a new procedure may have, the best first; the first may still name one whose notice has left it."""
    yield own
    yield notice_id
    number = 2
    while True:
        yield f"{notice_id}~{number}"
        number += 1


def is_free(connection: Connection, key: str) -> bool:
    """Whether no procedure has this name."""
    return connection.scalar(select(procedures.c.key).where(procedures.c.key == key)) is None


def _size(connection: Connection, key: str) -> int:
    statement = select(func.count()).select_from(notices).where(notices.c.procedure_key == key)
    return connection.execute(statement).scalar_one()


def _parts(database: Database, connection: Connection, picture: Picture, at: datetime, decisions: Decisions) -> Parts:
    parts = parts_of(picture.key, picture.members, decisions)
    while common := too_common(parts.counted, decisions):
        for identifier, number in common.items():
            _set_aside(database, connection, identifier, number, at)
        decisions = Decisions(procedure_decisions.load(connection))
        parts = parts_of(picture.key, picture.members, decisions)
    return parts


def _set_aside(database: Database, connection: Connection, identifier: Identifier, number: int, at: datetime) -> None:
    decision = IdentifierDecision(
        scheme=identifier.scheme,
        value=identifier.value,
        verdict=IdentifierVerdict.REFUSED,
        reason=f"{number} notices share it, more than the {procedure_decisions.MOST_NOTICES} that one tender may have",
        by=BY_VIGIE,
        decided_at=at,
    )
    log.warning("The identifier %s %s is set aside: %s.", *identifier, decision.reason)
    procedure_decisions.write(database, connection, decision)


def _first(leaving: Sequence[tuple[str, ...]], most: int | None) -> list[tuple[str, ...]]:
    """The first groups with about so many notices together, at least one."""
    chosen: list[tuple[str, ...]] = []
    number = 0
    for group in leaving:
        if most is not None and chosen and number + len(group) > most:
            break
        chosen.append(group)
        number += len(group)
    return chosen


def _open(
    connection: Connection, picture: Picture, parts: Parts, leaving: Sequence[tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """A new procedure for each group, by its name."""
    named: dict[str, tuple[str, ...]] = {}
    rows = []
    for group in leaving:
        first = picture.members[group[0]]
        own = name_among(first.notice_id, parts.counted[first.notice_id])
        candidates = procedure_names(own, first.notice_id)
        name = next(one for one in candidates if one not in named and is_free(connection, one))
        named[name] = group
        rows.append({"key": name, "portal": first.portal, "first_seen_at": first.first_seen_at})
    if rows:
        connection.execute(procedures.insert(), rows)
    return named


def _move(connection: Connection, key: str, name: str, group: Sequence[str], parts: Parts) -> None:
    """Give a group of notices, with the identifiers they bring, to their new procedure."""
    for ids in chunks(group):
        moved = update(notices).where(notices.c.id.in_(ids)).values(procedure_key=name)
        rows = connection.execute(moved.returning(notices.c.id, notices.c.version)).all()
        queues.append(connection, index_queue, [(row.id, row.version, Origin.REPLAY) for row in rows])
    table = procedure_identifiers
    brought = dict.fromkeys(identifier for id_ in group for identifier in parts.counted[id_])
    for scheme, values in _by_scheme(brought).items():
        for some in chunks(values):
            claimed = (table.c.procedure_key == key, table.c.scheme == scheme, table.c.value.in_(some))
            connection.execute(update(table).where(*claimed).values(procedure_key=name))


def _tidy(
    database: Database, connection: Connection, name: str, group: Sequence[str], parts: Parts, at: datetime
) -> None:
    """Make the identifiers and reasons of a procedure those of its notices."""
    brought = {identifier for id_ in group for identifier in parts.counted[id_]}
    claimed = set(claimed_by(connection, [name]).get(name, ()))
    for scheme, values in _by_scheme(claimed - brought).items():
        for some in chunks(values):
            table = procedure_identifiers.c
            stale = (table.procedure_key == name, table.scheme == scheme, table.value.in_(some))
            connection.execute(delete(procedure_identifiers).where(*stale))
    fresh = [{"scheme": one.scheme, "value": one.value, "procedure_key": name} for one in sorted(brought - claimed)]
    if fresh:
        connection.execute(database.insert(procedure_identifiers).on_conflict_do_nothing(), fresh)
    _renew_reasons(database, connection, name, group, parts, at)


def _renew_reasons(
    database: Database, connection: Connection, name: str, group: Sequence[str], parts: Parts, at: datetime
) -> None:
    table = procedure_links
    wanted = ties(parts.counted, group, name)
    known = {
        row.joined_key
        for row in connection.execute(select(table).where(table.c.procedure_key == name))
        if row.joined_key in wanted
        and Identifier(row.scheme, row.value) in parts.counted.get(row.notice_id, ())
        and row.notice_id in group
    }
    held = select(table.c.joined_key).where(table.c.procedure_key == name)
    for some in chunks(set(connection.scalars(held)) - known):
        connection.execute(delete(table).where(table.c.procedure_key == name, table.c.joined_key.in_(some)))
    missing = [
        {
            "procedure_key": name,
            "joined_key": joined,
            "notice_id": notice_id,
            "scheme": identifier.scheme,
            "value": identifier.value,
            "linked_at": at,
        }
        for joined, (notice_id, identifier) in wanted.items()
        if joined not in known
    ]
    if missing:
        connection.execute(database.insert(table).on_conflict_do_nothing(), missing)


def claimed_by(connection: Connection, keys: Sequence[str]) -> dict[str, list[Identifier]]:
    """The identifiers that lead to these procedures."""
    table = procedure_identifiers.c
    found: dict[str, list[Identifier]] = {}
    for some in chunks(keys):
        for row in connection.execute(select(procedure_identifiers).where(table.procedure_key.in_(some))):
            found.setdefault(row.procedure_key, []).append(Identifier(row.scheme, row.value))
    return found


def _remove(connection: Connection, key: str) -> bool:
    """A procedure without notices goes, with what leads to it."""
    for table in (procedure_identifiers, procedure_links):
        connection.execute(delete(table).where(table.c.procedure_key == key))
    return connection.execute(delete(procedures).where(procedures.c.key == key)).rowcount > 0


def _by_scheme(identifiers: Mapping[Identifier, None] | set[Identifier]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for identifier in identifiers:
        found.setdefault(identifier.scheme, []).append(identifier.value)
    return found

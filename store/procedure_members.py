"""The notices of procedures with the identifiers that they bring, and how they fall into groups that share some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, func, select

from store import procedure_decisions
from store.database import chunks
from store.ordering import OrderKey, order_key
from store.procedure_decisions import Decisions
from store.procedure_identifiers import Brought, Identifier, brought_by_text, name_among, together
from store.tables import notice_versions, notices

_PAGE = 100
"""Notices whose versions are read at a time."""


class Member(NamedTuple):
    """A notice of a procedure."""

    notice_id: str
    portal: str
    first_seen_at: datetime
    state: tuple[int, int, int]
    """Current version, highest version, how often any was read again: as long as it is the same, so is `brought`."""
    brought: tuple[Identifier, ...] = ()


def brought_of(connection: Connection, notice_ids: Iterable[str]) -> dict[str, tuple[Identifier, ...]]:
    """What stored notices bring, from all their versions."""
    table = notice_versions.c
    columns = (table.notice_id, table.version, table.published_at, table.notice_version, table.notice)
    found: dict[str, tuple[Identifier, ...]] = {}
    for ids in chunks(notice_ids, _PAGE):
        versions: dict[str, list[tuple[OrderKey, int, Brought]]] = {}
        for row in connection.execute(select(*columns).where(table.notice_id.in_(ids))):
            order = order_key(row.published_at, row.notice_version)
            version = (order, row.version, brought_by_text(row.notice_id, row.notice))
            versions.setdefault(row.notice_id, []).append(version)
        for notice_id, some in versions.items():
            newest_first = sorted(some, key=lambda one: one[:2], reverse=True)
            found[notice_id] = together(notice_id, [version for _, _, version in newest_first])
    return found


def members_of(connection: Connection, keys: Iterable[str]) -> dict[str, list[Member]]:
    """The notices of procedures, by procedure, without what they bring."""
    found: dict[str, list[Member]] = {}
    for some in chunks(keys):
        for row in connection.execute(_states().where(notices.c.procedure_key.in_(some))):
            state = (row.version, row.last_version, row.readings)
            found.setdefault(row.procedure_key, []).append(Member(row.id, row.portal, row.first_seen_at, state))
    return found


def _states() -> Select[tuple[str, str, datetime, str, int, int, int]]:
    readings = func.coalesce(func.sum(notice_versions.c.revision), 0).label("readings")
    own = (notices.c.id, notices.c.portal, notices.c.first_seen_at, notices.c.procedure_key)
    numbers = (notices.c.version, notices.c.last_version)
    joined = and_(notice_versions.c.notice_id == notices.c.id)
    return select(*own, *numbers, readings).join_from(notices, notice_versions, joined).group_by(*own, *numbers)


class Picture:
    """What the notices of one procedure bring, kept up to date between transactions."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.members: dict[str, Member] = {}

    def refresh(self, connection: Connection, most: int | None = None) -> bool:
        """Read what is new or changed, at most so many notices; whether nothing is left to be read."""
        there = {one.notice_id: one for one in members_of(connection, [self.key]).get(self.key, ())}
        known = {id_: one for id_, one in self.members.items() if id_ in there and there[id_].state == one.state}
        wanted = [id_ for id_ in there if id_ not in known]
        now = wanted if most is None else wanted[:most]
        brought = brought_of(connection, now)
        self.members = known | {id_: there[id_]._replace(brought=brought.get(id_, ())) for id_ in now}
        return len(now) == len(wanted)


class Parts(NamedTuple):
    """How the notices of a procedure belong together."""

    counted: dict[str, tuple[Identifier, ...]]
    """By notice: the identifiers that count."""
    kept: tuple[str, ...]
    """The notices that keep the procedure."""
    leaving: tuple[tuple[str, ...], ...]
    """Those that are procedures of their own, by procedure; in every group the notice that was seen first comes first.
    """


def parts_of(key: str, members: Mapping[str, Member], decisions: Decisions) -> Parts:
    """The groups of notices that share identifiers.

    The group that brings the key of the procedure keeps it, else the one with the notice that was seen first: what
    people know of the procedure stays where its name says.
    """
    counted = {id_: decisions.counted(id_, one.brought) for id_, one in members.items()}
    groups = [_by_age(group, members) for group in components(counted)]
    groups.sort(key=lambda group: (not any(_names(key, counted[id_], id_) for id_ in group), _age(members[group[0]])))
    return Parts(counted, groups[0] if groups else (), tuple(groups[1:]))


def too_common(counted: Mapping[str, Sequence[Identifier]], decisions: Decisions) -> dict[Identifier, int]:
    """Identifiers that more notices share than one tender has, with how many."""
    numbers = Counter(identifier for brought in counted.values() for identifier in brought)
    most = procedure_decisions.MOST_NOTICES
    return {one: number for one, number in numbers.items() if number > most and not decisions.allows(one)}


def components(brought: Mapping[str, Sequence[Identifier]]) -> list[list[str]]:
    """Groups of notices that are tied by identifiers, directly or over others."""
    above = {notice_id: notice_id for notice_id in brought}

    def top(notice_id: str) -> str:
        while above[notice_id] != notice_id:
            above[notice_id] = above[above[notice_id]]
            notice_id = above[notice_id]
        return notice_id

    first: dict[Identifier, str] = {}
    for notice_id, identifiers in brought.items():
        for identifier in identifiers:
            above[top(notice_id)] = top(first.setdefault(identifier, notice_id))
    groups: dict[str, list[str]] = {}
    for notice_id in brought:
        groups.setdefault(top(notice_id), []).append(notice_id)
    return list(groups.values())


def ties(
    counted: Mapping[str, Sequence[Identifier]], group: Sequence[str], name: str
) -> dict[str, tuple[str, Identifier]]:
    """Why notices with another procedure key of their own belong to this group: a notice, an identifier, by key."""
    holders: dict[Identifier, set[str]] = {}
    own = {id_: name_among(id_, counted[id_]) for id_ in group}
    for id_ in group:
        for identifier in counted[id_]:
            holders.setdefault(identifier, set()).add(own[id_])
    found: dict[str, tuple[str, Identifier]] = {}
    for id_ in group:
        shared = next((one for one in counted[id_] if len(holders[one]) > 1), None)
        if own[id_] != name and own[id_] not in found and shared is not None:
            found[own[id_]] = (id_, shared)
    return found


def _by_age(group: Sequence[str], members: Mapping[str, Member]) -> tuple[str, ...]:
    return tuple(sorted(group, key=lambda id_: _age(members[id_])))


def _age(member: Member) -> tuple[datetime, str]:
    return member.first_seen_at, member.notice_id


def _names(key: str, identifiers: Sequence[Identifier], notice_id: str) -> bool:
    return name_among(notice_id, identifiers) == key

"""What becomes of hits when two procedures are one, or one is two: nobody is told twice, and nobody misses news."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Executable, delete, exists, func, select, update

from store import queues
from store.database import Database, chunks
from store.records import HitKind, Origin, ProfileState
from store.tables import hits, match_queue, meta, notices, profiles

_BEFORE = "followers-before-split:"
"""Begin of the keys of `store.meta` under which it stands who followed a procedure before it was taken apart."""


class _Sides(NamedTuple):
    """Profiles with hits on the one and on the other procedure: how many of their hits a digest has told."""

    old: dict[str, int]
    new: dict[str, int]


def merge(database: Database, connection: Connection, old: str, new: str) -> None:
    """Give the hits of a procedure to another one, before its notices are moved.

    - A profile that was told of one of the two and waits to be told of the other: what waits is matched again, now as
      what comes later in a procedure that is known.
    - A first hit on the second procedure becomes one among others.
    - Who follows one of the two may have missed what the other one brought: its notices are matched for them.
    """
    database.lock(connection, "hits")
    sides = _Sides(_told_by_profile(connection, old), _told_by_profile(connection, new))
    if not sides.old and not sides.new:
        return
    _match_anew(connection, old, _waiting_only(sides.old, sides.new))
    _match_anew(connection, new, _waiting_only(sides.new, sides.old))
    _match_for_followers(connection, old, new, sides)
    _move(connection, old, new)


def _told_by_profile(connection: Connection, key: str) -> dict[str, int]:
    statement = (
        select(hits.c.profile_id, func.count(hits.c.digest_id).label("told"))
        .join_from(hits, profiles, profiles.c.id == hits.c.profile_id)
        .where(hits.c.procedure_key == key, profiles.c.state == ProfileState.ACTIVE)
        .group_by(hits.c.profile_id)
    )
    return {row.profile_id: row.told for row in connection.execute(statement)}


def _waiting_only(here: dict[str, int], there: dict[str, int]) -> list[str]:
    """Profiles that no digest told of anything here, and one of something there."""
    return [profile_id for profile_id, told in here.items() if told == 0 and there.get(profile_id, 0) > 0]


def _match_anew(connection: Connection, key: str, profile_ids: list[str]) -> None:
    found: dict[tuple[str, int], None] = {}
    for some in chunks(profile_ids):
        waiting = (hits.c.procedure_key == key, hits.c.profile_id.in_(some), hits.c.digest_id.is_(None))
        gone = connection.execute(delete(hits).where(*waiting).returning(hits.c.notice_id, hits.c.version))
        found |= {(row.notice_id, row.version): None for row in gone}
    queues.append(connection, match_queue, [(*version, Origin.RELEASE) for version in sorted(found)])


def _match_for_followers(connection: Connection, old: str, new: str, sides: _Sides) -> None:
    concerned = [key for key, followers in ((old, sides.new), (new, sides.old)) if followers]
    statement = select(notices.c.id, notices.c.version).where(notices.c.procedure_key.in_(concerned))
    rows = connection.execute(statement.order_by(notices.c.changed_at, notices.c.id))
    queues.append(connection, match_queue, [(row.id, row.version, Origin.MERGED) for row in rows])


def _move(connection: Connection, old: str, new: str) -> None:
    for statement in _moving(old, new):
        connection.execute(statement)


def _moving(old: str, new: str) -> Iterator[Executable]:
    other = hits.alias()
    same = [other.c[name] == hits.c[name] for name in ("profile_id", "notice_id", "version")]
    yield delete(hits).where(hits.c.procedure_key == old, exists().where(other.c.procedure_key == new, *same))
    told = select(other.c.profile_id).where(other.c.procedure_key == new)
    again = (hits.c.procedure_key == old, hits.c.profile_id.in_(told))
    yield update(hits).where(*again).values(kind=HitKind.CHANGE)
    yield update(hits).where(hits.c.procedure_key == old).values(procedure_key=new)


def split(
    database: Database, connection: Connection, old: str, leaving: Mapping[str, Sequence[str]], kept: Sequence[str]
) -> None:
    """Give the hits on notices that leave a procedure to the procedures that they go to, by their names.

    - What was told stays told, as what it was told as: the hit goes with its notice.
    - What waits for a profile whose hits are on both sides was found in a procedure that never was: it is matched anew.
    - Who followed the procedure may not have been told of a notice that looked like a copy of another one. The notices
      on all sides are matched for them once more; `followers_before_split` tells who they are.

    The new procedures are there, and the notices are still in the old one.
    """
    database.lock(connection, "hits")
    followers = sorted(
        set(_told_by_profile(connection, old)) | followers_before_split(connection, [old]).get(old, set())
    )
    if followers:
        _match_anew(connection, old, _on_both_sides(connection, old, leaving))
        sides = [*leaving.values(), kept]
        for key in (old, *leaving):
            _remember(database, connection, key, followers)
        _match_for_those_before(connection, [notice_id for side in sides for notice_id in side])
    for key, notice_ids in leaving.items():
        for some in chunks(notice_ids):
            theirs = (hits.c.procedure_key == old, hits.c.notice_id.in_(some))
            connection.execute(update(hits).where(*theirs).values(procedure_key=key))


def followers_before_split(connection: Connection, keys: Iterable[str]) -> dict[str, set[str]]:
    """By procedure, the profiles that had hits on what it was taken from, where that happened."""
    names = {_BEFORE + key: key for key in keys}
    found = {}
    for some in chunks(names):
        for row in connection.execute(select(meta).where(meta.c.key.in_(some))):
            found[names[row.key]] = set(json.loads(row.value))
    return found


def forget_followers(connection: Connection) -> None:
    """Forget who followed procedures that were taken apart, when nothing waits to be matched for them."""
    waiting = select(match_queue.c.id).where(match_queue.c.origin == Origin.SPLIT).limit(1)
    if connection.scalar(waiting) is None:
        connection.execute(delete(meta).where(meta.c.key.startswith(_BEFORE, autoescape=True)))


def _on_both_sides(connection: Connection, old: str, leaving: Mapping[str, Sequence[str]]) -> list[str]:
    """Active profiles with hits on notices that part."""
    home = {notice_id: key for key, notice_ids in leaving.items() for notice_id in notice_ids}
    statement = (
        select(hits.c.profile_id, hits.c.notice_id)
        .join_from(hits, profiles, profiles.c.id == hits.c.profile_id)
        .where(hits.c.procedure_key == old, profiles.c.state == ProfileState.ACTIVE)
        .distinct()
    )
    sides: dict[str, set[str]] = {}
    for row in connection.execute(statement):
        sides.setdefault(row.profile_id, set()).add(home.get(row.notice_id, old))
    return sorted(profile_id for profile_id, keys in sides.items() if len(keys) > 1)


def _remember(database: Database, connection: Connection, key: str, followers: Sequence[str]) -> None:
    value = json.dumps(followers)
    statement = database.insert(meta).values(key=_BEFORE + key, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def _match_for_those_before(connection: Connection, notice_ids: Sequence[str]) -> None:
    statement = select(notices.c.id, notices.c.version, notices.c.changed_at)
    rows = [row for some in chunks(notice_ids) for row in connection.execute(statement.where(notices.c.id.in_(some)))]
    rows.sort(key=lambda row: (row.changed_at, row.id))
    queues.append(connection, match_queue, [(row.id, row.version, Origin.SPLIT) for row in rows])

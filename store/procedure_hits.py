"""What becomes of hits when two procedures are one: nobody is told of a tender twice, and nobody misses its news."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, Executable, delete, exists, func, select, update

from store import queues
from store.database import Database, chunks
from store.records import HitKind, Origin, ProfileState
from store.tables import hits, match_queue, notices, profiles


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

"""Owners and their profiles, and what changed about profiles since a revision."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, insert, or_, select, update

from core.clock import now
from store.database import Database, chunks
from store.errors import StoreError
from store.records import Forgotten, Owner, Profile, ProfileChanges, ProfileState
from store.tables import counters, hits, outbox, owners, profile_removals, profiles

COUNTER = "profiles"


class Profiles:
    """Named queries of owners; an owner is one mail address."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def owner(self, owner_id: str) -> Owner | None:
        """The owner of this id."""
        return self._owner(owners.c.id == owner_id)

    def owner_by_email(self, email: str) -> Owner | None:
        """The owner of this address; upper and lower case are the same mailbox."""
        return self._owner(owners.c.email_key == _email_key(email))

    def ensure_owner(self, email: str, language: str, zone: str, hour: int, weekdays: Sequence[int]) -> Owner:
        """The owner of this address, made with these wishes when there is none; an existing one keeps its own."""
        new = Owner(
            id=uuid.uuid4().hex,
            email=email.strip(),
            language=language,
            zone=zone,
            hour=hour,
            weekdays=tuple(weekdays),
            created_at=now(),
        )
        row = {**new.model_dump(), "weekdays": list(new.weekdays), "email_key": _email_key(email)}
        with self._database.write() as connection:
            statement = self._database.insert(owners).values(row)
            connection.execute(statement.on_conflict_do_nothing(index_elements=["email_key"]))
            found = connection.execute(select(owners).where(owners.c.email_key == _email_key(email))).one()
        return _owner_record(found)

    def update_owner(
        self,
        owner_id: str,
        *,
        language: str | None = None,
        zone: str | None = None,
        hour: int | None = None,
        weekdays: Sequence[int] | None = None,
    ) -> Owner:
        """Change what is given; `None` leaves a wish as it is."""
        wishes = {"language": language, "zone": zone, "hour": hour, "weekdays": weekdays}
        given = {key: value for key, value in wishes.items() if value is not None}
        with self._database.write() as connection:
            changed = _required_owner(connection, owner_id).model_dump() | given
            wanted = Owner.model_validate(changed)  # refuses an hour or weekday that makes no sense
            values = {"language": wanted.language, "zone": wanted.zone, "hour": wanted.hour}
            statement = update(owners).where(owners.c.id == owner_id)
            connection.execute(statement.values(**values, weekdays=list(wanted.weekdays)))
        return wanted

    def confirm_owner(self, owner_id: str, at: datetime) -> Owner:
        """The owner followed the signed link; the first confirmation is kept."""
        unconfirmed = (owners.c.id == owner_id, owners.c.confirmed_at.is_(None))
        with self._database.write() as connection:
            connection.execute(update(owners).where(*unconfirmed).values(confirmed_at=at))
            return _required_owner(connection, owner_id)

    def create(
        self, owner_id: str, name: str, query: Mapping[str, Any], state: ProfileState = ProfileState.ACTIVE
    ) -> Profile:
        """Save a query under a name."""
        at = now()
        with self._database.write() as connection:
            _required_owner(connection, owner_id)
            profile = Profile(
                id=uuid.uuid4().hex,
                owner_id=owner_id,
                name=name,
                query=dict(query),
                state=state,
                revision=self._next_revision(connection),
                created_at=at,
                changed_at=at,
            )
            connection.execute(insert(profiles).values(profile.model_dump()))
        return profile

    def update(
        self,
        profile_id: str,
        *,
        name: str | None = None,
        query: Mapping[str, Any] | None = None,
        state: ProfileState | None = None,
    ) -> Profile:
        """Change what is given; `None` leaves a part as it is."""
        changes = {"name": name, "query": None if query is None else dict(query), "state": state}
        given: dict[str, Any] = {key: value for key, value in changes.items() if value is not None}
        with self._database.write() as connection:
            revision = self._next_revision(connection)
            statement = update(profiles).where(profiles.c.id == profile_id)
            statement = statement.values(**given, revision=revision, changed_at=now())
            row = connection.execute(statement.returning(profiles)).one_or_none()
            if row is None:
                raise StoreError(f"There is no profile {profile_id}.")  # rolls the revision back too
            return _profile_record(row)

    def delete(self, profile_id: str) -> bool:
        """Delete a profile and the hits nobody was told of; False when there is none."""
        with self._database.write() as connection:
            self._database.lock(connection, "hits")
            # The counter first, as in `update`: in the other order the two wait for each other's row for ever.
            revision = self._next_revision(connection)
            if connection.execute(delete(profiles).where(profiles.c.id == profile_id)).rowcount == 0:
                return False
            connection.execute(delete(hits).where(hits.c.profile_id == profile_id, hits.c.digest_id.is_(None)))
            connection.execute(insert(profile_removals).values(profile_id=profile_id, revision=revision))
        return True

    def forget_unconfirmed(self, before: datetime) -> Forgotten:
        """Forget what nobody confirmed since before this instant, in one transaction.

        Those are profiles that wait for their owner's confirmation, and addresses that never confirmed and saved
        nothing since, with their profiles and the messages that asked them.
        """
        with self._database.write() as connection:
            self._database.lock(connection, "hits")
            revision = self._next_revision(connection)
            strangers = connection.scalars(_never_confirmed(before)).all()
            stale = list(connection.scalars(_stale_profiles(before)))
            for some in chunks(stale):
                connection.execute(delete(hits).where(hits.c.profile_id.in_(some)))
                connection.execute(delete(profiles).where(profiles.c.id.in_(some)))
            if stale:
                removed = [{"profile_id": profile_id, "revision": revision} for profile_id in stale]
                connection.execute(insert(profile_removals), removed)
            for some in chunks(strangers):
                connection.execute(delete(outbox).where(outbox.c.owner_id.in_(some)))
                connection.execute(delete(owners).where(owners.c.id.in_(some)))
        return Forgotten(owners=len(strangers), profiles=len(stale))

    def get(self, profile_id: str) -> Profile | None:
        """One profile in any state."""
        return next(iter(self._fetch(select(profiles).where(profiles.c.id == profile_id))), None)

    def of_owner(self, owner_id: str) -> list[Profile]:
        """An owner's profiles, oldest first."""
        ordered = select(profiles).order_by(profiles.c.created_at, profiles.c.id)
        return self._fetch(ordered.where(profiles.c.owner_id == owner_id))

    def changed_since(self, revision: int) -> ProfileChanges:
        """What to put into and remove from a matcher that has seen everything up to `revision` (0: nothing).

        `put` holds active profiles; deleted, paused and unsubscribed ones are in `removed`. The counter's row is locked
        until its transaction ends, so nothing can commit later under a number that was handed out before.
        """
        with self._database.read() as connection:
            seen = connection.scalar(select(counters.c.value).where(counters.c.name == COUNTER)) or 0
            ordered = select(profiles).where(profiles.c.revision > revision).order_by(profiles.c.revision)
            found = [_profile_record(row) for row in connection.execute(ordered)]
            gone = select(profile_removals.c.profile_id).where(profile_removals.c.revision > revision)
            deleted = connection.scalars(gone.order_by(profile_removals.c.revision)).all()
        put = tuple(profile for profile in found if profile.state is ProfileState.ACTIVE)
        stopped = (profile.id for profile in found if profile.state is not ProfileState.ACTIVE)
        return ProfileChanges(revision=seen, put=put, removed=(*deleted, *stopped))

    def count(self) -> int:
        """Profiles in any state."""
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(profiles)).scalar_one()

    def _next_revision(self, connection: Connection) -> int:
        statement = self._database.insert(counters).values(name=COUNTER, value=1)
        counted = statement.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
        return int(connection.execute(counted.returning(counters.c.value)).scalar_one())

    def _owner(self, condition: ColumnElement[bool]) -> Owner | None:
        with self._database.read() as connection:
            row = connection.execute(select(owners).where(condition)).one_or_none()
        return None if row is None else _owner_record(row)

    def _fetch(self, statement: Select[Any]) -> list[Profile]:
        with self._database.read() as connection:
            return [_profile_record(row) for row in connection.execute(statement)]


def _never_confirmed(before: datetime) -> Select[Any]:
    recent = select(profiles.c.owner_id).where(profiles.c.created_at >= before)
    old = (owners.c.confirmed_at.is_(None), owners.c.created_at < before)
    return select(owners.c.id).where(*old, owners.c.id.not_in(recent))


def _stale_profiles(before: datetime) -> Select[Any]:
    waiting = and_(profiles.c.state == ProfileState.WAITING, profiles.c.created_at < before)
    return select(profiles.c.id).where(or_(waiting, profiles.c.owner_id.in_(_never_confirmed(before))))


def _email_key(email: str) -> str:
    return email.strip().lower()


def _required_owner(connection: Connection, owner_id: str) -> Owner:
    row = connection.execute(select(owners).where(owners.c.id == owner_id)).one_or_none()
    if row is None:
        raise StoreError(f"There is no owner {owner_id}.")
    return _owner_record(row)


def _owner_record(row: Row[Any]) -> Owner:
    return Owner.model_validate({key: value for key, value in row._mapping.items() if key != "email_key"})


def _profile_record(row: Row[Any]) -> Profile:
    return Profile.model_validate(dict(row._mapping))

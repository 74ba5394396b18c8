"""Incidents, from their opening to their end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, insert, select, update

from core.clock import now
from store.database import Database
from store.records import Incident
from store.tables import incidents


class Incidents:
    """At most one incident of a kind is open per portal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, portal: str | None, kind: str, message: str, details: Mapping[str, Any] | None = None) -> Incident:
        """Open an incident, or bring the open one of the same portal and kind up to date."""
        at = now()
        told = {"message": message, "details": dict(details or {}), "last_seen_at": at}
        with self._database.write() as connection:
            self._database.lock(connection, "incidents")
            current = update(incidents).where(*_current(portal, kind)).values(told).returning(incidents)
            row = connection.execute(current).one_or_none()
            if row is None:
                new = insert(incidents).values(portal=portal, kind=kind, opened_at=at, **told).returning(incidents)
                row = connection.execute(new).one()
            return _record(row)

    def close(self, portal: str | None, kind: str) -> Incident | None:
        """Close the open incident; `None` when none is open."""
        ended = update(incidents).where(*_current(portal, kind)).values(closed_at=now()).returning(incidents)
        with self._database.write() as connection:
            row = connection.execute(ended).one_or_none()
            return None if row is None else _record(row)

    def current(self) -> list[Incident]:
        """Open incidents, oldest first."""
        return self._fetch(select(incidents).where(incidents.c.closed_at.is_(None)).order_by(incidents.c.id))

    def recent(self, limit: int = 50) -> list[Incident]:
        """The last incidents, open or closed, newest first."""
        return self._fetch(select(incidents).order_by(incidents.c.id.desc()).limit(limit))

    def _fetch(self, statement: Select[Any]) -> list[Incident]:
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(statement)]


def _current(portal: str | None, kind: str) -> tuple[ColumnElement[bool], ...]:
    return (
        incidents.c.portal.is_not_distinct_from(portal),
        incidents.c.kind == kind,
        incidents.c.closed_at.is_(None),
    )


def _record(row: Row[Any]) -> Incident:
    return Incident.model_validate(dict(row._mapping))

"""Crawled windows with their verdicts, and the days that complete ones cover."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select

from store.database import Database
from store.records import Coverage, Verdict, WindowRecord
from store.tables import windows

DAYS = "days"
OPEN = "open"


class Windows:
    """Every attempt at every window; the latest attempt is the verdict that holds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, window: WindowRecord) -> WindowRecord:
        """Add an attempt; `attempts` of the answer counts those at the same portal, scope and bounds."""
        with self._database.write() as connection:
            self._database.lock(connection, f"windows:{window.portal}")
            numbered = window.model_copy(update={"attempts": _attempts(connection, window) + 1})
            connection.execute(insert(windows).values(numbered.model_dump()))
        return numbered

    def incomplete(self, portal: str) -> list[WindowRecord]:
        """The windows whose latest verdict is not complete, oldest days first."""
        statement = _latest(portal).where(windows.c.verdict != Verdict.COMPLETE)
        return self._fetch(statement.order_by(windows.c.start, windows.c.end, windows.c.id))

    def last_complete_day(self, portal: str) -> date | None:
        """The last day that a complete window covers.

        That day may have gone on after its window was read, so catching up starts with it, not after it.
        """
        ends = _latest(portal).where(windows.c.verdict == Verdict.COMPLETE, windows.c.scope == DAYS).subquery()
        with self._database.read() as connection:
            end: date | None = connection.scalar(select(func.max(ends.c.end)))
        return None if end is None else end - timedelta(days=1)

    def coverage(self, portal: str, start: date, end: date) -> Coverage:
        """Which days of `[start, end)` complete windows cover."""
        statement = _latest(portal).where(
            windows.c.verdict == Verdict.COMPLETE,
            windows.c.scope == DAYS,
            windows.c.start < end,
            windows.c.end > start,
        )
        covered = {day for window in self._fetch(statement) for day in _window_days(window, start, end)}
        return _coverage(portal, start, end, covered)

    def open_coverage(self, portal: str, start: date, end: date, zone: tzinfo) -> Coverage:
        """On which days of `[start, end)`, in the portal's zone, everything that was open was read completely.

        For a portal that cannot be asked for publication days: what was published and open on such a day was seen.
        """
        first, last = (datetime.combine(day, time(), zone) for day in (start, end))
        statement = select(windows).where(
            windows.c.portal == portal,
            windows.c.scope == OPEN,
            windows.c.verdict == Verdict.COMPLETE,
            windows.c.ended_at >= first,
            windows.c.ended_at < last,
        )
        return _coverage(portal, start, end, {item.ended_at.astimezone(zone).date() for item in self._fetch(statement)})

    def recent(self, portal: str | None = None, limit: int = 50) -> list[WindowRecord]:
        """The last attempts, newest first."""
        statement = select(windows).order_by(windows.c.id.desc()).limit(limit)
        return self._fetch(statement if portal is None else statement.where(windows.c.portal == portal))

    def latest_open(self, portal: str) -> WindowRecord | None:
        """The last attempt at what is open now."""
        statement = select(windows).where(windows.c.portal == portal, windows.c.scope == OPEN)
        return next(iter(self._fetch(statement.order_by(windows.c.id.desc()).limit(1))), None)

    def _fetch(self, statement: Select[Any]) -> list[WindowRecord]:
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(statement)]


def _coverage(portal: str, start: date, end: date, covered: set[date]) -> Coverage:
    asked = _days(start, end)
    missing = tuple(day for day in asked if day not in covered)
    return Coverage(
        portal=portal,
        start=start,
        end=end,
        covered_days=len(asked) - len(missing),
        total_days=len(asked),
        missing=missing,
    )


def _latest(portal: str) -> Select[Any]:
    """The last attempt at each window of a portal; rows are numbered in the order of the attempts."""
    last = (
        select(func.max(windows.c.id))
        .where(windows.c.portal == portal)
        .group_by(windows.c.scope, windows.c.start, windows.c.end)
    )
    return select(windows).where(windows.c.id.in_(last))


def _attempts(connection: Connection, window: WindowRecord) -> int:
    same: Iterable[ColumnElement[bool]] = (
        windows.c.portal == window.portal,
        windows.c.scope == window.scope,
        windows.c.start.is_not_distinct_from(window.start),
        windows.c.end.is_not_distinct_from(window.end),
    )
    return connection.execute(select(func.count()).select_from(windows).where(*same)).scalar_one()


def _window_days(window: WindowRecord, start: date, end: date) -> list[date]:
    if window.start is None or window.end is None:
        return []
    return _days(max(window.start, start), min(window.end, end))


def _days(start: date, end: date) -> list[date]:
    return [start + timedelta(days=number) for number in range((end - start).days)]


def _record(row: Row[Any]) -> WindowRecord:
    return WindowRecord.model_validate({key: value for key, value in row._mapping.items() if key != "id"})

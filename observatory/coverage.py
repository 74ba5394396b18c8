"""Which days of a query's period are really covered, per portal: the denominator of every count."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.queries import portals_of
from crawlers import portals
from pipelines import coverage
from search.query import NoticeQuery
from store import Store
from store.records import Coverage

DAYS = 90
"""Days looked at when a query names no publication days: the depth of the first crawl."""
_LONGEST = 1100


def of_query(store: Store, query: NoticeQuery, now: datetime) -> tuple[Coverage, ...]:
    """Coverage per portal of the publication days a query names, today included; the last 90 days when it names none.

    Days to come are not counted, and of a longer period only the last three years are looked at.
    """
    return tuple(_of_portal(store, key, query, now) for key in portals_of(query, store.runs.portals()))


def _of_portal(store: Store, key: str, query: NoticeQuery, now: datetime) -> Coverage:
    today = portals.load(key).today(now)
    end = today + timedelta(days=1)
    start = end - timedelta(days=DAYS)
    if asked := query.published:
        end = min(end, asked.to + timedelta(days=1)) if asked.to else end
        start = end - timedelta(days=asked.last_days) if asked.last_days else asked.from_ or min(start, end)
    start = max(min(start, end), end - timedelta(days=_LONGEST))
    return coverage.of_days(store, key, start, end)

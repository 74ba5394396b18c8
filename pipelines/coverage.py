"""Which days of a portal are covered: the denominator of every count over a period."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from crawlers import portals

if TYPE_CHECKING:
    from store import Store
    from store.records import Coverage


def of_days(store: Store, key: str, start: date, end: date) -> Coverage:
    """The covered days of `[start, end)`, on the portal's calendar.

    A portal that can be asked for publication days covers a day when its window was complete; one that only shows what
    is open covers a day on which that was read completely.
    """
    portal = portals.load(key)
    if "days" in portal.scopes:
        return store.windows.coverage(key, start, end)
    return store.windows.open_coverage(key, start, end, portal.clock)

"""When a portal should have been crawled, by its own `portal.yml`."""

from __future__ import annotations

from datetime import datetime, timedelta

from crawlers.portals import Portal

LENIENCE = timedelta(hours=2)
"""How late a crawl may end before its portal counts as silent: a slow crawl of a busy day takes more than one hour."""
MISSED = 2
"""Planned crawls that pass without success before a portal counts as silent."""


def planned(portal: Portal, since: datetime, until: datetime) -> list[datetime]:
    """The crawls of the portal's calendar in `(since, until]`, closed hours left out, oldest first."""
    zone = portal.clock
    day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    found = []
    while day <= last:
        for at in sorted(portal.calendar.hours):
            instant = datetime.combine(day, at, tzinfo=zone)
            if since < instant <= until and portal.closed_at(instant) is None:
                found.append(instant)
        day += timedelta(days=1)
    return found


def silent_since(portal: Portal, last_success: datetime, now: datetime) -> datetime | None:
    """The first planned crawl that should have succeeded and did not, when `MISSED` of them passed; else None."""
    missed = planned(portal, last_success, now - LENIENCE)
    return missed[0] if len(missed) >= MISSED else None

"""When an owner's digest is due: at their hour, on their weekdays, in their zone.

A digest belongs to a local date, which is its key: a clock that goes back shows the hour twice and sends once, an hour
that a spring night skips is reached at the next one. An hour that was missed because nothing ran is caught up the same
day, and for `CATCH_UP` after midnight: a late hour would otherwise wait for the next working day. In normal operation a
match that is found after the hour waits for the next one, as the owner chose the hour.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, ValidationError

from notices.model import Frozen
from store import Store
from store.records import Owner

META_KEY = "alerts.digest-passes"
LONGEST_GAP = timedelta(minutes=90)
"""A longer silence between two passes means that nothing ran."""
CATCH_UP = timedelta(hours=12)
"""How long after an hour of the day before a digest that nothing built is still built."""
GRACE = timedelta(hours=1)
"""What is found this long after the hour (or after the restart that catches it up) still goes today."""


class Passes(Frozen):
    """The last time digests were looked after, and since when that has been going on without a gap."""

    last: AwareDatetime
    since: AwareDatetime


class Due(Frozen):
    """A digest that has come due."""

    key: str
    at: AwareDatetime
    latest_hit: AwareDatetime
    """At least one hit must have been found by then; later ones go along."""


def due(owner: Owner, now: datetime, running_since: datetime) -> Due | None:
    """The digest that is due for this owner at `now`, whether or not it was built already."""
    local = now.astimezone(ZoneInfo(owner.zone))
    if local.weekday() in owner.weekdays and local.hour >= owner.hour:
        return _due_on(owner, local.date(), now, running_since)
    return _missed_yesterday(owner, local.date() - timedelta(days=1), now, running_since)


def _missed_yesterday(owner: Owner, day: date, now: datetime, running_since: datetime) -> Due | None:
    """The digest of the day before, when nothing ran at its hour and the address was confirmed by then."""
    if day.weekday() not in owner.weekdays or owner.confirmed_at is None:
        return None
    found = _due_on(owner, day, now, running_since)
    nothing_ran = found.at < running_since <= now <= found.at + CATCH_UP
    return found if nothing_ran and owner.confirmed_at <= found.at else None


def _due_on(owner: Owner, day: date, now: datetime, running_since: datetime) -> Due:
    at = hour_of(owner, day)
    opened = max(at, running_since) if running_since <= now else at
    return Due(key=day.isoformat(), at=at, latest_hit=opened + GRACE)


def hour_of(owner: Owner, day: date) -> datetime:
    """The instant of the owner's hour on a local day; one that the clock skips is the first instant after the gap."""
    zone = ZoneInfo(owner.zone)
    wall = datetime.combine(day, time(owner.hour), tzinfo=zone)
    return wall.astimezone(UTC)


def note_pass(store: Store, now: datetime) -> Passes:
    """Write down that digests are being looked after at `now`."""
    before = _read(store.meta.get(META_KEY))
    gap = before is None or now - before.last > LONGEST_GAP
    passes = Passes(last=now, since=now if before is None or gap else min(before.since, now))
    store.meta.set(META_KEY, passes.model_dump_json())
    return passes


def _read(text: str | None) -> Passes | None:
    if text is None:
        return None
    try:
        return Passes.model_validate(json.loads(text))
    except (ValueError, ValidationError):
        return None

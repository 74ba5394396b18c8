"""When an owner's digest is due: at their hour, on their weekdays, in their zone.

A digest belongs to a local date, which is its key: a clock that goes back shows the hour twice and sends once, an hour
that a spring night skips is reached at the next one. An hour that was missed because nothing ran is caught up the same
day. In normal operation a match that is found after the hour waits for the next one, as the owner chose the hour.
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
    if local.weekday() not in owner.weekdays or local.hour < owner.hour:
        return None
    at = hour_of(owner, local.date())
    opened = max(at, running_since) if running_since <= now else at
    return Due(key=local.date().isoformat(), at=at, latest_hit=opened + GRACE)


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

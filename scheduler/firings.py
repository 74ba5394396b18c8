"""When a job is due, and that each due moment is fired once.

A due moment is known by its wall clock time in the job's zone: when clocks go back, 02:30 comes twice and is one
moment; when they go forward, APScheduler moves the moment to the next one that exists.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

LOOK_BACK = timedelta(days=8)
"""How far back a missed moment is looked for; every calendar has one within a week."""


class Firings(Protocol):
    """The part of the store that remembers what was fired."""

    def claim(self, job: str, due_at: datetime) -> bool:
        """True for the first who claims this moment."""

    def last(self, job: str) -> datetime | None:
        """The latest moment claimed."""


def cron(expression: str, zone: str) -> CronTrigger:
    """A trigger from the five fields of a crontab line, in a named zone (never the machine's own)."""
    return CronTrigger.from_crontab(expression, timezone=ZoneInfo(zone))


def last_due(triggers: Sequence[CronTrigger], now: datetime) -> datetime | None:
    """The latest moment at or before `now` at which one of the triggers was due, in UTC; None if none was in 8 days."""
    return max((due for trigger in triggers if (due := _last_due(trigger, now)) is not None), default=None)


def _last_due(trigger: CronTrigger, now: datetime) -> datetime | None:
    for back in (timedelta(hours=2), timedelta(days=1), LOOK_BACK):
        found, moment = None, trigger.get_next_fire_time(None, now - back)
        while moment is not None and moment <= now:
            found = moment
            # from UTC, as arithmetic on a local time forgets which of two equal hours it was in
            moment = trigger.get_next_fire_time(None, moment.astimezone(UTC) + timedelta(seconds=1))
        if found is not None:
            return _wall(found, trigger)
    return None


def _wall(moment: datetime, trigger: CronTrigger) -> datetime:
    """The first of the two instants that share this wall clock time."""
    return moment.astimezone(trigger.timezone).replace(fold=0).astimezone(UTC)


class Once:
    """Runs an action for a due moment unless somebody else already has."""

    def __init__(self, firings: Firings, job: str, triggers: Sequence[CronTrigger], action: Callable[[], None]) -> None:
        self._firings = firings
        self._job = job
        self._triggers = triggers
        self._action = action

    def fire(self, now: datetime) -> bool:
        """Run the action if the latest due moment has not been fired yet; says whether it ran.

        Called at every due moment and once at start, so that what was missed while the machine was off is caught up
        once, however many moments have passed.
        """
        due = last_due(self._triggers, now)
        if due is None or not self._firings.claim(self._job, due):
            return False
        self._action()
        return True

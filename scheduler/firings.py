"""When a job is due, and that each due moment is fired once.

A due moment is known by its wall clock time in the job's zone: when clocks go back, 02:30 comes twice and is one
moment; when they go forward, APScheduler moves the moment to the next one that exists.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

LOOK_BACK = timedelta(days=8)
"""How far back a missed moment is looked for; every calendar has one within a week."""


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
    """Fires each due moment once, whoever else fires."""

    def __init__(self, triggers: Sequence[CronTrigger], fire: Callable[[datetime], bool]) -> None:
        """`fire` claims a due moment and does what is due; False when somebody else has claimed it."""
        self._triggers = triggers
        self._fire = fire

    def fire(self, now: datetime) -> bool:
        """Fire the latest due moment if nobody has; says whether that was done here.

        Called at every due moment and once at start, so that what was missed while the machine was off is caught up
        once, however many moments have passed.
        """
        due = last_due(self._triggers, now)
        return due is not None and self._fire(due)

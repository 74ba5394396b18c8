"""What the scheduler fires, and when: crawls by each portal's calendar, digests at the owners' hours, the watch.

APScheduler only triggers; the jobs' own logic lives in `pipelines`, `alerts` and `monitoring`. Zones are always named.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, date, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from alerts import digests, profiles
from core import clock
from core.settings import Settings
from crawlers import portals
from crawlers.portals import Portal
from monitoring import incidents
from pipelines import backfill
from scheduler.firings import Once, cron
from scheduler.lanes import Lane, Room
from store import Store
from store.records import RunPurpose, RunRecord, RunState

log = logging.getLogger(__name__)

GRACE = int(timedelta(hours=6).total_seconds())
"""Seconds a trigger may be late; APScheduler's default of one second would lose a run to a short stall."""
LOST_AFTER = timedelta(minutes=30)
"""A run whose process has not been heard of for so long is lost."""


class Jobs:
    """The jobs of one scheduler process."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        room = Room(settings.crawl.at_once)
        self.lanes = {key: Lane(key, self._missing_days(key), room) for key in portals.enabled(settings)}
        self._catch_ups: list[Once] = []
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE}
        )

    def start(self) -> None:
        """Begin to fire, after catching up once on what was missed while nothing ran."""
        for key, lane in self.lanes.items():
            self._add_crawls(portals.load(key), lane)
            lane.start()
        self._add("digests", "* * * * *", self._digests)
        self._add("watch", "*/5 * * * *", self._watch)
        self._add("backfill", "20 3 * * *", self._retry_backfill)
        self._add("forget", "40 3 * * *", self._forget)
        self._watch()
        self._forget()  # a machine that is off every night forgets as well
        for once in self._catch_ups:
            once.fire(clock.now())
        for key, lane in self.lanes.items():
            if unfinished(self._store.runs.recent(key)):
                lane.request()
        self._scheduler.start()

    def stop(self) -> None:
        """Stop firing and end running crawls."""
        self._scheduler.shutdown(wait=False)
        for lane in self.lanes.values():
            lane.tell_to_stop()
        for lane in self.lanes.values():
            lane.stop()

    def _add_crawls(self, portal: Portal, lane: Lane) -> None:
        triggers = crawl_triggers(portal, demo=self._settings.demo)
        once = Once(self._store.firings, f"crawl:{portal.key}", triggers, lane.request)
        self._catch_ups.append(once)
        for number, trigger in enumerate(triggers):
            self._scheduler.add_job(lambda: once.fire(clock.now()), trigger, id=f"crawl:{portal.key}:{number}")

    def _add(self, name: str, expression: str, action: Callable[[], object]) -> None:
        self._scheduler.add_job(action, cron(expression, "UTC"), id=name)

    def _digests(self) -> None:
        built = digests.build_due(self._store, self._settings, clock.now())
        if built:
            log.info("%s digests built", len(built))

    def _watch(self) -> None:
        for run in self._store.runs.mark_lost(LOST_AFTER):
            incidents.judge(self._store, run)
        incidents.watch(self._store, portals=tuple(self.lanes), now=clock.now())

    def _forget(self) -> None:
        gone = profiles.forget_unconfirmed(self._store, clock.now())
        if gone.profiles or gone.owners:
            log.info("Never confirmed and forgotten: %s alerts, %s addresses", gone.profiles, gone.owners)

    def _retry_backfill(self) -> None:
        for lane in self.lanes.values():
            lane.retry_backfill()

    def _missing_days(self, key: str) -> Callable[[], tuple[date, ...]]:
        portal = portals.load(key)

        def missing() -> tuple[date, ...]:
            today = portal.today(clock.now())
            if "days" not in portal.scopes:
                return ()  # its past cannot be asked for
            if self._store.runs.latest(key) is None:
                return ()  # the first crawl of what is open now goes first
            start = today - timedelta(days=self._settings.crawl.backfill_days)
            start = min(start, backfill.planned(self._store, key) or start)
            return self._store.windows.coverage(key, start, today).missing

        return missing


def unfinished(runs: Sequence[RunRecord]) -> bool:
    """Whether the last regular crawl (newest first) was stopped or broke before its end, and is to be done again now.

    A regular crawl ends with the run of the last days; its due moment was claimed when it began.
    """
    regular = (run for run in runs if run.purpose in (RunPurpose.OPEN, RunPurpose.WINDOW))
    last = next(regular, None)
    return last is not None and not (last.purpose is RunPurpose.WINDOW and last.state is RunState.FINISHED)


def crawl_triggers(portal: Portal, *, demo: bool) -> Sequence[CronTrigger]:
    """When a portal is crawled: by its calendar, in its zone; every minute in the demonstration."""
    if demo:
        return (cron("* * * * *", portal.zone),)
    return tuple(cron(f"{at.minute} {at.hour} * * *", portal.zone) for at in portal.calendar.hours)

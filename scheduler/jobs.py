"""What the scheduler fires, and when: crawls by each portal's calendar, digests at the owners' hours, the watch.

APScheduler only triggers; who does the work is the dispatch's affair, and the jobs' own logic lives in `pipelines`,
`alerts` and `monitoring`. Zones are always named.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from core import clock
from core.settings import Settings
from crawlers import portals
from crawlers.portals import Portal
from scheduler.dispatch import Dispatch
from scheduler.firings import Once, cron
from scheduler.orders import Kind, Order
from store import Store
from store.records import RunPurpose, RunRecord, RunState

GRACE = int(timedelta(hours=6).total_seconds())
"""Seconds a trigger may be late; APScheduler's default of one second would lose a run to a short stall."""
CHORES = (
    ("digests", "* * * * *", Order(kind=Kind.DIGESTS)),
    ("watch", "*/5 * * * *", Order(kind=Kind.WATCH)),
    ("forget", "40 3 * * *", Order(kind=Kind.FORGET)),
    ("check matching", "10 4 * * *", Order(kind=Kind.CHECK_MATCHING)),
)


class Jobs:
    """The jobs of one scheduler process."""

    def __init__(self, settings: Settings, store: Store, dispatch: Dispatch) -> None:
        self._settings = settings
        self._store = store
        self._dispatch = dispatch
        self._portals = portals.enabled(settings)
        self._once: list[Once] = []
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE}
        )

    def start(self) -> None:
        """Begin to fire, after catching up once on what was missed while nothing ran."""
        for key in self._portals:
            portal = portals.load(key)
            self._add(f"crawl:{key}", crawl_triggers(portal, demo=self._settings.demo), Order.crawl(key))
            self._add(f"backfill:{key}", (cron("20 3 * * *", "UTC"),), Order.backfill(key))
        self._dispatch.start()
        for name, expression, order in CHORES:
            self._add(name, (cron(expression, "UTC"),), order)
        self._dispatch.ask(Order(kind=Kind.WATCH))  # a machine that is off every night watches and forgets as well
        self._dispatch.ask(Order(kind=Kind.FORGET))
        self._catch_up()
        self._resume()
        self._scheduler.add_job(self._catch_up, cron("*/5 * * * *", "UTC"), id="catch up")
        self._scheduler.start()

    def stop(self) -> None:
        """Stop firing, and end what the dispatch runs in this process."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self._dispatch.stop()

    def _catch_up(self) -> None:
        """Fire what is due and was not fired: nothing ran, or the store was away at that moment."""
        for once in self._once:
            once.fire(clock.now())

    def _resume(self) -> None:
        """Ask again for what a process that has ended was asked for, and for the background."""
        for key in self._portals:
            if self._dispatch.keeps_orders:
                self._dispatch.ask(Order.backfill(key))
            elif unfinished(self._store.runs.recent(key)):
                self._dispatch.ask(Order.crawl(key))

    def _add(self, job: str, triggers: Sequence[CronTrigger], order: Order) -> None:
        once = Once(triggers, lambda due: self._dispatch.fire(job, due, order))
        self._once.append(once)
        for number, trigger in enumerate(triggers):
            self._scheduler.add_job(lambda: once.fire(clock.now()), trigger, id=f"{job}:{number}")


def unfinished(runs: Sequence[RunRecord]) -> bool:
    """Whether the last regular crawl (newest first) was stopped or broke before its end, and is to be done again now.

    A regular crawl ends with the run of the last days, or with its only run where a portal can be asked for one of days
    and what is open alone; its due moment was claimed when it began.
    """
    regular = (run for run in runs if run.purpose in (RunPurpose.OPEN, RunPurpose.WINDOW))
    last = next(regular, None)
    if last is None:
        return False
    is_the_end = last.purpose is RunPurpose.WINDOW or len(portals.load(last.portal).scopes) == 1
    return not (is_the_end and last.state is RunState.FINISHED)


def crawl_triggers(portal: Portal, *, demo: bool) -> Sequence[CronTrigger]:
    """When a portal is crawled: by its calendar, in its zone; every minute in the demonstration."""
    if demo:
        return (cron("* * * * *", portal.zone),)
    return tuple(cron(f"{at.minute} {at.hour} * * *", portal.zone) for at in portal.calendar.hours)

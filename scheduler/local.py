"""Dispatch on one machine: crawls as child processes of this one, everything else in its threads."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta

from core import clock
from core.settings import Settings
from crawlers import portals
from pipelines import backfill, pauses
from scheduler import chores
from scheduler.lanes import Command, Lane, Room
from scheduler.orders import Kind, Order
from scheduler.supervisor import vigie
from store import Store

log = logging.getLogger(__name__)


class LocalDispatch:
    """A `Dispatch`: a lane per portal that is crawled here. What was asked for is forgotten with the process."""

    keeps_orders = False

    def __init__(self, settings: Settings, store: Store, command: Command = vigie) -> None:
        self._settings = settings
        self._store = store
        room = Room(settings.crawl.at_once)
        self._lanes = {
            key: Lane(key, self._missing_days(key), room, self._paused(key), command)
            for key in portals.enabled(settings)
        }

    def start(self) -> None:
        """Begin to crawl what is asked for, and the background."""
        for lane in self._lanes.values():
            lane.start()

    def fire(self, job: str, due: datetime, order: Order) -> bool:
        """Ask for the order of a due moment that nobody has claimed."""
        if not self._store.firings.claim(job, due):
            return False
        self.ask(order)
        return True

    def ask(self, order: Order) -> bool:
        """Crawls wait in their lane, chores are done before this returns; workers look for the rest by themselves."""
        if order.portal is not None:
            lane = self._lanes[order.portal]
            if order.kind is Kind.CRAWL:
                return lane.request()
            lane.retry_backfill()
            return True
        if order.kind not in chores.CHORES:
            return False
        try:
            chores.run(order, self._settings, self._store)
        except Exception:
            # One that fails must not keep the scheduler from its other work; it is asked for again at its next moment.
            log.exception("%s failed", order.kind)
        return True

    def cancel(self, portal: str) -> int:
        """End the running crawl of a portal and drop the one that waits."""
        return self._lanes[portal].cancel()

    def stop(self) -> None:
        """End running crawls."""
        for lane in self._lanes.values():
            lane.tell_to_stop()
        for lane in self._lanes.values():
            lane.stop()

    def _paused(self, key: str) -> Callable[[], bool]:
        return lambda: pauses.of(self._store, key) is not None

    def _missing_days(self, key: str) -> Callable[[], tuple[date, ...]]:
        return lambda: missing_days(self._settings, self._store, key)


def missing_days(settings: Settings, store: Store, key: str) -> tuple[date, ...]:
    """Days of a portal's past that the background is to read and that no complete window covers."""
    portal = portals.load(key)
    if "days" not in portal.scopes:
        return ()  # its past cannot be asked for
    if store.runs.latest(key) is None:
        return ()  # the first crawl of what is open now goes first
    today = portal.today(clock.now())
    start = today - timedelta(days=settings.crawl.backfill_days)
    start = portal.within_reach(min(start, backfill.planned(store, key) or start), today)
    return store.windows.coverage(key, start, today).missing

"""The short work that every process can do for whoever dispatches: digests, the watch, forgetting, exports."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from alerts import missed, owed, profiles
from core import clock
from core.settings import Settings
from core.urls import printed_url
from crawlers import portals
from monitoring import exports, incidents
from observatory.destinations import writing_to
from observatory.exports import ExportFormat
from observatory.exports import export as write_export
from scheduler.orders import Kind, Order
from search import open_index
from search.query import NoticeQuery
from store import Store

log = logging.getLogger(__name__)

LOST_AFTER = timedelta(minutes=30)
"""A run whose process has not been heard of for so long is lost."""
FIRINGS_KEPT = timedelta(days=30)
CHECKED_BACK = timedelta(days=2)


def run(order: Order, settings: Settings, store: Store) -> None:
    """Do it here and now."""
    CHORES[order.kind](order, settings, store)


def _digests(_order: Order, settings: Settings, store: Store) -> None:
    built = owed.tell(store, settings, clock.now())
    if built:
        log.info("%s digests built", len(built))


def watch(_order: Order, settings: Settings, store: Store) -> None:
    """Find what was lost, and what stays silent."""
    for run in store.runs.mark_lost(LOST_AFTER):
        incidents.judge(store, run)
    incidents.watch(store, portals=portals.enabled(settings), now=clock.now())


def _forget(_order: Order, _settings: Settings, store: Store) -> None:
    gone = profiles.forget_unconfirmed(store, clock.now())
    if gone.profiles or gone.owners:
        log.info("Never confirmed and forgotten: %s alerts, %s addresses", gone.profiles, gone.owners)
    store.firings.forget(clock.now() - FIRINGS_KEPT)


def _check_matching(_order: Order, settings: Settings, store: Store) -> None:
    """Look back a little further than to the last time, as what waited then was left out."""
    now = clock.now()
    found = missed.check(store, settings, now - CHECKED_BACK, now)
    log.info(
        "Matching checked: %s notices, %s profiles, %s missed, %s unwanted",
        found.notices, found.profiles, len(found.missed), len(found.unwanted),
    )  # fmt: skip


def _export(order: Order, settings: Settings, store: Store) -> None:
    query, form, target = (
        NoticeQuery.from_json(order.query or ""),
        ExportFormat(order.form or "csv"),
        order.target or "",
    )
    with open_index(settings, writable=False) as index, writing_to(target, settings) as out:
        report = write_export(store, index, query, form, out, clock.now(), settings.language)
    exports.written(store, target)
    log.info("Exported %s notices to %s", report.rows, printed_url(target))


CHORES: Mapping[Kind, Callable[[Order, Settings, Store], None]] = {
    Kind.DIGESTS: _digests,
    Kind.WATCH: watch,
    Kind.FORGET: _forget,
    Kind.CHECK_MATCHING: _check_matching,
    Kind.EXPORT: _export,
}

"""From the store's queue to the index. Rows leave the queue only when the index has committed their notices."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from core import clock
from search.document import IndexDocument
from search.port import Indexed, IndexState, IndexStatus, Refusal, SearchIndex, Seen
from store import Store
from store.quarantine import REFUSED_BY_INDEX
from store.records import StoredNotice

log = logging.getLogger(__name__)

EMPTIED_REST: Final = timedelta(hours=1)
"""How long after an index was found emptied it is not filled again for that reason."""
_EMPTIED: Final = "search.emptied"


def drain(store: Store, index: SearchIndex, limit: int = 500) -> int:
    """Index up to `limit` waiting rows and acknowledge them; returns how many rows left the queue.

    A new or damaged index is filled from the store first. Notices that are gone from the store are removed from the
    index; those that the index will not take go to quarantine with its reason. While more waits, what was indexed is
    found soon; the last batch is found when this returns. Raises `IndexUnavailable` when the index cannot take them:
    the rows stay.
    """
    requeue_if_needed(store, index)
    rows = store.index_queue.take(limit)
    if not rows:
        return 0
    ids = list(dict.fromkeys(row.notice_id for row in rows))
    found = store.notices.get_many(ids)
    seen = Seen.NOW if len(rows) < limit else Seen.SOON
    outcome = index.index([IndexDocument.of(stored) for stored in found.values()], seen=seen)
    _quarantine(store, found, (*outcome.refused, *_settled(store, index, outcome, found).refused))
    gone = [notice_id for notice_id in ids if notice_id not in found]
    if gone:
        log.warning("%d notices of the index queue are no longer in the store and leave the index.", len(gone))
        index.delete(gone)
    store.index_queue.acknowledge(rows)
    return len(rows)


def drain_all(store: Store, index: SearchIndex, batch: int = 500) -> int:
    """Index everything that waits; returns how many rows left the queue. All of it is found when this returns."""
    total = 0
    while done := drain(store, index, batch):
        total += done
    if total:
        index.refresh()
    return total


def requeue_if_needed(store: Store, index: SearchIndex) -> int:
    """Queue the whole store when the index must be rebuilt; returns how many notices were queued.

    The order makes a crash harmless: the index forgets that it needs a rebuild only when the queue holds everything.
    """
    status = index.status()
    emptied = not status.needs_rebuild and _was_emptied(store, index, status)
    if not (status.needs_rebuild or emptied):
        return 0
    queued = store.notices.enqueue_all()
    if emptied:
        store.meta.set(_EMPTIED, clock.now().isoformat())
    index.rebuild_queued()
    log.info("The index is rebuilt: %d notices are queued.", queued)
    return queued


def _was_emptied(store: Store, index: SearchIndex, status: IndexStatus) -> bool:
    """Whether somebody took everything out of an index that was filled; said once in `EMPTIED_REST`.

    What it refuses stays out of it, so an index may well be empty with nothing waiting. A part that is gone is found by
    `vigie index compare`.
    """
    if status.state is not IndexState.READY or status.documents or store.notices.count() <= store.index_queue.depth():
        return False
    index.refresh()
    if index.size():
        return False
    last = store.meta.get(_EMPTIED)
    if last is not None and clock.now() - datetime.fromisoformat(last) < EMPTIED_REST:
        return False
    log.warning("The index is empty although %d notices are stored; it is filled again.", store.notices.count())
    return True


def reindex(store: Store, index: SearchIndex) -> int:
    """Empty the index and queue the whole store; returns how many notices were queued. Alerts nobody."""
    index.clear()
    return requeue_if_needed(store, index)


def _settled(store: Store, index: SearchIndex, outcome: Indexed, tried: Mapping[str, StoredNotice]) -> Indexed:
    """Where the index holds a higher version than was tried, the store has the last word.

    Usually another process was faster with a newer edition, which is still the store's. But a store that was restored
    from a backup is behind its index.
    """
    if not outcome.outdated:
        return Indexed()
    now = store.notices.get_many(outcome.outdated)
    behind = [stored for id_, stored in now.items() if stored.edition == tried[id_].edition]
    if behind:
        log.info("%d notices of the index are of a later edition than the store's, and are replaced.", len(behind))
    return index.replace([IndexDocument.of(stored) for stored in behind]) if behind else Indexed()


def _quarantine(store: Store, tried: Mapping[str, StoredNotice], refused: Iterable[Refusal]) -> None:
    """Hold what the index refused, and let go of what it refused before and takes now."""
    kept_out = {refusal.notice_id: refusal for refusal in refused}
    for refusal in kept_out.values():
        notice = tried[refusal.notice_id].notice
        log.error("The index refuses the notice %s: %s", notice.id, refusal.reason)
        native_id = notice.id.removeprefix(f"{notice.portal}:")
        store.quarantine.add(notice.portal, native_id, None, notice.raw, refusal.reason, REFUSED_BY_INDEX)
    if not store.quarantine.counts():
        return
    for entry in store.quarantine.held():
        id_ = f"{entry.portal}:{entry.native_id}"
        if entry.path == REFUSED_BY_INDEX and id_ in tried and id_ not in kept_out:
            store.quarantine.released(entry.id)

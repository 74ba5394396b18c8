"""From the store's queue to the index. Rows leave the queue only when the index has committed their notices."""

from __future__ import annotations

import logging

from search.document import IndexDocument
from search.port import SearchIndex
from store import Store

log = logging.getLogger(__name__)


def drain(store: Store, index: SearchIndex, limit: int = 500) -> int:
    """Index up to `limit` waiting rows and acknowledge them; returns how many rows left the queue.

    A new or damaged index is filled from the store first. Notices that are gone from the store are removed from the
    index. Raises `IndexUnavailable` when the index cannot take them: the rows stay.
    """
    requeue_if_needed(store, index)
    rows = store.index_queue.take(limit)
    if not rows:
        return 0
    ids = list(dict.fromkeys(row.notice_id for row in rows))
    found = store.notices.get_many(ids)
    index.index([IndexDocument.of(stored) for stored in found.values()])
    gone = [notice_id for notice_id in ids if notice_id not in found]
    if gone:
        log.warning("%d notices of the index queue are no longer in the store and leave the index.", len(gone))
        index.delete(gone)
    store.index_queue.acknowledge(rows)
    return len(rows)


def drain_all(store: Store, index: SearchIndex, batch: int = 500) -> int:
    """Index everything that waits; returns how many rows left the queue."""
    total = 0
    while done := drain(store, index, batch):
        total += done
    return total


def requeue_if_needed(store: Store, index: SearchIndex) -> int:
    """Queue the whole store when the index must be rebuilt; returns how many notices were queued.

    The order makes a crash harmless: the index forgets that it needs a rebuild only when the queue holds everything.
    """
    if not index.status().needs_rebuild:
        return 0
    queued = store.notices.enqueue_all()
    index.rebuild_queued()
    log.info("The index is rebuilt: %d notices are queued.", queued)
    return queued


def reindex(store: Store, index: SearchIndex) -> int:
    """Empty the index and queue the whole store; returns how many notices were queued. Alerts nobody."""
    index.clear()
    return requeue_if_needed(store, index)

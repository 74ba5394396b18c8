"""The state of an installation in one record, for `vigie status`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import AwareDatetime

from core import clock
from monitoring.sources import SourceState, SourceVerdict, overview
from notices.model import Frozen
from store import Store
from store.records import Incident, OutboxState

_WELL = frozenset({SourceVerdict.FINE, SourceVerdict.RUNNING, SourceVerdict.PAUSED})
"""What needs nobody: a pause is somebody's decision."""


class QueueState(Frozen):
    """A queue: how much waits, and since when."""

    depth: int
    oldest: AwareDatetime | None


class Status(Frozen):
    """Sources, queues, mails and open incidents."""

    at: AwareDatetime
    notices: int
    profiles: int
    sources: tuple[SourceState, ...]
    index_queue: QueueState
    match_queue: QueueState
    quarantined: int
    outbox: dict[OutboxState, int]
    next_delivery: AwareDatetime | None
    incidents: tuple[Incident, ...]

    @property
    def well(self) -> bool:
        """Whether nothing needs a person: no open incident, no source that is not fine, no message given up."""
        sources = all(source.verdict in _WELL for source in self.sources)
        return sources and not self.incidents and not self.outbox.get(OutboxState.DEAD)


def status(store: Store, now: datetime | None = None, keys: Iterable[str] | None = None) -> Status:
    """Read the state of an installation from its store; `keys` are the portals that it crawls (default: all)."""
    at = now or clock.now()
    return Status(
        at=at,
        notices=store.notices.count(),
        profiles=store.profiles.count(),
        sources=tuple(overview(store, at, keys)),
        index_queue=QueueState(depth=store.index_queue.depth(), oldest=store.index_queue.oldest()),
        match_queue=QueueState(depth=store.match_queue.depth(), oldest=store.match_queue.oldest()),
        quarantined=sum(store.quarantine.counts().values()),
        outbox=store.outbox.counts(),
        next_delivery=store.outbox.next_due(),
        incidents=tuple(store.incidents.current()),
    )

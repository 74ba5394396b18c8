"""Portals that an operator paused: who, why, since when, until when. Kept in the store, so that every machine knows.

A paused portal is asked nothing: the scheduler starts no crawl, a running one ends after what is in hand, a crawl by
hand is refused unless it says `--now`. What it did not read meanwhile is caught up by the first crawl after the pause,
as after any other gap.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, Field, ValidationError

from core import clock
from core.errors import VigieError
from notices.model import Frozen

if TYPE_CHECKING:
    from store import Store

log = logging.getLogger(__name__)

_PREFIX = "pause:"


class Pause(Frozen):
    """A portal that is not to be crawled."""

    portal: str
    reason: str = Field(min_length=1, max_length=500, description="shown to readers of the sources page and of mails")
    by: str = Field(max_length=200, description="who paused it; shown to operators")
    since: AwareDatetime
    until: AwareDatetime | None = Field(default=None, description="ends by itself then; default: when it is resumed")
    resumed_at: AwareDatetime | None = None

    def ended_at(self, now: datetime) -> datetime | None:
        """When it ended; None while it lasts."""
        ends = [end for end in (self.resumed_at, self.until) if end is not None and end <= now]
        return min(ends, default=None)


def pause(store: Store, portal: str, reason: str, by: str, until: datetime | None = None) -> Pause:
    """Pause a portal. One that is paused already keeps its beginning; reason, name and end are those given now."""
    at = clock.now()
    words = " ".join(reason.split())
    if not words:
        raise VigieError("A pause needs a reason: people read it on the sources page and in their mails.")
    if len(words) > 500:
        raise VigieError("The reason of a pause is one sentence, of 500 characters at most.")
    if until is not None and until <= at:
        raise VigieError(f"The pause would end at {until:%Y-%m-%d %H:%M %Z}, which is past.")
    current = of(store, portal, at)
    made = Pause(portal=portal, reason=words, by=by[:200], since=current.since if current else at, until=until)
    store.meta.set(_PREFIX + portal, made.model_dump_json())
    return made


def resume(store: Store, portal: str) -> Pause | None:
    """End the pause; None when the portal is not paused."""
    at = clock.now()
    current = of(store, portal, at)
    if current is None:
        return None
    ended = current.model_copy(update={"resumed_at": at})
    store.meta.set(_PREFIX + portal, ended.model_dump_json())
    return ended


def of(store: Store, portal: str, now: datetime | None = None) -> Pause | None:
    """The pause that a portal is in now."""
    last = last_of(store, portal)
    return last if last is not None and last.ended_at(now or clock.now()) is None else None


def last_of(store: Store, portal: str) -> Pause | None:
    """The last pause of a portal, over or not: planned crawls that it left out are nobody's failure."""
    return _read(portal, store.meta.get(_PREFIX + portal))


def current(store: Store, now: datetime | None = None) -> dict[str, Pause]:
    """Every portal that is paused now."""
    at = now or clock.now()
    found = (_read(portal, value) for portal, value in store.meta.under(_PREFIX).items())
    return {pause.portal: pause for pause in found if pause is not None and pause.ended_at(at) is None}


def _read(portal: str, value: str | None) -> Pause | None:
    if value is None:
        return None
    try:
        return Pause.model_validate_json(value)
    except ValidationError as error:
        # A pause that cannot be read must not become a crawl: the portal stays paused until somebody resumes it.
        log.error("The pause of %s cannot be read; the portal counts as paused: %s", portal, error)
        return Pause(portal=portal, reason="?", by="?", since=clock.now())

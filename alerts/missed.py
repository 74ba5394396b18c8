"""Proves after the event that matching missed nothing: every profile is put as a search to what changed in a period.

The notices of the period go into an index of their own, of the same engine and made for this only, in the version that
was matched. Whatever a profile's search finds there must have become a hit. What moves with the clock is settled by
asking twice, for the moment of the save and for now: what both find was found by the match between them. Left out, as
nothing can be said of it: what still waits to be matched, what a better parser read anew since, profiles that were
saved or changed after the notice, and what somebody heard already from another portal (`alerts.copies`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from alerts import copies
from core.settings import Settings
from notices.model import Frozen
from search import open_scratch
from search.document import IndexDocument
from search.errors import QueryError
from search.query import NoticeQuery
from search.scratch import Scratch
from store import Store
from store.records import IncidentKind, Origin, Profile, StoredNotice

log = logging.getLogger(__name__)

NAMED = 50
"""Differences that the incident names."""


class Missed(Frozen):
    """A notice that answers a profile and did not become a hit of it."""

    profile_id: str
    notice_id: str
    version: int


class MatchingCheck(Frozen):
    """What a check looked at and found."""

    notices: int = Field(description="versions of the period that could be judged")
    profiles: int = Field(description="active profiles put as searches")
    found: int = Field(description="pairs of profile and notice that the searches found, and that had to be hits")
    missed: tuple[Missed, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    """A version that was matched, and when it was saved."""

    stored: StoredNotice
    saved_at: datetime


def check(store: Store, settings: Settings, since: datetime, now: datetime) -> MatchingCheck:
    """Check what was saved since then; opens an incident that names what was missed, or closes it.

    Raises `IndexUnavailable` when the engine cannot answer; nothing is judged then.
    """
    judged = {one.stored.notice.id: one for one in _judged(store, since, now)}
    profiles = [profile for profile in store.profiles.changed_since(0).put if profile.changed_at < now]
    found, missed = 0, []
    with open_scratch(settings) as scratch:
        scratch.add([IndexDocument.of(one.stored) for one in judged.values()])
        for some in _groups(list(judged.values())):
            hits = _hits(store, some)
            for profile in profiles if some else ():
                pairs = _due(scratch, profile, {one.stored.notice.id: one for one in some}, now)
                found += len(pairs)
                missed += [one for one in pairs if (profile.id, one.stored.notice.id, one.stored.version) not in hits]
    return found

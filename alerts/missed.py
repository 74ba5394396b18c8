"""Proves after the event that matching missed nothing: every profile is put as a search to what changed in a period.

The notices of the period go into an index of their own, of the same engine and made for this only, in the version that
was matched. Whatever a profile's search finds there must have become a hit. What moves with the clock is settled by
asking twice, for the moment of the save and for now: what both find was found by the match between them. Left out, as
nothing can be said of it: what still waits to be matched, what a better parser read anew since, profiles that were
saved or changed after the notice, and what somebody heard already from another portal (`alerts.copies`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
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
from store.hits import ToldVersion
from store.records import IncidentKind, Profile, StoredNotice

log = logging.getLogger(__name__)

NAMED = 50
"""Differences that the incident names."""
_BATCH = 500


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


def check(store: Store, settings: Settings, since: datetime, now: datetime) -> MatchingCheck:
    """Check what was saved since then; opens an incident that names what was missed, or closes it.

    Raises `IndexUnavailable` when the engine cannot answer; nothing is judged then.
    """
    judged = store.notices.get_many(store.notices.announced_between(since, now))
    profiles = _readable(store.profiles.changed_since(0).put)
    told = store.hits.told_of_procedures({stored.procedure_key for stored in judged.values()})
    hits = {one for of_procedure in told.values() for one in of_procedure}
    found, missed = 0, []
    with open_scratch(settings) as scratch:
        _fill(scratch, list(judged.values()))
        for profile, query in profiles if judged else ():
            due = _due(scratch, judged, profile, query, now)
            found += len(due)
            lacking = (one for one in due if ToldVersion(profile.id, one.notice.id, one.version) not in hits)
            missed += [
                Missed(profile_id=profile.id, notice_id=one.notice.id, version=one.version)
                for one in lacking
                if one.notice.id in scratch.ids(query, one.changed_at)
                and profile.id not in copies.who_heard(store, one, told.get(one.procedure_key, []))
            ]
    done = MatchingCheck(notices=len(judged), profiles=len(profiles), found=found, missed=tuple(missed))
    _tell(store, done)
    return done


def _fill(scratch: Scratch, stored: Sequence[StoredNotice]) -> None:
    for start in range(0, len(stored), _BATCH):
        scratch.add([IndexDocument.of(one) for one in stored[start : start + _BATCH]])


def _readable(profiles: Sequence[Profile]) -> list[tuple[Profile, NoticeQuery]]:
    found = []
    for profile in profiles:
        try:
            found.append((profile, NoticeQuery.from_json(profile.query)))
        except QueryError:
            log.warning("The query of profile %s cannot be read; it has an incident of its own.", profile.id)
    return found


def _due(
    scratch: Scratch, judged: Mapping[str, StoredNotice], profile: Profile, query: NoticeQuery, now: datetime
) -> list[StoredNotice]:
    """What the profile, as it was when the notice was saved, finds now."""
    found = (judged[notice_id] for notice_id in sorted(scratch.ids(query, now)))
    return [stored for stored in found if profile.changed_at < stored.changed_at]


def _tell(store: Store, done: MatchingCheck) -> None:
    if not done.missed:
        store.incidents.close(None, IncidentKind.MATCHING_MISSED)
        return
    count = len(done.missed)
    log.error("Matching missed %d pairs of profile and notice; the first: %s", count, done.missed[0])
    message = f"{count} avis n'ont pas été signalés à une alerte qui les cherche."
    named = [one.model_dump() for one in done.missed[:NAMED]]
    store.incidents.open(None, IncidentKind.MATCHING_MISSED, message, {"count": count, "missed": named})

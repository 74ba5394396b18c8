"""Proves after the event that matching missed nothing and told nothing that nobody looks for.

Every profile is put as a search to what changed in a period.

The notices of the period go into an index of their own, of the same engine and made for this only, in the version that
was matched. Whatever a profile's search finds there must have become a hit. What moves with the clock is settled by
asking twice, for the moment of the save and for now: what both find was found by the match between them. Left out, as
nothing can be said of it: what still waits to be matched, what a better parser read anew since, profiles that were
saved or changed after the notice, and what somebody heard already from another portal (`alerts.copies`).

A hit that the search does not find, neither now nor for the moment of the hit, is noise in somebody's mail, unless it
comes because the profile follows the procedure. It is counted and named as well.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from alerts import copies
from alerts.reasons import FOLLOWED
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

Difference = Literal["missed", "unwanted"]
NAMED = 50
"""Differences that the incident names."""
_BATCH = 500


class Missed(Frozen):
    """A profile and a notice of which a search and the matching say different things."""

    what: Difference = "missed"

    profile_id: str
    notice_id: str
    version: int


class MatchingCheck(Frozen):
    """What a check looked at and found."""

    notices: int = Field(description="versions of the period that could be judged")
    profiles: int = Field(description="active profiles put as searches")
    found: int = Field(description="pairs of profile and notice that the searches found, and that had to be hits")
    missed: tuple[Missed, ...]
    unwanted: tuple[Missed, ...] = Field(default=(), description="hits of a match that the searches do not find")


def check(store: Store, settings: Settings, since: datetime, now: datetime) -> MatchingCheck:
    """Check what was saved since then; opens incidents that name what was missed or told wrongly, or closes them.

    Raises `IndexUnavailable` when the engine cannot answer; nothing is judged then.
    """
    judged = store.notices.get_many(store.notices.announced_between(since, now))
    profiles = _readable(store.profiles.changed_since(0).put)
    found, missed, unwanted = 0, [], []
    with open_scratch(settings) as scratch:
        _fill(scratch, list(judged.values()))
        judge = _Judge(store, scratch, judged, now)
        for profile, query in profiles if judged else ():
            due = judge.due(profile, query)
            found += len(due)
            missed += judge.missed(profile, query, due)
            unwanted += judge.unwanted(profile, query, due)
    done = MatchingCheck(
        notices=len(judged), profiles=len(profiles), found=found, missed=tuple(missed), unwanted=tuple(unwanted)
    )
    _tell(store, done)
    return done


class _Judge:
    """Compares the hits of profiles with what their searches find."""

    def __init__(self, store: Store, scratch: Scratch, judged: Mapping[str, StoredNotice], now: datetime) -> None:
        self._store = store
        self._scratch = scratch
        self._judged = judged
        self._now = now
        self._told = store.hits.told_of_procedures({stored.procedure_key for stored in judged.values()})
        self._hits = {one for of_procedure in self._told.values() for one in of_procedure}
        self._of_profile: dict[str, list[StoredNotice]] = {}
        for stored in judged.values():
            for one in self._told.get(stored.procedure_key, ()):
                if (one.notice_id, one.version) == (stored.notice.id, stored.version):
                    self._of_profile.setdefault(one.profile_id, []).append(stored)

    def due(self, profile: Profile, query: NoticeQuery) -> list[StoredNotice]:
        """What the profile, as it was when the notice was saved, finds now."""
        found = (self._judged[notice_id] for notice_id in sorted(self._scratch.ids(query, self._now)))
        return [stored for stored in found if profile.changed_at < stored.changed_at]

    def missed(self, profile: Profile, query: NoticeQuery, due: Sequence[StoredNotice]) -> list[Missed]:
        """Of what had to be hits, what is none."""
        lacking = (one for one in due if ToldVersion(profile.id, one.notice.id, one.version) not in self._hits)
        return [
            _pair(profile, one)
            for one in lacking
            if one.notice.id in self._scratch.ids(query, one.changed_at)
            and profile.id not in copies.who_heard(self._store, one, self._told.get(one.procedure_key, []))
        ]

    def unwanted(self, profile: Profile, query: NoticeQuery, due: Sequence[StoredNotice]) -> list[Missed]:
        """Hits of a match that the search finds neither now, unlike what is due, nor for the moment of the hit."""
        mine = [one for one in self._of_profile.get(profile.id, ()) if profile.changed_at < one.changed_at]
        found = {one.notice.id for one in due}
        doubtful = {one.notice.id: one for one in mine if one.notice.id not in found}
        told = [ToldVersion(profile.id, one.notice.id, one.version) for one in doubtful.values()]
        return [
            _pair(profile, doubtful[hit.notice_id], "unwanted")
            for hit in self._store.hits.of_versions(told)
            if not any(reason.get("clause") == FOLLOWED for reason in hit.reasons)
            and hit.notice_id not in self._scratch.ids(query, hit.created_at)
        ]


def _pair(profile: Profile, stored: StoredNotice, what: Difference = "missed") -> Missed:
    return Missed(what=what, profile_id=profile.id, notice_id=stored.notice.id, version=stored.version)


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


def _tell(store: Store, done: MatchingCheck) -> None:
    _keep_incident(
        store,
        IncidentKind.MATCHING_MISSED,
        "{count} avis n'ont pas été signalés à une alerte qui les cherche.",
        done.missed,
    )
    _keep_incident(
        store,
        IncidentKind.MATCHING_UNWANTED,
        "{count} avis ont été signalés à une alerte qui ne les cherche pas.",
        done.unwanted,
    )


def _keep_incident(store: Store, kind: IncidentKind, message: str, found: Sequence[Missed]) -> None:
    if not found:
        store.incidents.close(None, kind)
        return
    log.error("%s: %d pairs of profile and notice; the first: %s", kind, len(found), found[0])
    named = [f"{one.notice_id}, version {one.version}, profile {one.profile_id}" for one in found[:NAMED]]
    store.incidents.open(None, kind, message.format(count=len(found)), {"count": len(found), "notices": named})

"""What is open today for a profile: hits that tell a new subscriber where things stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from alerts import reasons
from alerts.matching import described
from search.document import IndexDocument
from search.errors import IndexUnavailable
from search.matcher import EmbeddedMatcher
from search.port import IndexState, SearchIndex
from search.query import NoticeQuery
from store import Store
from store.records import NewHit, Profile, StoredNotice

_CHUNK = 500
MOST_WAITING = 5_000
"""Notices in the index queue; with more, the index is being filled and does not know what is open."""


def record_existing(store: Store, index: SearchIndex, profile: Profile, now: datetime) -> int:
    """Write a hit for every notice that is open now and answers the profile; how many are new to it.

    What the index does not hold yet is read from its queue, so that a notice that was matched before the profile was
    saved and is indexed after it does not fall between the two. Procedures that already had a hit are left alone. May
    be repeated: a hit is written once. Raises `IndexUnavailable` when the index cannot answer, and while it is being
    filled: so much would have to be read from the queue that nobody can wait for it.
    """
    query = NoticeQuery.from_json(profile.query).only_open()
    matcher = EmbeddedMatcher()  # for one profile, which no other process is to see
    matcher.put(profile.id, query)
    written = 0
    for chunk in _chunks(_candidates(store, index, query, now)):
        found = store.notices.get_many(chunk)
        known = store.hits.profiles_of_procedures({stored.procedure_key for stored in found.values()})
        fresh = {key: item for key, item in found.items() if profile.id not in known.get(item.procedure_key, set())}
        matches = matcher.match([IndexDocument.of(stored) for stored in fresh.values()], now=now)
        hits = [
            _hit(store, fresh[match.notice_id], match.profile_id, reasons.of_match(match.clauses)) for match in matches
        ]
        written += len(store.hits.record(_one_per_procedure(hits), []))
    return written


def _candidates(store: Store, index: SearchIndex, query: NoticeQuery, now: datetime) -> Iterator[str]:
    status = index.status()  # which never raises: one that hangs is not asked a second time
    if status.state is IndexState.UNAVAILABLE:
        raise IndexUnavailable(status.sentence or "L’index de recherche ne répond pas.")
    if status.needs_rebuild or store.index_queue.depth() > MOST_WAITING:
        raise IndexUnavailable("L’index de recherche est en cours de remplissage.")
    waiting = dict.fromkeys(store.index_queue.notice_ids())  # first: what leaves the queue now, the index has
    indexed = [notice_id for notice_id in index.scan(query, now=now) if notice_id not in waiting]
    yield from (*waiting, *indexed)


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    source = iter(ids)
    while chunk := list(islice(source, _CHUNK)):
        yield chunk


def _hit(store: Store, stored: StoredNotice, profile_id: str, why: tuple[dict[str, object], ...]) -> NewHit:
    return NewHit(
        profile_id=profile_id,
        notice_id=stored.notice.id,
        version=stored.version,
        procedure_key=stored.procedure_key,
        existing=True,
        reasons=why,
        snapshot=described(store, stored),
    )


def _one_per_procedure(hits: Iterable[NewHit]) -> list[NewHit]:
    """One open notice per procedure: what is open twice is not a change."""
    return list({hit.procedure_key: hit for hit in hits}.values())

"""What profiles were told of versions that a crawl saved, beside what they should have been told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing

from benchmarks.crawling import Saved
from benchmarks.generated_notices import NOW
from core.settings import SearchSettings
from notices.model import Frozen
from search.document import IndexDocument
from search.elasticsearch.matcher import ElasticsearchMatcher
from store import Store
from store.records import StoredNotice

Alert = tuple[str, str, int]
"""Profile, notice and version."""
_AT_ONCE = 200


class Told(Frozen):
    """Alerts, as hits of the store."""

    alerts: int
    missed: tuple[Alert, ...]
    repeated: tuple[Alert, ...]
    """Told although nothing new was saved, or more than once."""


def told(store: Store, settings: SearchSettings, saved: Sequence[Saved]) -> Told:
    """Compare the hits of the store with what the matcher says of each version, asked once more and apart.

    A profile is told of a version that it matches, and of every later version of a notice that it was told of.
    """
    found = list(_recorded(store))
    expected = set(_expected(settings, saved))
    return Told(
        alerts=len(found),
        missed=tuple(sorted(expected - set(found))),
        repeated=tuple(sorted({one for one in found if one not in expected} | _doubled(found))),
    )


def _recorded(store: Store) -> Iterator[Alert]:
    for profile in store.profiles.changed_since(0).put:
        for hit in store.hits.of_profile(profile.id, 10_000_000):
            yield profile.id, hit.notice_id, hit.version


def _doubled(found: Sequence[Alert]) -> set[Alert]:
    return {one for one, times in Counter(found).items() if times > 1}


def _expected(settings: SearchSettings, saved: Sequence[Saved]) -> Iterator[Alert]:
    heard: dict[str, set[str]] = {}
    matched = _matched(settings, saved)
    for notice, version in sorted(saved, key=lambda one: one.version):
        profiles = heard.setdefault(notice.id, set())
        profiles |= matched.get((notice.id, version), set())
        yield from ((profile, notice.id, version) for profile in profiles)


def _matched(settings: SearchSettings, saved: Sequence[Saved]) -> dict[tuple[str, int], set[str]]:
    matched: dict[tuple[str, int], set[str]] = {}
    with closing(ElasticsearchMatcher(settings)) as matcher:
        for group in _without_namesakes(saved):
            versions = {one.notice.id: one.version for one in group}
            for match in matcher.match([_document(one) for one in group]):
                matched.setdefault((match.notice_id, versions[match.notice_id]), set()).add(match.profile_id)
    return matched


def _without_namesakes(saved: Sequence[Saved]) -> Iterator[list[Saved]]:
    """Groups in which each notice stands in one version, as a match names only the notice."""
    group: dict[str, Saved] = {}
    for one in saved:
        if one.notice.id in group or len(group) == _AT_ONCE:
            yield list(group.values())
            group = {}
        group[one.notice.id] = one
    if group:
        yield list(group.values())


def _document(saved: Saved) -> IndexDocument:
    notice = saved.notice
    stored = StoredNotice(
        notice=notice, version=saved.version, procedure_key=notice.id, first_seen_at=NOW, changed_at=NOW,
        last_seen_at=NOW,
    )  # fmt: skip
    return IndexDocument.of(stored)

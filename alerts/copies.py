"""The same publication on several portals: who heard of it already.

A copy is withheld from a profile only when that profile has a hit on the version it was copied from. What the store
holds is not enough: the original may still wait in the queue, and then nobody would be told of either.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from alerts.facts import Fact, changed_facts
from notices.model import Notice
from store import Store
from store.errors import StoreError
from store.hits import ToldVersion
from store.records import StoredNotice, VersionRecord

log = logging.getLogger(__name__)

_NEVER_WITHHELD = frozenset({Fact.STATUS, Fact.DEADLINE})
"""Told even where a portal changes them under the number of a publication that was told before."""


def who_heard(store: Store, stored: StoredNotice, told: Sequence[ToldVersion]) -> set[str]:
    """The profiles that heard from another portal what this version says; `told` in the order of the hits."""
    own = f"{stored.notice.portal}:"
    if all(one.notice_id.startswith(own) for one in told):
        return set()
    by_profile: dict[str, list[Notice]] = {}
    for profile_id, notice in _publications(store, told):
        if notice.kind == stored.notice.kind:
            by_profile.setdefault(profile_id, []).append(notice)
    before = version_before(store, stored)
    known = before.notice if before else None
    return {profile_id for profile_id, notices in by_profile.items() if _is_told(stored.notice, known, notices)}


def who_is_further(store: Store, stored: StoredNotice, told: Sequence[ToldVersion]) -> set[str]:
    """The profiles that heard of something in this procedure that was published when this was, or later."""
    return {
        profile_id
        for profile_id, notice in _publications(store, told)
        if notice.id == stored.notice.id or _is_older(stored.notice, notice) or _same_instant(stored.notice, notice)
    }


def _publications(store: Store, told: Sequence[ToldVersion]) -> Iterator[tuple[str, Notice]]:
    """Each profile with what it was told, in the order of the hits; what is no longer stored is left out."""
    read: dict[tuple[str, int], Notice | None] = {}
    for profile_id, notice_id, version in told:
        if (notice_id, version) not in read:
            record = readable_version(store, notice_id, version)
            read[notice_id, version] = record.notice if record else None
        notice = read[notice_id, version]
        if notice is not None:
            yield profile_id, notice


def last_versions(told: Sequence[ToldVersion], profile_id: str) -> frozenset[tuple[str, int]]:
    """The notices that a profile heard of, each with the version it heard of last."""
    return frozenset({one.notice_id: one.version for one in told if one.profile_id == profile_id}.items())


def version_before(store: Store, stored: StoredNotice) -> VersionRecord | None:
    """The version that was current before this one: the last with a lower number that did not arrive late."""
    for number in range(stored.version - 1, 0, -1):
        record = readable_version(store, stored.notice.id, number)
        if record is None or not record.late:
            return record
    return None


def readable_version(store: Store, notice_id: str, number: int) -> VersionRecord | None:
    """A version; one that fits the model no more says nothing, so that whatever comes after it is told."""
    try:
        return store.notices.version(notice_id, number)
    except StoreError as error:
        log.warning("Version %s of %s is left out of a comparison: %s", number, notice_id, error)
        return None


def _is_told(notice: Notice, before: Notice | None, heard: Sequence[Notice]) -> bool:
    """Whether somebody who heard these publications of the same kind, in this order, hears nothing new."""
    elsewhere = [other for other in heard if other.portal != notice.portal]
    if any(_same_publication(other, notice) for other in elsewhere):
        return True
    last = heard[-1]
    if last.portal != notice.portal and _says_nothing_new(notice, before, last):
        return True
    overtaken = before is None and _is_older(notice, last)
    return overtaken and any(not changed_facts(other, notice) for other in elsewhere)


def _same_publication(other: Notice, notice: Notice) -> bool:
    """Whether both are the eForms notice of one UUID and version (BT-701, BT-757)."""
    if notice.notice_uuid is None or notice.notice_version is None:
        return False
    if (notice.notice_uuid, notice.notice_version) != (other.notice_uuid, other.notice_version):
        return False
    changes = changed_facts(other, notice)
    return not any(change.fact in _NEVER_WITHHELD and change.after is not None for change in changes)


def _says_nothing_new(notice: Notice, before: Notice | None, last: Notice) -> bool:
    """Whether all that changed, or all of it at first sight, is what was told last.

    Two portals read one publication a little differently, so of a later version only what changed has to be the same.
    """
    differing = {change.fact for change in changed_facts(last, notice)}
    return not differing or (
        before is not None and differing.isdisjoint(change.fact for change in changed_facts(before, notice))
    )


def _is_older(notice: Notice, last: Notice) -> bool:
    one, other = notice.published_at, last.published_at
    return one is not None and other is not None and one < other


def _same_instant(one: Notice, other: Notice) -> bool:
    return one.published_at is not None and one.published_at == other.published_at

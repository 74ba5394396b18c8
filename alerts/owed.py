"""What is open today, owed to alerts that were saved, confirmed, changed or resumed while the search engine was away.

The store is the truth: an alert that is saved there is saved, whatever else answers, and new notices are matched with
it from then on. What was open already can only be found by a search. It is promised here before the alert changes, and
told as soon as the engine answers, so neither a cluster that is down nor a crash makes anybody miss it.
"""

from __future__ import annotations

import logging
import random
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from alerts import digests
from alerts.existing import record_existing
from alerts.turns import ANY_TIME, Turn
from core.settings import Settings
from notices.model import Frozen
from search import open_index
from search.errors import IndexUnavailable
from search.port import SearchIndex
from store import Store
from store.records import Digest, Owner, Profile, ProfileState

log = logging.getLogger(__name__)

_KEY: Final = "alerts.owed:"


class Owed(Frozen):
    """What one alert is owed."""

    first: bool = False
    """Whether it goes out at once, as the first digest of the alert, or with the next one."""
    mark: str = ""
    """Tells a promise from an earlier one: who keeps that, with the alert as it was, leaves the later one standing."""


def promise(store: Store, profile_id: str, *, first: bool = False) -> Owed:
    """Note that an alert is owed what is open; an earlier promise of a first digest stays.

    Made before the alert changes, lest a crash lose it; `keep` makes it again, for the alert as it is then.
    """
    before = _read(store.meta.get(_KEY + profile_id))
    owed = Owed(first=first or (before is not None and before.first), mark=secrets.token_hex(4))
    store.meta.set(_KEY + profile_id, owed.model_dump_json())
    return owed


def keep(
    store: Store,
    settings: Settings,
    index: SearchIndex | None,
    owner: Owner,
    profile: Profile,
    now: datetime,
    *,
    first: bool = False,
    turn: Turn = ANY_TIME,
) -> Digest | None:
    """Promise an alert, as it is now, what is open, and find it; send its first digest if that was promised.

    Without an index (`None`), with one that cannot answer, and out of turn, the promise stays and `settle` keeps it
    later.
    """
    owed = promise(store, profile.id, first=first)
    try:
        if index is None:
            raise IndexUnavailable("L’index de recherche n’est pas encore construit, ou ne répond pas.")
        with turn():
            return _kept(store, settings, index, owner, profile, now, owed)
    except IndexUnavailable as error:
        log.warning("What is open for alert %s is told when the search engine answers: %s", profile.id, error)
        return None


def settle(store: Store, settings: Settings, now: datetime) -> int:
    """Keep the promises that can be kept now; how many were. For a job that runs every few minutes.

    A search engine that hangs is waited for once, not once for each alert: the job has more to do. The order is
    drawn, so an alert whose search never ends in time does not always stand before the others.
    """
    waiting = list(store.meta.under(_KEY))
    if not waiting:
        return 0
    random.shuffle(waiting)
    done = 0
    try:
        with open_index(settings, writable=False) as index:
            for profile_id in waiting:
                done += _settled(store, settings, index, profile_id, now)
    except IndexUnavailable as error:
        log.info("%d of %d alerts wait for the search engine: %s", len(waiting) - done, len(waiting), error)
    return done


def tell(store: Store, settings: Settings, now: datetime) -> list[Digest]:
    """Keep the promises that can be kept, then build the digests that are due; those."""
    settle(store, settings, now)
    return digests.build_due(store, settings, now)


def any_owed(store: Store, profiles: Iterable[Profile]) -> bool:
    """Whether one of these alerts still waits for what is open."""
    waiting = store.meta.under(_KEY)
    return any(profile.id in waiting for profile in profiles)


def _settled(store: Store, settings: Settings, index: SearchIndex, profile_id: str, now: datetime) -> bool:
    owed = _read(store.meta.get(_KEY + profile_id))  # before the alert is read
    profile = store.profiles.get(profile_id)
    owner = None if profile is None else store.profiles.owner(profile.owner_id)
    if profile is None or owner is None or profile.state in (ProfileState.PAUSED, ProfileState.UNSUBSCRIBED):
        store.meta.delete(_KEY + profile_id)  # resuming promises it again
        return False
    if owed is None or profile.state is not ProfileState.ACTIVE or owner.confirmed_at is None:
        return False
    try:
        _kept(store, settings, index, owner, profile, now, owed)
    except IndexUnavailable:
        raise
    except Exception:
        log.exception("What is open for alert %s could not be found; it is tried again at the next pass", profile_id)
        return False
    return store.meta.get(_KEY + profile_id) is None


def _kept(
    store: Store, settings: Settings, index: SearchIndex, owner: Owner, profile: Profile, now: datetime, owed: Owed
) -> Digest | None:
    """The first digest, if that was promised. Raises IndexUnavailable."""
    record_existing(store, index, profile, now)
    digest = digests.first(store, settings, owner, profile, now) if owed.first else None
    if _read(store.meta.get(_KEY + profile.id)) == owed:
        store.meta.delete(_KEY + profile.id)
    return digest


def _read(text: str | None) -> Owed | None:
    if text is None:
        return None
    try:
        return Owed.model_validate_json(text)
    except ValidationError:  # of another version: what is open is owed at least
        return Owed(mark=text[:200])

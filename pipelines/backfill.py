"""How far back the scheduler goes through a portal's past, when somebody asked for more than the first crawl reads."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from core.errors import VigieError

if TYPE_CHECKING:
    from crawlers.portals import Portal
    from store import Store


def plan(store: Store, portal: Portal, first: date) -> None:
    """Let the scheduler go back to `first`; a later day than was asked for before changes nothing."""
    if "days" not in portal.scopes:
        raise VigieError(f"{portal.key} cannot be asked for publication days, only for what is open now.")
    before = planned(store, portal.key)
    if before is None or first < before:
        store.meta.set(_name(portal.key), first.isoformat())


def planned(store: Store, key: str) -> date | None:
    """The earliest day that somebody asked for."""
    value = store.meta.get(_name(key))
    return None if value is None else date.fromisoformat(value)


def _name(key: str) -> str:
    return f"backfill:{key}"

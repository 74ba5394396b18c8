"""Facts about portals that pages need: names and zones. A notice may come from a portal that is gone."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo

from core.errors import ConfigurationError
from crawlers import portals

DEFAULT_ZONE = "Europe/Brussels"


def keys() -> tuple[str, ...]:
    """The portals that this version of Vigie crawls."""
    return portals.keys()


def name(key: str, language: str) -> str:
    """Name of a portal for people; the key for one that is not crawled any more."""
    found = _definition(key)
    if found is None:
        return key
    return found.name.get(language) or found.name.get("fr") or next(iter(found.name.values()))


def short_name(key: str, language: str) -> str:
    """The first part of the name, for narrow places."""
    return name(key, language).partition(",")[0]


@cache
def zone(key: str) -> ZoneInfo:
    """The zone of the portal's days and hours."""
    found = _definition(key)
    return ZoneInfo(found.zone if found else DEFAULT_ZONE)


@cache
def _definition(key: str) -> portals.Portal | None:
    try:
        return portals.load(key)
    except ConfigurationError:
        return None

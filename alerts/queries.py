"""The stored query of a profile, read by today's `NoticeQuery`."""

from __future__ import annotations

import logging
from collections.abc import Collection

from crawlers import portals
from search.errors import QueryError
from search.query import NoticeQuery
from store.records import Profile

log = logging.getLogger(__name__)

INTERNATIONAL = "EU"
"""Country of a portal that prints notices of many countries."""


def readable(profile: Profile) -> NoticeQuery | None:
    """The query, or None when it cannot be read any more; the matcher opens an incident about it.

    What such a profile found before is still told.
    """
    try:
        return NoticeQuery.from_json(profile.query)
    except QueryError as error:
        log.warning("The query of profile %s cannot be read: %s", profile.id, error)
        return None


def portals_of(query: NoticeQuery, crawled: Collection[str]) -> tuple[str, ...]:
    """The portals crawled here whose notices can answer a query; when none was, all that it could concern."""
    here = [key for key in portals.keys() if not query.portals or key in query.portals]
    countries = {*query.countries, INTERNATIONAL}
    concerned = [key for key in here if not query.countries or portals.load(key).country in countries]
    return tuple(key for key in concerned if key in crawled) or tuple(concerned)


def criteria(profile: Profile, language: str) -> str:
    """The query as a sentence; empty when it cannot be read."""
    query = readable(profile)
    return "" if query is None else query.describe(language)

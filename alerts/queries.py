"""The stored query of a profile, read by today's `NoticeQuery`."""

from __future__ import annotations

import logging

from search.errors import QueryError
from search.query import NoticeQuery
from store.records import Profile

log = logging.getLogger(__name__)


def readable(profile: Profile) -> NoticeQuery | None:
    """The query, or None when it cannot be read any more; the matcher opens an incident about it.

    What such a profile found before is still told.
    """
    try:
        return NoticeQuery.from_json(profile.query)
    except QueryError as error:
        log.warning("The query of profile %s cannot be read: %s", profile.id, error)
        return None


def criteria(profile: Profile, language: str) -> str:
    """The query as a sentence; empty when it cannot be read."""
    query = readable(profile)
    return "" if query is None else query.describe(language)

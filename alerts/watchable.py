"""Whether new notices can be compared with a search at all, asked before it is saved."""

from __future__ import annotations

import logging
from contextlib import closing

from alerts.turns import ANY_TIME, Turn
from core.settings import Settings
from search import for_pages, new_matcher
from search.errors import IndexReadOnly, IndexUnavailable, QueryError
from search.query import NoticeQuery

log = logging.getLogger(__name__)


def refusal(settings: Settings, query: NoticeQuery, language: str, turn: Turn = ANY_TIME) -> str | None:
    """Why the engine cannot watch for a search, as a sentence; None when it can.

    While a cluster is away, or it is nobody's turn to ask it, nobody is kept from saving: should it refuse the search
    later, an incident names the alert.
    """
    if not settings.search.on_cluster:
        return None
    try:
        with turn(), closing(new_matcher(for_pages(settings))) as matcher:
            matcher.check(query)
    except QueryError as error:
        return error.told(language)
    except (IndexReadOnly, IndexUnavailable) as error:
        log.warning("An alert is saved without having been shown to the search engine: %s", error)
    return None

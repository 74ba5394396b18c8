"""A scratch index on the cluster, of the mapping of notices.

One that a kill left behind is old after a day, and `vigie index drop` removes it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from elasticsearch import Elasticsearch

from core import clock
from core.settings import SearchSettings
from search.document import IndexDocument
from search.elasticsearch.asking import Question
from search.elasticsearch.bulk import Bulk, Patience
from search.elasticsearch.client import connect
from search.elasticsearch.errors import engine_errors
from search.elasticsearch.mappings import Mappings
from search.query import NoticeQuery

NOTICES: Final = "notices"
_PAGE: Final = 10_000
_LONGEST: Final = timedelta(days=1)
"""No check takes longer than that."""
_MADE: Final = "index.creation_date"


class ClusterScratch:
    """The `Scratch` on an index with an alias of its own."""

    def __init__(self, client: Elasticsearch, alias: str, patience: Patience) -> None:
        self._client = client
        self._alias = alias
        self._bulk = Bulk(client, alias, patience)

    def add(self, documents: Sequence[IndexDocument]) -> None:
        """Found from now on; what the server does not take is in quarantine already and is left out."""
        self._bulk.index(documents, refresh=True)

    def ids(self, query: NoticeQuery, now: datetime) -> set[str]:
        """All notices that a search finds."""
        wanted = Question(self._client, self._alias, query, now).compiled
        found: set[str] = set()
        after: list[Any] | None = None
        while True:
            with engine_errors():
                answer = self._client.search(
                    index=self._alias, query=wanted, sort=[{"id": "asc"}], size=_PAGE, search_after=after,
                    source=False, track_total_hits=False, allow_partial_search_results=False,
                )  # fmt: skip
            hits = answer.body["hits"]["hits"]
            found |= {str(hit["_id"]) for hit in hits}
            if len(hits) < _PAGE:
                return found
            after = hits[-1]["sort"]


@contextmanager
def scratch(
    settings: SearchSettings, mappings: Mappings | None = None, patience: Patience | None = None
) -> Iterator[ClusterScratch]:
    """An empty index."""
    known, drawn = mappings or Mappings.load(settings.prefix), secrets.token_hex(6)
    name, alias = f"{known.alias(NOTICES)}-{known.version(NOTICES)}-check{drawn}", _alias(settings.prefix, drawn)
    client = connect(settings)
    try:
        with engine_errors(writing=True):
            known.install(client, settings)
            client.indices.create(index=name, aliases={alias: {}}, settings={"number_of_replicas": 0})
        try:
            yield ClusterScratch(client, alias, patience or Patience())
        finally:
            with engine_errors(writing=True):
                client.indices.delete(index=name, ignore_unavailable=True)
    finally:
        client.close()


def in_use(client: Elasticsearch, prefix: str) -> set[str]:
    """Names of the scratch indices of an installation on which a check may still be at work.

    May raise what the client raises.
    """
    found = client.indices.get_settings(
        index=_alias(prefix, "*"), name=_MADE, flat_settings=True, allow_no_indices=True
    )
    oldest = 1000 * (clock.now() - _LONGEST).timestamp()
    return {name for name, said in found.body.items() if int(said["settings"][_MADE]) > oldest}


def _alias(prefix: str, drawn: str) -> str:
    return f"{prefix}-check-{drawn}"

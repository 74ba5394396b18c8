"""A scratch index on the cluster, of the mapping of notices; left behind by a kill, `vigie index drop` removes it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from elasticsearch import Elasticsearch

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
    name, alias = f"{known.alias(NOTICES)}-{known.version(NOTICES)}-check{drawn}", f"{settings.prefix}-check-{drawn}"
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

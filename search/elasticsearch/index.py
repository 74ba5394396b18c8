"""The `SearchIndex` on an Elasticsearch cluster. Any number of processes may write and read.

The index is only a copy: where it is missing, the first writer begins an empty one and says `needs_rebuild`, so that
the indexer queues the store for it. Opening asks nothing of the cluster, so that a program starts while it is down.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Self

from elasticsearch import Elasticsearch

from core.settings import SearchSettings
from search.document import IndexDocument
from search.elasticsearch.asking import Question
from search.elasticsearch.bulk import Bulk, Patience
from search.elasticsearch.client import connect
from search.elasticsearch.documents import read
from search.elasticsearch.errors import DISK_FULL, engine_errors
from search.elasticsearch.figures import Figure
from search.elasticsearch.generations import Generation, Generations
from search.elasticsearch.mappings import Mappings
from search.elasticsearch.successor import Successor
from search.elasticsearch.whole import counted
from search.errors import IndexReadOnly, IndexUnavailable
from search.port import (
    Aggregation,
    AggregationResult,
    Facet,
    Indexed,
    IndexState,
    IndexStatus,
    SearchPage,
    Seen,
    Sort,
    check_window,
)
from search.query import NoticeQuery
from search.results import Teller

log = logging.getLogger(__name__)

ENGINE: Final = "elasticsearch"


class ElasticsearchIndex:
    """The index of notices of one installation. `writable=False` refuses to write, whatever the account may do."""

    def __init__(
        self,
        settings: SearchSettings,
        *,
        writable: bool,
        mappings: Mappings | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._client: Elasticsearch = connect(settings)
        self._writable = writable
        self._generations = Generations(self._client, mappings or Mappings.load(settings.prefix), settings)
        self._alias = self._generations.alias
        self._bulk = Bulk(self._client, self._alias, patience or Patience())
        self._successor = Successor(self._client, self._alias, self._generations.version, patience or Patience())
        self._checked = False

    def index(self, documents: Sequence[IndexDocument], *, seen: Seen = Seen.NOW) -> Indexed:
        """Add or replace documents; see `SearchIndex.index`."""
        self._check_writable()
        later = self._fed_next(documents)
        return _both(self._bulk.index(documents, refresh="wait_for" if seen is Seen.NOW else False), later)

    def replace(self, documents: Sequence[IndexDocument]) -> Indexed:
        """Like `index`, whatever version the index holds."""
        self._check_writable()
        later = self._fed_next(documents, versioned=False)
        return _both(self._bulk.index(documents, refresh="wait_for", versioned=False), later)

    def refresh(self) -> None:
        """What was indexed before is found by `search` when this returns."""
        with engine_errors(writing=True):
            self._client.indices.refresh(index=self._alias)

    def delete(self, notice_ids: Sequence[str]) -> None:
        """Remove documents; ids that are not there are no error."""
        self._check_writable()
        with engine_errors(writing=True):
            self._successor.delete(notice_ids)
        self._bulk.delete(notice_ids, refresh="wait_for")

    def clear(self) -> None:
        """Put an empty index in place of the one in use; the store must be queued again."""
        self._refuse_reader()
        with engine_errors(writing=True):
            self._generations.begin_anew()
            self._checked = True

    def rebuild_queued(self) -> None:
        """The store's notices have all been queued: ends `needs_rebuild`."""
        self._refuse_reader()
        with engine_errors(writing=True):
            self._generations.rebuild_queued(self._generations.prepared().name)

    def search(
        self,
        query: NoticeQuery,
        *,
        now: datetime,
        sort: Sort = Sort.RELEVANCE,
        offset: int = 0,
        limit: int = 20,
        facets: Sequence[Facet] = (),
        highlight: bool = True,
        language: str = "fr",
    ) -> SearchPage:
        """A page of results; see `SearchIndex.search`."""
        check_window(offset, limit)
        question = self._question(query, now)
        with engine_errors():
            page = question.page(sort, offset, limit, facets)
        teller = Teller(question.clauses, question.moment, language=language, highlight=highlight)
        return SearchPage(
            total=page.total,
            hits=tuple(teller.hit(read(source), score) for score, source in page.hits),
            facets=page.facets,
            unknowns=page.unknowns,
        )

    def count(self, query: NoticeQuery, *, now: datetime) -> int:
        """How many notices match."""
        with engine_errors():
            return self._question(query, now).count()

    def scan(self, query: NoticeQuery, *, now: datetime, sort: Sort = Sort.PUBLISHED) -> Iterator[str]:
        """The ids of all notices that match, of one moment of the index, however many."""
        with engine_errors():
            yield from self._question(query, now).scan(sort)

    def aggregate(
        self, query: NoticeQuery, aggregations: Sequence[Aggregation], *, now: datetime
    ) -> dict[str, AggregationResult]:
        """Figures over all notices that match, by name."""
        question = self._question(query, now)
        found: dict[str, AggregationResult] = {}
        with engine_errors():
            for wanted in aggregations:
                figure = Figure(question.compiler, wanted)
                total, answer = question.figures(figure.asked())
                found[wanted.name] = figure.read(answer, total)
        return found

    def size(self) -> int:
        """Number of documents."""
        with engine_errors():
            return counted(self._client, self._alias)

    def status(self) -> IndexStatus:
        """What the index says about itself; never raises."""
        try:
            with engine_errors(writing=self._writable):
                return self._status()
        except (IndexUnavailable, IndexReadOnly) as error:
            return self._unavailable(str(error))

    def _status(self) -> IndexStatus:
        self._checked = False  # another program may have put an index of its version in use
        found = self._generations.prepared() if self._writable else self._current()
        self._refuse_other_version(found)
        self._checked = True
        health = self._client.cluster.health(index=self._alias).body["status"]
        if health == "red":
            raise IndexUnavailable(
                "Une partie de l’index {index} n’est pas disponible (état rouge) : vérifiez les nœuds d’Elasticsearch.",
                index=found.name,
            )
        sentence = DISK_FULL if self._generations.is_full(found.name) else None
        if found.needs_rebuild and sentence is None:
            sentence = "L’index est vide et doit être refait à partir de la base."
        return IndexStatus(
            state=IndexState.REBUILDING if found.needs_rebuild else IndexState.READY,
            engine=ENGINE,
            documents=self.size(),
            schema_version=str(found.version),
            sentence=sentence,
            needs_rebuild=found.needs_rebuild,
        )

    def _unavailable(self, sentence: str) -> IndexStatus:
        return IndexStatus(
            state=IndexState.UNAVAILABLE,
            engine=ENGINE,
            documents=0,
            schema_version=str(self._generations.version),
            sentence=sentence,
        )

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fed_next(self, documents: Sequence[IndexDocument], *, versioned: bool = True) -> Indexed:
        """Write to the index that is being filled, if there is one."""
        with engine_errors(writing=True):
            return self._successor.index(documents, versioned=versioned)

    def _question(self, query: NoticeQuery, now: datetime) -> Question:
        return Question(self._client, self._alias, query, now)

    def _current(self) -> Generation:
        found = self._generations.current()
        if found is None:
            raise IndexUnavailable(
                "L’index {path} n’existe pas encore : `vigie up` ou `vigie reindex` le construit.", path=self._alias
            )
        return found

    def _refuse_reader(self) -> None:
        if not self._writable:
            raise IndexReadOnly("L’index {path} est ouvert en lecture seule.", path=self._alias)

    def _refuse_other_version(self, found: Generation) -> None:
        if found.version != self._generations.version:
            raise IndexUnavailable(
                "L’index {path} est écrit selon un autre schéma ({found}, attendu {expected}) : `vigie up` ou "
                "`vigie reindex` le refait.",
                path=found.name,
                found=found.version,
                expected=self._generations.version,
            )

    def _check_writable(self) -> None:
        """Whether documents may be written. The version is asked for once, and again with every status."""
        self._refuse_reader()
        if not self._checked:
            with engine_errors(writing=True):
                self._refuse_other_version(self._generations.prepared())
            self._checked = True


def _both(here: Indexed, later: Indexed) -> Indexed:
    """What became of documents in the index in use and in the one that is being filled."""
    if not (later.refused or later.outdated):
        return here
    refused = {refusal.notice_id: refusal for refusal in (*later.refused, *here.refused)}
    return Indexed(refused=tuple(refused.values()), outdated=tuple(dict.fromkeys((*here.outdated, *later.outdated))))

"""The embedded search engine: an index folder on disk, one writer, readers in any process.

The index is only a copy: it can be deleted at any time and is rebuilt from the store. A writer that finds an index of
another schema, or a damaged one, starts an empty generation and says `needs_rebuild`; readers say what is wrong.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import tantivy

from search.document import IndexDocument
from search.embedded.figures import Figures
from search.embedded.folder import IndexFolder, Marker
from search.embedded.opened import NO_ANSWER, OpenedIndex, count_of, engine_errors
from search.embedded.queries import Translator, every, without
from search.embedded.schema import SCHEMA_VERSION
from search.errors import IndexReadOnly, IndexUnavailable
from search.plan import AnyFact, Base, Between, Moment, Number, plan
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
    UnknownCount,
    check_window,
)
from search.query import NoticeQuery
from search.results import Teller
from search.text import parse, restricts

log = logging.getLogger(__name__)
_SCAN_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of the results with an order of its own; results are stretches one after the other."""

    query: tantivy.Query
    field: str | None
    order: tantivy.Order = tantivy.Order.Desc


class _Question:
    """One query on one searcher."""

    def __init__(self, opened: OpenedIndex, query: NoticeQuery, now: datetime) -> None:
        self.query = query
        self.clauses = plan(query)
        self.moment = Moment.of(now)
        self.translator = Translator(opened.schema, self.moment)
        self.compiled = self.translator.query(self.clauses)
        self.searcher = opened.searcher()
        self.figures = Figures(self.searcher, opened.schema, self.compiled, self.moment)

    def stretches(self, sort: Sort) -> tuple[_Stretch, ...]:
        """The order of results; what lacks the key of the sort comes last, newest first."""
        if sort is Sort.RELEVANCE and self.query.text and restricts(parse(self.query.text)):
            return (_Stretch(self.compiled, None),)
        if sort is Sort.DEADLINE:
            coming = self.translator.condition(Between(Number.DEADLINE, 1, None, Base.NOW))
            return self._first(coming, "sort_deadline", tantivy.Order.Asc)
        if sort is Sort.VALUE:
            currency = self.query.value.currency if self.query.value else "EUR"
            return self._first(self.translator.condition(AnyFact((f"headline={currency}",))), "sort_value")
        return (_Stretch(self.compiled, "sort_published"),)

    def _first(
        self, has_key: tantivy.Query, field: str, order: tantivy.Order = tantivy.Order.Desc
    ) -> tuple[_Stretch, ...]:
        return (
            _Stretch(every([self.compiled, has_key]), field, order),
            _Stretch(every([self.compiled, without(has_key)]), "sort_published"),
        )

    def addresses(self, sort: Sort, offset: int, limit: int) -> Iterator[tuple[float | None, tantivy.DocAddress]]:
        """Results `offset` to `offset + limit` with their score, if the order is by score."""
        for stretch in self.stretches(sort):
            if limit <= 0:
                return
            found = self._stretch(stretch, offset, limit)
            yield from ((score if stretch.field is None else None, address) for score, address in found.hits)
            limit -= len(found.hits)
            offset = max(0, offset - count_of(found))

    def _stretch(self, stretch: _Stretch, offset: int, limit: int) -> tantivy.SearchResult:
        if stretch.field is None:
            return self.searcher.search(stretch.query, limit=limit, offset=offset)
        return self.searcher.search(
            stretch.query, limit=limit, offset=offset, order_by_field=stretch.field, order=stretch.order
        )

    def unknowns(self) -> Iterator[UnknownCount]:
        """For each clause that some notices do not answer: how many of the results, or of what it dropped."""
        for clause in self.clauses:
            if clause.unknown is not None:
                others = [self.translator.clause(other) for other in self.clauses if other is not clause]
                silent = every([*others, self.translator.only_unknown(clause)])
                count = count_of(self.searcher.search(silent, limit=1))
                yield UnknownCount(name=clause.name, kept=clause.keeps_unknown, count=count)


class EmbeddedIndex:
    """The `SearchIndex` on Tantivy. Open it with `writer` or `reader`."""

    def __init__(self, folder: IndexFolder, *, writable: bool) -> None:
        self._folder = folder
        self._writable = writable
        self._opened: OpenedIndex | None = None
        self._marker: Marker | None = None
        self._lock = threading.RLock()

    @classmethod
    def writer(cls, path: Path) -> Self:
        """The one writer; makes the folder. Raises `IndexReadOnly` when another process is the writer."""
        folder = IndexFolder(path)
        folder.lock()
        try:
            index = cls(folder, writable=True)
            index._prepare()
        except BaseException:
            folder.unlock()  # or nobody could begin again in this process
            raise
        return index

    @classmethod
    def reader(cls, path: Path) -> Self:
        """A reader; the folder may appear later."""
        return cls(IndexFolder(path), writable=False)

    def _prepare(self) -> None:
        """Open the current generation, or start an empty one and say why."""
        try:
            marker = self._folder.marker()
            if marker is not None and marker.schema == SCHEMA_VERSION:
                self._opened, self._marker = OpenedIndex(self._folder.folder(marker)), marker
                return
            if marker is not None:
                log.warning("The index %s has schema %s; it is rebuilt.", self._folder.path, marker.schema)
        except IndexUnavailable as error:
            log.warning("The index %s is damaged and is rebuilt: %s", self._folder.path, error)
        self._start_generation()

    def _start_generation(self) -> None:
        with self._lock:
            before, self._opened = self._opened, None
            if before is not None:
                before.close()
            self._marker = self._folder.new_generation()
            self._opened = OpenedIndex(self._folder.folder(self._marker))
            self._folder.remove_old(self._marker)

    def _current(self) -> OpenedIndex:
        """The generation in use. Raises `IndexUnavailable` with what to do."""
        with self._lock:
            if self._writable:
                if self._opened is None:
                    raise IndexUnavailable("L’index {path} est fermé.", path=self._folder.path)
                return self._opened
            marker = self._folder.marker()
            if marker is None:
                raise IndexUnavailable(
                    "L’index {path} n’existe pas encore : `vigie up` ou `vigie reindex` le construit.",
                    path=self._folder.path,
                )
            if marker.schema != SCHEMA_VERSION:
                raise IndexUnavailable(
                    "L’index {path} est écrit selon un autre schéma ({found}, attendu {expected}) : `vigie up` ou "
                    "`vigie reindex` le refait.",
                    path=self._folder.path,
                    found=marker.schema,
                    expected=SCHEMA_VERSION,
                )
            if self._opened is None or self._marker is None or self._marker.generation != marker.generation:
                self._opened, self._marker = OpenedIndex(self._folder.folder(marker)), marker
            return self._opened

    def _current_for_writing(self) -> OpenedIndex:
        if not self._writable:
            raise IndexReadOnly("L’index {path} est ouvert en lecture seule.", path=self._folder.path)
        return self._current()

    def index(self, documents: Sequence[IndexDocument], *, seen: Seen = Seen.NOW) -> Indexed:
        """Add or replace documents; found by `search` when this returns. One writer never meets a higher version."""
        opened = self._current_for_writing()
        return Indexed(refused=opened.write(documents)) if documents else Indexed()

    def replace(self, documents: Sequence[IndexDocument]) -> Indexed:
        """The same as `index` here."""
        return self.index(documents)

    def refresh(self) -> None:
        """Nothing to do: what was indexed is found at once."""
        self._current()

    def delete(self, notice_ids: Sequence[str]) -> None:
        """Remove documents; ids that are not there are no error."""
        opened = self._current_for_writing()
        if notice_ids:
            opened.write((), notice_ids)

    def clear(self) -> None:
        """Remove everything; the store must be queued again."""
        self._current_for_writing()
        self._start_generation()

    def rebuild_queued(self) -> None:
        """The store's notices have all been queued: ends `needs_rebuild`."""
        self._current_for_writing()
        with self._lock:
            self._folder.rebuild_queued()
            self._marker = self._folder.marker()

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
        opened = self._current()
        with engine_errors(NO_ANSWER, self._folder.path):
            question = _Question(opened, query, now)
            found = list(question.addresses(sort, offset, limit))
            teller = Teller(question.clauses, question.moment, language=language, highlight=highlight)
            hits = tuple(teller.hit(_stored_document(question.searcher, address), score) for score, address in found)
            return SearchPage(
                total=question.figures.count(),
                hits=hits,
                facets={facet: question.figures.facet(facet) for facet in facets},
                unknowns=tuple(question.unknowns()),
            )

    def count(self, query: NoticeQuery, *, now: datetime) -> int:
        """How many notices match."""
        opened = self._current()
        with engine_errors(NO_ANSWER, self._folder.path):
            return _Question(opened, query, now).figures.count()

    def scan(self, query: NoticeQuery, *, now: datetime, sort: Sort = Sort.PUBLISHED) -> Iterator[str]:
        """The ids of all notices that match, of one moment of the index, however many."""
        opened = self._current()
        with engine_errors(NO_ANSWER, self._folder.path):
            question = _Question(opened, query, now)
            everything = max(1, question.figures.count())
            for _, address in question.addresses(sort, 0, everything):
                yield _stored_id(question.searcher, address)

    def aggregate(
        self, query: NoticeQuery, aggregations: Sequence[Aggregation], *, now: datetime
    ) -> dict[str, AggregationResult]:
        """Figures over all notices that match, by name."""
        opened = self._current()
        with engine_errors(NO_ANSWER, self._folder.path):
            figures = _Question(opened, query, now).figures
            return {wanted.name: figures.aggregate(wanted) for wanted in aggregations}

    def documents(self, notice_ids: Sequence[str]) -> dict[str, IndexDocument]:
        """What the index holds of these notices; those that it does not hold are absent."""
        opened = self._current()
        found: dict[str, IndexDocument] = {}
        with engine_errors(NO_ANSWER, self._folder.path):
            searcher = opened.searcher()
            for notice_id in notice_ids:
                hits = searcher.search(tantivy.Query.term_query(opened.schema, "id", notice_id), limit=1).hits
                for _, address in hits:
                    found[notice_id] = _stored_document(searcher, address)
        return found

    def size(self) -> int:
        """Number of documents."""
        return int(self._current().searcher().num_docs)

    def status(self) -> IndexStatus:
        """What the index says about itself; never raises."""
        try:
            documents = self.size()
        except IndexUnavailable as error:
            return IndexStatus(
                state=IndexState.UNAVAILABLE, engine="tantivy", documents=0, schema_version=SCHEMA_VERSION,
                sentence=str(error),
            )  # fmt: skip
        waiting = self._marker is not None and self._marker.needs_rebuild
        return IndexStatus(
            state=IndexState.REBUILDING if waiting else IndexState.READY,
            engine="tantivy",
            documents=documents,
            schema_version=SCHEMA_VERSION,
            sentence="L’index est vide et doit être refait à partir de la base." if waiting else None,
            needs_rebuild=waiting,
        )

    def close(self) -> None:
        """Give back files and the writer's lock."""
        with self._lock:
            opened, self._opened = self._opened, None
            try:
                if opened is not None:
                    opened.close()
            finally:
                self._folder.unlock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _stored_id(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> str:
    return str(searcher.doc(address).get_first("id"))


def _stored_document(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> IndexDocument:
    source: Any = searcher.doc(address).get_first("source")
    return IndexDocument.model_validate_json(bytes(source))

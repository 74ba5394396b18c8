"""One query put to an index: pages, counts, and all results of one moment.

Several searches go in one request where they can. A part of the index that does not answer is an error, never a smaller
result.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from elasticsearch import ApiError, Elasticsearch, TransportError

from search.elasticsearch.compiler import Compiler, Dsl, every, without
from search.elasticsearch.errors import refuse
from search.elasticsearch.figures import AMOUNT, Answer, Facets, headline_in
from search.plan import Base, Between, Moment, Number, plan
from search.port import Facet, FacetCounts, Sort, UnknownCount
from search.query import NoticeQuery
from search.text import parse, restricts

log = logging.getLogger(__name__)

_NEWEST: Final[list[Dsl]] = [{"published_at": {"order": "desc", "missing": "_last"}}, {"id": "asc"}]
_SCAN_PAGE: Final = 2_000
_KEEP: Final = "5m"
"""How long a reading of all results may pause between two pages."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the results with an order of its own; results are stretches one after the other."""

    query: Dsl
    sort: list[Dsl]
    scored: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What was found."""

    total: int
    hits: tuple[tuple[float | None, dict[str, Any]], ...]
    facets: dict[Facet, FacetCounts]
    unknowns: tuple[UnknownCount, ...]


class Question:
    """One query at one moment."""

    def __init__(self, client: Elasticsearch, index: str, query: NoticeQuery, now: datetime) -> None:
        self._client = client
        self._index = index
        self.query = query
        self.clauses = plan(query)
        self.moment = Moment.of(now)
        self.compiler = Compiler(self.moment)
        self.compiled = self.compiler.query(self.clauses)

    def count(self) -> int:
        """How many notices match."""
        return self.figures({})[0]

    def figures(self, asked: Dsl) -> tuple[int, Answer]:
        """How many notices match, and the answers to aggregations over them."""
        (answer,) = self._ask([_counted(self.compiled, asked)])
        return _total(answer), answer.get("aggregations", {})

    def page(self, sort: Sort, offset: int, limit: int, facets: Sequence[Facet]) -> Page:
        """Results `offset` to `offset + limit`, with what is counted over all of them."""
        first, *others = self.stretches(sort)
        counter = Facets(self.compiler)
        unclear = [place for place, clause in enumerate(self.clauses) if clause.unknown is not None]
        whole, start, *silent = self._ask(
            [
                _counted(self.compiled, counter.asked(facets)),
                _part(first, offset, limit),
                *(_counted(self._silent_on(place), {}) for place in unclear),
            ]
        )
        hits = _hits(start, first)
        for stretch in others if len(hits) < limit else ():
            (more,) = self._ask([_part(stretch, max(0, offset - _total(start)), limit - len(hits))])
            hits += _hits(more, stretch)
        return Page(
            total=_total(whole),
            hits=tuple(hits),
            facets={facet: counter.read(facet, whole["aggregations"]) for facet in facets},
            unknowns=tuple(
                UnknownCount(
                    name=self.clauses[place].name, kept=self.clauses[place].keeps_unknown, count=_total(answer)
                )
                for place, answer in zip(unclear, silent, strict=True)
            ),
        )

    def scan(self, sort: Sort) -> Iterator[str]:
        """The ids of all results, of one moment of the index."""
        with self._moment_of_index() as reading:
            for stretch in self.stretches(sort):
                yield from self._walk(stretch, reading)

    def stretches(self, sort: Sort) -> tuple[Stretch, ...]:
        """The order of results; what lacks the key of the sort comes last, newest first."""
        if sort is Sort.RELEVANCE and self.query.text and restricts(parse(self.query.text)):
            scored = self.compiler.query(self.clauses, scored=True)
            return (Stretch(scored, [{"_score": "desc"}, *_NEWEST], scored=True),)
        if sort is Sort.DEADLINE:
            coming = self.compiler.condition(Between(Number.DEADLINE, 1, None, Base.NOW))
            return self._first(coming, {"deadlines": {"order": "asc", "mode": "min"}})
        if sort is Sort.VALUE:
            currency = self.query.value.currency if self.query.value else "EUR"
            return self._first(headline_in(self.compiler, currency), {AMOUNT: {"order": "desc"}})
        return (Stretch(self.compiled, _NEWEST),)

    def _first(self, has_key: Dsl, key: Dsl) -> tuple[Stretch, ...]:
        return (
            Stretch(every([self.compiled, has_key]), [key, *_NEWEST]),
            Stretch(every([self.compiled, without(has_key)]), _NEWEST),
        )

    def _silent_on(self, place: int) -> Dsl:
        """Notices that satisfy the other clauses and do not say what this one asks for."""
        others = [self.compiler.clause(clause) for number, clause in enumerate(self.clauses) if number != place]
        return every([*others, self.compiler.only_unknown(self.clauses[place])])

    def _ask(self, searches: Sequence[Dsl]) -> list[Answer]:
        """The answers to several searches."""
        header = {"index": self._index, "allow_partial_search_results": False}
        asked = self._client.msearch(searches=[part for search in searches for part in (header, search)])
        answers: list[Answer] = asked.body["responses"]
        for answer in answers:
            if "error" in answer:
                refuse(int(answer.get("status", 500)), answer["error"])
        return answers

    @contextmanager
    def _moment_of_index(self) -> Iterator[dict[str, str]]:
        reading = {"id": self._client.open_point_in_time(index=self._index, keep_alive=_KEEP).body["id"]}
        try:
            yield reading
        finally:
            self._let_go(reading["id"])

    def _let_go(self, reading: str) -> None:
        try:
            self._client.close_point_in_time(id=reading)
        except (ApiError, TransportError):  # it ends by itself
            log.info("A reading of the index %s was not given back; it ends by itself.", self._index)

    def _walk(self, stretch: Stretch, reading: dict[str, str]) -> Iterator[str]:
        after: list[Any] | None = None
        while True:
            answer = self._client.search(
                query=stretch.query,
                sort=stretch.sort,
                size=_SCAN_PAGE,
                pit={**reading, "keep_alive": _KEEP},
                search_after=after,
                source=False,
                track_total_hits=False,
                allow_partial_search_results=False,
            ).body
            reading["id"] = answer.get("pit_id", reading["id"])
            hits = answer["hits"]["hits"]
            yield from (str(hit["_id"]) for hit in hits)
            if len(hits) < _SCAN_PAGE:
                return
            after = hits[-1]["sort"]


def _counted(query: Dsl, aggregations: Dsl) -> Dsl:
    asked: Dsl = {"query": query, "size": 0, "track_total_hits": True}
    return {**asked, "aggs": aggregations} if aggregations else asked


def _part(stretch: Stretch, offset: int, limit: int) -> Dsl:
    return {
        "query": stretch.query,
        "sort": stretch.sort,
        "from": offset,
        "size": limit,
        "track_total_hits": True,
    }


def _total(answer: Answer) -> int:
    total: Mapping[str, Any] = answer["hits"]["total"]
    return int(total["value"])


def _hits(answer: Answer, stretch: Stretch) -> list[tuple[float | None, dict[str, Any]]]:
    return [(hit["_score"] if stretch.scored else None, hit["_source"]) for hit in answer["hits"]["hits"]]

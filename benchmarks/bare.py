"""The peers of a search through Vigie: the same question put to the same index by somebody who has only the engine.

Each is prepared before the clock starts and is one call: the page with its documents as the engine keeps them, the
number of results, and where facets are asked for one plain aggregation per facet. Nothing is read of the answer: no
reasons, no excerpts, no model; nothing is counted of what notices do not say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import tantivy
from elasticsearch import Elasticsearch

from benchmarks.generated_notices import NOW
from benchmarks.questions import PAGE, Question
from search.embedded import schema
from search.embedded.folder import IndexFolder
from search.facets import KEYED_FACETS, MAX_KEYS, VALUE_BANDS
from search.plan import AnyFact, HasPhrase, plan
from search.port import Facet, Sort

Dsl = dict[str, Any]
_SECONDS = int(NOW.timestamp())
_DAY = 86_400


class Peer(Protocol):
    """An engine without Vigie."""

    def prepared(self, question: Question) -> Callable[[], int]:
        """The call that is timed; it returns how many results it brought."""


def _facts(question: Question) -> list[list[str]]:
    """Of each filter, the facts of which a notice must have one; notices that state no place are kept."""
    found = []
    for clause in plan(question.query()):
        conditions = (clause.known, clause.unknown if clause.keeps_unknown else None)
        if facts := [fact for one in conditions if isinstance(one, AnyFact) for fact in one.facts]:
            found.append(facts)
    return found


class BareCluster:
    """Search requests."""

    def __init__(self, client: Elasticsearch, alias: str) -> None:
        self._client = client
        self._alias = alias

    def prepared(self, question: Question) -> Callable[[], int]:
        """One search request."""
        asked: Dsl = {
            "query": self._query(question), "sort": self._sort(question), "from_": question.offset, "size": PAGE,
            "track_total_hits": True,
        }  # fmt: skip
        if question.facets:
            asked["aggs"] = {str(facet): self._facet(facet) for facet in question.facets}
        return lambda: len(self._client.search(index=self._alias, **asked).body["hits"]["hits"])

    def _query(self, question: Question) -> Dsl:
        filters: list[Dsl] = [{"terms": {"facts": facts}} for facts in _facts(question)]
        if question.sort is Sort.DEADLINE:
            filters.append({"range": {"deadlines": {"gt": str(_SECONDS), "format": "epoch_second"}}})
        said: Dsl = {"filter": filters} if filters else {}
        if question.words:
            text = " ".join(question.words)
            said["must"] = [{"multi_match": {"query": text, "type": "phrase", "fields": ["body.*", "title.*^3"]}}]
        return {"bool": said} if said else {"match_all": {}}

    def _sort(self, question: Question) -> list[Any]:
        orders: dict[Sort, list[Any]] = {
            Sort.PUBLISHED: [{"published_at": "desc"}, {"id": "asc"}],
            Sort.DEADLINE: [{"deadlines": {"order": "asc", "mode": "min"}}, {"id": "asc"}],
        }
        return orders.get(question.sort, ["_score"])

    def _facet(self, facet: Facet) -> Dsl:
        if facet in KEYED_FACETS:
            return {"terms": {"field": f"facets.{facet}", "size": MAX_KEYS}}
        if facet is Facet.VALUE:
            return {"range": {"field": "headline.amount", "ranges": _bands(VALUE_BANDS)}}
        days = [_SECONDS + count * _DAY for count in (0, 7, 30)]
        return {"date_range": {"field": "deadlines", "format": "epoch_second", "ranges": _bands(map(str, days))}}


class BareTantivy:
    """Tantivy on the folder of Vigie's index."""

    def __init__(self, folder: Path) -> None:
        marker = IndexFolder(folder).marker()
        if marker is None:
            raise RuntimeError(f"{folder} holds no index")
        self._schema = schema.build()
        self._index = tantivy.Index(self._schema, path=str(IndexFolder(folder).folder(marker)))
        schema.register(self._index)
        self._searcher = self._index.searcher()

    def prepared(self, question: Question) -> Callable[[], int]:
        """A search, the stored documents of its page, and one aggregation of all facets."""
        query, order = self._query(question), self._order(question)
        facets = {str(facet): self._facet(facet) for facet in question.facets}

        def ask() -> int:
            found = self._searcher.search(query, limit=PAGE, offset=question.offset, **order)
            documents = [self._searcher.doc(address)["source"] for _, address in found.hits]
            if facets:
                self._searcher.aggregate(query, facets)
            return len(documents)

        return ask

    def segments(self) -> int:
        """Parts that the index consists of."""
        return int(self._searcher.num_segments)

    def _query(self, question: Question) -> tantivy.Query:
        parts = [tantivy.Query.term_set_query(self._schema, "facts", facts) for facts in _facts(question)]
        parts += [self._words(clause.known) for clause in plan(question.query()) if isinstance(clause.known, HasPhrase)]
        if question.sort is Sort.DEADLINE:
            coming = (_SECONDS + 1, 1 << 62)
            parts.append(
                tantivy.Query.range_query(self._schema, "sort_deadline", tantivy.FieldType.Integer, *coming)
            )  # fmt: skip
        if not parts:
            return tantivy.Query.all_query()
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])

    def _words(self, phrase: HasPhrase) -> tantivy.Query:
        found = []
        for terms in phrase.alternatives:
            for field, boost in (("body", 1.0), ("title", 3.0)):
                query = (
                    tantivy.Query.phrase_query(self._schema, field, list(terms))
                    if len(terms) > 1
                    else tantivy.Query.term_query(self._schema, field, terms[0])
                )
                found.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, boost)))
        return tantivy.Query.boolean_query(found)

    def _order(self, question: Question) -> dict[str, Any]:
        orders: dict[Sort, dict[str, Any]] = {
            Sort.PUBLISHED: {"order_by_field": "sort_published", "order": tantivy.Order.Desc},
            Sort.DEADLINE: {"order_by_field": "sort_deadline", "order": tantivy.Order.Asc},
        }
        return orders.get(question.sort, {})

    def _facet(self, facet: Facet) -> Dsl:
        if facet in KEYED_FACETS:
            return {"terms": {"field": f"facet_{facet}", "size": MAX_KEYS}}
        if facet is Facet.VALUE:
            return {"range": {"field": "sort_value", "ranges": _bands(band * 100 for band in VALUE_BANDS)}}
        days = [_SECONDS + count * _DAY for count in (0, 7, 30)]
        return {"range": {"field": "sort_deadline", "ranges": _bands(days)}}


def _bands(limits: Iterable[int | str]) -> list[Dsl]:
    """Ranges between limits, open at both ends."""
    ends = [None, *limits, None]
    bands = [{"from": low, "to": high} for low, high in pairwise(ends)]
    return [{name: limit for name, limit in band.items() if limit is not None} for band in bands]

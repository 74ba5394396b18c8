"""Facet counts and figures on Tantivy. Ranges (deadline, value) are counted by one query per range."""

from __future__ import annotations

from decimal import Decimal

import tantivy

from search.document import UNKNOWN
from search.embedded.opened import count_of
from search.embedded.queries import Translator, between, every, without
from search.facets import DEADLINE_RANGES, KEYED_FACETS, MAX_KEYS, keyed_counts, range_counts, value_bands
from search.plan import AnyFact, Moment
from search.port import Aggregation, AggregationResult, Bucket, Facet, FacetCounts, Measure


class Figures:
    """Counts and measures over the results of one query, on one searcher."""

    def __init__(
        self, searcher: tantivy.Searcher, schema: tantivy.Schema, query: tantivy.Query, moment: Moment
    ) -> None:
        self._searcher = searcher
        self._schema = schema
        self._query = query
        self._condition = Translator(schema, moment).condition

    def count(self, *conditions: tantivy.Query) -> int:
        """How many results also satisfy these."""
        return count_of(self._searcher.search(every([self._query, *conditions]), limit=1))

    def facet(self, facet: Facet) -> FacetCounts:
        """Results per key."""
        unknown = self.count(self._with_key(facet, UNKNOWN))
        if facet in KEYED_FACETS:
            return self._keyed(facet, unknown)
        counts = {key: self.count(query) for key, query in self._ranges(facet).items() if key != UNKNOWN}
        return range_counts({**counts, UNKNOWN: unknown})

    def _keyed(self, facet: Facet, unknown: int) -> FacetCounts:
        # One key more than told, because what is unknown is a key here.
        wanted = {"terms": {"field": f"facet_{facet}", "size": MAX_KEYS + 1, "segment_size": 100_000}}
        found = self._searcher.aggregate(self._query, {"keys": wanted})["keys"]
        counts = {str(bucket["key"]): int(bucket["doc_count"]) for bucket in found["buckets"]}
        return keyed_counts(facet, counts, int(found["sum_other_doc_count"]), unknown)

    def _ranges(self, facet: Facet) -> dict[str, tantivy.Query]:
        if facet is Facet.DEADLINE:
            return {key: self._condition(condition) for key, condition in DEADLINE_RANGES.items()}
        return self._value_bands()

    def _value_bands(self) -> dict[str, tantivy.Query]:
        """Bands of the headline value in EUR: each notice is in one."""
        stated = self._condition(AnyFact(("headline=EUR",)))
        bands = {UNKNOWN: without(stated)}
        for key, (low, high) in value_bands().items():
            bands[key] = every([stated, between(self._schema, "sort_value", low, high)])
        return bands

    def _with_key(self, facet: Facet, key: str) -> tantivy.Query:
        if facet in KEYED_FACETS:
            return tantivy.Query.term_query(self._schema, f"facet_{facet}", key, index_option="basic")
        return self._ranges(facet)[key]

    def aggregate(self, wanted: Aggregation) -> AggregationResult:
        """One figure, over everything or per key, with what it rests on."""
        total = self.count()
        priced = self._condition(AnyFact((f"headline={wanted.currency}",)))
        if wanted.by is None:
            bucket = self._bucket(None, wanted.measure, [], priced)
            return AggregationResult(buckets=(bucket,), total=total, unknown=total - bucket.count)
        counts = self.facet(wanted.by)
        buckets = [
            self._bucket(key, wanted.measure, [self._with_key(wanted.by, key)], priced) for key, _ in counts.values
        ]
        if wanted.measure is Measure.COUNT:
            return AggregationResult(buckets=tuple(buckets), total=total, unknown=counts.unknown)
        keyed = without(self._with_key(wanted.by, UNKNOWN))
        return AggregationResult(buckets=tuple(buckets), total=total, unknown=total - self.count(priced, keyed))

    def _bucket(
        self, key: str | None, measure: Measure, conditions: list[tantivy.Query], priced: tantivy.Query
    ) -> Bucket:
        if measure is Measure.COUNT:
            number = self.count(*conditions)
            return Bucket(key=key, value=Decimal(number), count=number)
        query = every([self._query, *conditions, priced])
        number = count_of(self._searcher.search(query, limit=1))
        value = None if number == 0 else self._measured(measure, query, number)
        return Bucket(key=key, value=value, count=number)

    def _measured(self, measure: Measure, query: tantivy.Query, number: int) -> Decimal:
        if measure is Measure.MEDIAN:
            return self._median(query, number)
        found = self._searcher.aggregate(query, {"value": {"stats": {"field": "sort_value"}}})["value"]
        name = {Measure.SUM: "sum", Measure.MINIMUM: "min", Measure.MAXIMUM: "max", Measure.MEAN: "avg"}[measure]
        return _money(Decimal(round(found[name])))

    def _median(self, query: tantivy.Query, number: int) -> Decimal:
        """Exact: the middle of the results in the order of their values."""
        middle = 1 if number % 2 else 2
        hits = self._searcher.search(
            query,
            limit=middle,
            offset=(number - 1) // 2,
            order_by_field="sort_value",
            order=tantivy.Order.Asc,
            count=False,
        ).hits
        return _money(sum((Decimal(value) for value, _ in hits), Decimal(0)) / middle)


def _money(cents: Decimal) -> Decimal:
    return (cents / 100).quantize(Decimal("0.01"))

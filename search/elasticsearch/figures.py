"""Facets and figures as aggregations, and what the server answers to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from search.document import UNKNOWN
from search.elasticsearch.compiler import Compiler, Dsl, between, every, without
from search.facets import DEADLINE_RANGES, KEYED_FACETS, MAX_KEYS, keyed_counts, range_counts, value_bands
from search.plan import AnyFact
from search.port import Aggregation, AggregationResult, Bucket, Facet, FacetCounts, Measure

Answer = Mapping[str, Any]

AMOUNT: Final = "headline.amount"
_PER_SHARD: Final = 5_000
"""Keys that each shard counts, so that few are missed where there are several shards."""
_STATISTICS: Final = {Measure.SUM: "sum", Measure.MINIMUM: "min", Measure.MAXIMUM: "max", Measure.MEAN: "avg"}
_COMPRESSION: Final = 1_000
"""Of the digest that medians are taken from: far within the tolerance of the port."""


def headline_in(compiler: Compiler, currency: str) -> Dsl:
    """Notices whose headline value is in this currency."""
    return compiler.condition(AnyFact((f"headline={currency}",)))


class Facets:
    """Counts per key, as aggregations `<facet>` and `<facet>?`, the second for what does not say."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler

    def asked(self, facets: Sequence[Facet]) -> Dsl:
        """The aggregations of some facets."""
        return {name: asked for facet in dict.fromkeys(facets) for name, asked in self._asked(facet)}

    def _asked(self, facet: Facet) -> Iterator[tuple[str, Dsl]]:
        yield str(facet), self.keys(facet)
        if facet in KEYED_FACETS:
            yield f"{facet}?", {"filter": self.unknown(facet)}

    def keys(self, facet: Facet) -> Dsl:
        """The aggregation that has a bucket per key; ranges have one for what does not say as well."""
        if facet in KEYED_FACETS:
            # One key more than told, because what is unknown is a key here.
            return {"terms": {"field": f"facets.{facet}", "size": MAX_KEYS + 1, "shard_size": _PER_SHARD}}
        return {"filters": {"filters": self._ranges(facet)}}

    def unknown(self, facet: Facet) -> Dsl:
        """Notices that do not say."""
        return {"term": {f"facets.{facet}": UNKNOWN}} if facet in KEYED_FACETS else self._ranges(facet)[UNKNOWN]

    def _ranges(self, facet: Facet) -> dict[str, Dsl]:
        if facet is Facet.DEADLINE:
            return {key: self._compiler.condition(condition) for key, condition in DEADLINE_RANGES.items()}
        stated = headline_in(self._compiler, "EUR")
        bands = {
            key: every([stated, between(AMOUNT, low / 100, None if high is None else high / 100)])
            for key, (low, high) in value_bands().items()
        }
        return {**bands, UNKNOWN: without(stated)}

    def read(self, facet: Facet, answer: Answer) -> FacetCounts:
        """The counts of one facet from the aggregations that were answered."""
        counts = {key: int(bucket["doc_count"]) for key, bucket in buckets(answer[str(facet)])}
        if facet not in KEYED_FACETS:  # the server sorts ranges by their names
            return range_counts({key: counts[key] for key in self._ranges(facet)})
        elsewhere = int(answer[str(facet)]["sum_other_doc_count"])
        return keyed_counts(facet, counts, elsewhere, int(answer[f"{facet}?"]["doc_count"]))


class Figure:
    """One figure wanted, as aggregations, and read from their answers."""

    def __init__(self, compiler: Compiler, wanted: Aggregation) -> None:
        self._wanted = wanted
        self._facets = Facets(compiler)
        self._priced = headline_in(compiler, wanted.currency)

    def asked(self) -> Dsl:
        """The aggregations to ask for."""
        priced = {"filter": self._priced, "aggs": self._measured()}
        by = self._wanted.by
        if by is None:
            return {"priced": priced}
        keyed = every([self._priced, without(self._facets.unknown(by))])
        keys = {**self._facets.keys(by), "aggs": {"priced": priced}}
        return {**self._facets.asked([by]), str(by): keys, "priced": {"filter": keyed}}

    def _measured(self) -> Dsl:
        if self._wanted.measure is Measure.COUNT:
            return {}
        if self._wanted.measure is Measure.MEDIAN:
            digest = {"field": AMOUNT, "percents": [50], "keyed": False, "tdigest": {"compression": _COMPRESSION}}
            return {"value": {"percentiles": digest}}
        return {"value": {"stats": {"field": AMOUNT}}}

    def read(self, answer: Answer, total: int) -> AggregationResult:
        """The figure from what was answered."""
        by, counting = self._wanted.by, self._wanted.measure is Measure.COUNT
        if by is None:
            bucket = self._bucket(None, {"doc_count": total, "priced": answer["priced"]})
            return AggregationResult(buckets=(bucket,), total=total, unknown=total - bucket.count)
        counts = self._facets.read(by, answer)
        found = dict(buckets(answer[str(by)]))
        told = tuple(self._bucket(key, found[key]) for key, _ in counts.values)
        unknown = counts.unknown if counting else total - int(answer["priced"]["doc_count"])
        return AggregationResult(buckets=told, total=total, unknown=unknown)

    def _bucket(self, key: str | None, found: Answer) -> Bucket:
        if self._wanted.measure is Measure.COUNT:
            number = int(found["doc_count"])
            return Bucket(key=key, value=Decimal(number), count=number)
        number = int(found["priced"]["doc_count"])
        return Bucket(key=key, value=_money(self._value(found["priced"]["value"])) if number else None, count=number)

    def _value(self, found: Answer) -> float:
        if self._wanted.measure is Measure.MEDIAN:
            return float(found["values"][0]["value"])
        return float(found[_STATISTICS[self._wanted.measure]])


def buckets(answer: Answer) -> Iterator[tuple[str, Answer]]:
    """The buckets of an aggregation with their keys, in the server's order."""
    found = answer["buckets"]
    if isinstance(found, Mapping):
        yield from found.items()
    else:
        yield from ((str(bucket["key"]), bucket) for bucket in found)


def _money(amount: float) -> Decimal:
    return (Decimal(round(amount * 100)) / 100).quantize(Decimal("0.01"))

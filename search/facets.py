"""Ways to count results, the same for every engine: the keys of a document, ranges, and the counts as they are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from search import places
from search.document import UNKNOWN, IndexDocument
from search.plan import AllOf, AnyFact, Base, Between, Condition, NoneOf, Number
from search.port import Facet, FacetCounts

FACET_FACTS: Final = {
    Facet.KIND: "kind",
    Facet.COUNTRY: "country",
    Facet.PORTAL: "portal",
    Facet.NATURE: "nature",
    Facet.PROCEDURE: "procedure",
    Facet.LANGUAGE: "language",
}
KEYED_FACETS: Final = (*FACET_FACTS, Facet.CPV_DIVISION, Facet.REGION, Facet.PROVINCE, Facet.BUYER, Facet.MONTH)
"""Facets whose keys stand in the document; the others are ranges."""
MAX_KEYS: Final = 200
"""Keys that are told of a facet."""
VALUE_BANDS: Final = (50_000, 140_000, 500_000, 1_000_000, 5_000_000)
"""Limits between the bands of the value facet, in EUR."""
_MAX_KEY: Final = 300
_DAY: Final = 86_400


def facet_keys(document: IndexDocument) -> dict[Facet, list[str]]:
    """The keys under which a document is counted, per facet; `?` when it does not say."""
    said: dict[str, list[str]] = {}
    for fact in document.facts:
        name, _, value = fact.partition("=")
        said.setdefault(name, []).append(value)
    performed = said.get("performance", [])
    keys = {facet: said.get(name, []) for facet, name in FACET_FACTS.items()} | {
        Facet.CPV_DIVISION: [value for value in said.get("cpv", []) if len(value) == 2],
        Facet.REGION: [value for value in performed if places.depth(value) == 1],
        Facet.PROVINCE: [value for value in performed if places.depth(value) == 2],
        Facet.BUYER: list(dict.fromkeys(name[:_MAX_KEY] for name in document.buyers)),
        Facet.MONTH: [document.month] if document.month else [],
    }
    return {facet: found or [UNKNOWN] for facet, found in keys.items()}


def keyed_counts(facet: Facet, counts: Mapping[str, int], elsewhere: int, unknown: int) -> FacetCounts:
    """The counts of a keyed facet as they are told.

    `counts` are those of the largest keys, one more than are told, because what is unknown is a key here; `elsewhere`
    is the sum of the counts of all other keys.
    """
    told = {key: count for key, count in sorted(counts.items()) if key != UNKNOWN}
    if facet is not Facet.MONTH:
        told = dict(sorted(told.items(), key=lambda pair: -pair[1]))
    values = tuple(told.items())
    others = elsewhere + sum(count for _, count in values[MAX_KEYS:])
    if UNKNOWN not in counts:
        others -= unknown
    return FacetCounts(values=values[:MAX_KEYS], unknown=unknown, others=max(others, 0))


def range_counts(counts: Mapping[str, int]) -> FacetCounts:
    """The counts of a facet of ranges as they are told, in the order of the ranges."""
    values = tuple((key, count) for key, count in counts.items() if key != UNKNOWN and count)
    return FacetCounts(values=values, unknown=counts[UNKNOWN])


def value_bands() -> dict[str, tuple[int, int | None]]:
    """Each band of the headline value with its lowest and highest amount in cents."""
    bands: dict[str, tuple[int, int | None]] = {}
    for low, high in zip((0, *VALUE_BANDS), (*VALUE_BANDS, None), strict=True):
        key = f"below-{high}" if not low else (f"from-{low}" if high is None else f"{low}-{high}")
        bands[key] = (low * 100, None if high is None else high * 100 - 1)
    return bands


def _next_days(after: int, until: int | None) -> Condition:
    """A deadline of the notice lies there and none lies earlier in the future: each notice is in one range."""
    upper = None if until is None else until * _DAY
    inside = Between(Number.DEADLINE, after * _DAY + 1, upper, Base.NOW)
    if after == 0:
        return inside
    return AllOf((inside, NoneOf(Between(Number.DEADLINE, 1, after * _DAY, Base.NOW))))


DEADLINE_RANGES: Final[dict[str, Condition]] = {
    "passed": AllOf((Between(Number.DEADLINE, None, 0, Base.NOW), NoneOf(Between(Number.DEADLINE, 1, None, Base.NOW)))),
    "next-7-days": _next_days(0, 7),
    "next-30-days": _next_days(7, 30),
    "later": _next_days(30, None),
    UNKNOWN: AnyFact((f"deadline={UNKNOWN}",)),
}

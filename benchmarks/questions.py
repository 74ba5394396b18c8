"""The searches that benchmarks ask for: a fixed set per kind, the same in every run and on every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from statistics import quantiles
from typing import Final, NamedTuple

from benchmarks.generated_notices import NOW, Material
from search.port import Facet, SearchIndex, SearchPage, Sort
from search.query import NoticeQuery

PER_KIND: Final = 40
PAGE: Final = 20
DEEP: Final = 9_980
"""The last page that can be shown of any search."""


class Question(NamedTuple):
    """One search, as its parts."""

    words: tuple[str, ...] = ()
    """One word, or a phrase of several."""
    cpv: str = ""
    province: str = ""
    facets: tuple[Facet, ...] = ()
    sort: Sort = Sort.RELEVANCE
    offset: int = 0

    def query(self) -> NoticeQuery:
        """As it is asked for on the site; a filter on a place keeps notices that say none."""
        text = " ".join(self.words)
        return NoticeQuery(
            text=f'"{text}"' if len(self.words) > 1 else text or None,
            cpv=(self.cpv,) if self.cpv else (),
            places=(self.province,) if self.province else (),
        )

    def ask(self, index: SearchIndex, second: int) -> SearchPage:
        """The page that the site shows: results with reasons and excerpts, and how many there are.

        Each time is asked at another second, as on a site, so that no engine answers from what it has just answered.
        """
        at = NOW + timedelta(seconds=second)
        return index.search(
            self.query(), now=at, sort=self.sort, offset=self.offset, limit=PAGE, facets=self.facets
        )  # fmt: skip


def _words(material: Material) -> list[str]:
    """The first words of a CPV label that stand beside each other and are long enough to be asked for."""
    words = material.label_words(material.code(), material.random.choice(("fr", "nl")))
    plain = [word for word in words if word.isalnum() and len(word) > 3]
    return plain or ["travaux"]


def _phrase(material: Material) -> tuple[str, ...]:
    """Two words as they stand beside each other in a label, and so in titles."""
    while True:
        words = material.label_words(material.code(), material.random.choice(("fr", "nl")))
        if len(words) > 1 and words[0].isalnum() and words[1].isalnum():
            return tuple(words[:2])


KINDS: Final[Mapping[str, Callable[[Material], Question]]] = {
    "word": lambda made: Question(words=(_words(made)[0],)),
    "phrase": lambda made: Question(words=_phrase(made)),
    "filter": lambda made: Question(
        cpv=made.code()[:4], province=made.random.choice(made.provinces), sort=Sort.PUBLISHED
    ),
    "word, all facets": lambda made: Question(words=(_words(made)[0],), facets=tuple(Facet)),
    "everything, all facets": lambda made: Question(facets=tuple(Facet), sort=Sort.PUBLISHED),
    "division by deadline": lambda made: Question(cpv=made.code()[:2], sort=Sort.DEADLINE),
    "everything, last page": lambda made: Question(sort=Sort.PUBLISHED, offset=DEEP),
}


def questions() -> dict[str, list[Question]]:
    """The fixed set."""
    material = Material(seed=12)
    return {kind: [make(material) for _ in range(PER_KIND)] for kind, make in KINDS.items()}


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return {"p50": round(cuts[49] * 1000, 2), "p95": round(cuts[94] * 1000, 2)}

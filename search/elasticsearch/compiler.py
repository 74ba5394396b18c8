"""Queries in Elasticsearch's language.

The compiler reads the same conditions as the embedded engine (`search.plan`) and writes them as query DSL: facts are
terms of the keyword field `facts`, numbers are ranges, words are phrases of the fields `body.<language>`, which the
server analyses. Query words arrive folded and unstemmed; the server stems them once per language.

Two kinds of query are made:

- A *search* (`Compiler(moment)`) knows what *now* and *today* mean, and compares dates with absolute bounds. With
  `scored=True` the words of the text add to the score, more in the title; everything else only decides.
- A *stored* query (`Compiler.stored()`), for the percolator, is kept until some later document asks. It must not know
  the time, so a bound that counts from now is compared with a number that does so too: the document that is percolated
  brings `deadlines_from_now`, `deadline_days_from_now` and `published_days_from_now`, counted from the moment of the
  match (`search.elasticsearch.documents.percolated`). So *open calls* means the moment of the match and not of the
  save, and no profile has to be written again when a day ends. Stored queries are not scored and do not look at titles
  apart, as the body holds them: every word is six terms, one per analyser, from which the percolator extracts what a
  document must have.

A word that the server's analyser reads as nothing matches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from search import analysis
from search.plan import (
    AllOf,
    AnyFact,
    AnyOf,
    Base,
    Between,
    Condition,
    HasPhrase,
    HasPrefix,
    Moment,
    NoneOf,
    Number,
    PlannedClause,
)

Dsl = dict[str, Any]

TITLE_BOOST: Final = 3.0
NUMBER_FIELDS: Final = {
    Number.PUBLISHED_DAY: "published_day",
    Number.DEADLINE: "deadlines",
    Number.DEADLINE_DAY: "deadline_days",
    Number.AMOUNT: "amounts",
}
FROM_NOW: Final = {
    Number.PUBLISHED_DAY: "published_days_from_now",
    Number.DEADLINE: "deadlines_from_now",
    Number.DEADLINE_DAY: "deadline_days_from_now",
}
"""Fields of a percolated document whose values count from the moment of the match."""
EVERYTHING: Final[Dsl] = {"match_all": {}}
NOTHING: Final[Dsl] = {"match_none": {}}


class Compiler:
    """Translates the clauses of one query. Without a moment, into a query that is stored."""

    def __init__(self, moment: Moment | None) -> None:
        self._moment = moment

    @classmethod
    def stored(cls) -> Compiler:
        """For queries that wait for documents."""
        return cls(None)

    def query(self, clauses: Sequence[PlannedClause], *, scored: bool = False) -> Dsl:
        """Documents that satisfy every clause."""
        if not clauses:
            return EVERYTHING
        texts = [self.condition(clause.known, scored=True) for clause in clauses if scored and clause.name == "text"]
        others = [self.clause(clause) for clause in clauses if not (scored and clause.name == "text")]
        return every(others, scoring=texts)

    def clause(self, clause: PlannedClause) -> Dsl:
        """Documents that satisfy one clause, by what they say or by what they do not say."""
        known = self.condition(clause.known)
        if clause.keeps_unknown and clause.unknown is not None:
            return either([known, self.condition(clause.unknown)])
        return known

    def only_unknown(self, clause: PlannedClause) -> Dsl:
        """Documents that do not say what the clause asks for."""
        if clause.unknown is None:
            return NOTHING
        return {"bool": {"filter": [self.condition(clause.unknown)], "must_not": [self.condition(clause.known)]}}

    def condition(self, condition: Condition, *, scored: bool = False) -> Dsl:
        """Documents that satisfy one condition."""
        match condition:
            case AnyFact(facts):
                return {"terms": {"facts": list(facts)}}
            case Between():
                return self._between(condition)
            case HasPhrase():
                return either(_phrases(" ".join(condition.words), scored))
            case HasPrefix(start):
                return {"prefix": {"words": {"value": start}}}
            case AllOf(parts):
                compiled = [self.condition(part, scored=scored) for part in parts]
                return every([], scoring=compiled) if scored else every(compiled)
            case AnyOf(parts):
                return either([self.condition(part, scored=scored) for part in parts])
            case NoneOf(inner):
                return without(self.condition(inner))
            case _:
                return EVERYTHING

    def _between(self, condition: Between) -> Dsl:
        number = condition.number
        if self._moment is None and condition.base is not Base.ZERO:
            return between(FROM_NOW[number], condition.low, condition.high)
        bounds = (condition.low, condition.high) if self._moment is None else self._moment.bounds(condition)
        query = instants if number is Number.DEADLINE else between
        return query(NUMBER_FIELDS[number], *bounds)


def _phrases(words: str, scored: bool) -> list[Dsl]:
    found: list[Dsl] = [{"match_phrase": {f"body.{language}": {"query": words}}} for language in analysis.LANGUAGES]
    if scored:
        found += [
            {"match_phrase": {f"title.{language}": {"query": words, "boost": TITLE_BOOST}}}
            for language in analysis.LANGUAGES
        ]
    return found


def between(field: str, low: float | None, high: float | None) -> Dsl:
    """Documents with a value of a field in this range, both ends included."""
    bounds = {"gte": low, "lte": high}
    said = {name: bound for name, bound in bounds.items() if bound is not None}
    return {"range": {field: said}} if said else {"exists": {"field": field}}


def instants(field: str, low: int | None, high: int | None) -> Dsl:
    """Documents with an instant in this range of seconds since 1970, both ends included.

    As texts with their format, because a bare number in a range of dates means milliseconds to Elasticsearch.
    """
    bounds = {"gte": low, "lte": high}
    said = {name: str(bound) for name, bound in bounds.items() if bound is not None}
    return {"range": {field: {**said, "format": "epoch_second"}}} if said else {"exists": {"field": field}}


def every(queries: Sequence[Dsl], scoring: Sequence[Dsl] = ()) -> Dsl:
    """All of these; `scoring` ones also add to the score."""
    if len(queries) == 1 and not scoring:
        return queries[0]
    parts = {"must": list(scoring), "filter": list(queries)}
    return {"bool": {name: part for name, part in parts.items() if part}}


def either(queries: Sequence[Dsl]) -> Dsl:
    """At least one of these."""
    if len(queries) == 1:
        return queries[0]
    return {"bool": {"should": list(queries), "minimum_should_match": 1}}


def without(query: Dsl) -> Dsl:
    """Everything but this."""
    return {"bool": {"must_not": [query]}}

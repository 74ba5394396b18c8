"""Conditions as Tantivy queries. Whether a notice matches is decided by `body`, `words`, `facts` and the numbers; the
title only adds to the score."""

from __future__ import annotations

from collections.abc import Sequence

import tantivy

from search.embedded.schema import NUMBER_FIELDS
from search.plan import (
    AllOf,
    AnyFact,
    AnyOf,
    Between,
    Condition,
    HasPhrase,
    HasPrefix,
    Moment,
    NoneOf,
    PlannedClause,
)

TITLE_BOOST = 3.0
_LOWEST, _HIGHEST = -(1 << 62), 1 << 62


class Translator:
    """Translates conditions for one schema and one moment."""

    def __init__(self, schema: tantivy.Schema, moment: Moment) -> None:
        self._schema = schema
        self._moment = moment

    def query(self, clauses: Sequence[PlannedClause]) -> tantivy.Query:
        """Documents that satisfy every clause; only texts add to the score."""
        if not clauses:
            return tantivy.Query.all_query()
        return every([self.clause(clause) for clause in clauses])

    def clause(self, clause: PlannedClause) -> tantivy.Query:
        """Documents that satisfy one clause."""
        known = self.condition(clause.known)
        if clause.name == "text":
            return known
        if clause.keeps_unknown and clause.unknown is not None:
            known = either([known, self.condition(clause.unknown)])
        return tantivy.Query.const_score_query(known, 0.0)

    def only_unknown(self, clause: PlannedClause) -> tantivy.Query:
        """Documents that do not say what the clause asks for."""
        if clause.unknown is None:
            return tantivy.Query.empty_query()
        return every([self.condition(clause.unknown), without(self.condition(clause.known))])

    def condition(self, condition: Condition) -> tantivy.Query:
        """Documents that satisfy one condition."""
        match condition:
            case AnyFact(facts):
                return self._facts(facts)
            case Between():
                return self._between(condition)
            case HasPhrase(alternatives):
                return either([query for terms in alternatives for query in self._phrase(terms)])
            case HasPrefix(start):
                found = tantivy.Query.regex_query(self._schema, "words", f"{start}.*")
                return tantivy.Query.const_score_query(found, 1.0)
            case AllOf(parts):
                return every([self.condition(part) for part in parts])
            case AnyOf(parts):
                return either([self.condition(part) for part in parts])
            case NoneOf(inner):
                return without(self.condition(inner))
            case _:
                return tantivy.Query.all_query()

    def _facts(self, facts: tuple[str, ...]) -> tantivy.Query:
        if len(facts) == 1:
            return tantivy.Query.term_query(self._schema, "facts", facts[0], index_option="basic")
        return tantivy.Query.term_set_query(self._schema, "facts", list(facts))

    def _between(self, condition: Between) -> tantivy.Query:
        low, high = self._moment.bounds(condition)
        return between(self._schema, NUMBER_FIELDS[condition.number], low, high)

    def _phrase(self, terms: tuple[str, ...]) -> list[tantivy.Query]:
        found = [self._beside(field, terms) for field in ("body", "title")]
        return [found[0], tantivy.Query.boost_query(found[1], TITLE_BOOST)]

    def _beside(self, field: str, terms: tuple[str, ...]) -> tantivy.Query:
        if len(terms) == 1:
            return tantivy.Query.term_query(self._schema, field, terms[0])
        return tantivy.Query.phrase_query(self._schema, field, list(terms))


def between(schema: tantivy.Schema, field: str, low: int | None, high: int | None) -> tantivy.Query:
    """Documents with a value of an integer field in this range, both ends included."""
    low, high = (_LOWEST if low is None else low), (_HIGHEST if high is None else high)
    return tantivy.Query.range_query(schema, field, tantivy.FieldType.Integer, low, high)


def every(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    """All of these."""
    if len(queries) == 1:
        return queries[0]
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])


def either(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    """At least one of these."""
    if len(queries) == 1:
        return queries[0]
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def without(query: tantivy.Query) -> tantivy.Query:
    """Everything but this; scores nothing."""
    everything = tantivy.Query.boolean_query(
        [(tantivy.Occur.Must, tantivy.Query.all_query()), (tantivy.Occur.MustNot, query)]
    )
    return tantivy.Query.const_score_query(everything, 0.0)

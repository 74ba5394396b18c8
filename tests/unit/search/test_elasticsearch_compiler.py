"""Queries in Elasticsearch's language: what they look like for a search, and for the percolator."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from search.elasticsearch.compiler import FROM_NOW, NUMBER_FIELDS, Compiler
from search.plan import Moment, plan
from search.query import NoticeQuery
from tests.contracts.search.search_material import NOW, random_query

MOMENT = Moment.of(NOW)


def compiled(query: NoticeQuery, *, scored: bool = False) -> Any:
    """The query of a search at the moment of the tests."""
    return Compiler(MOMENT).query(plan(query), scored=scored)


def stored(query: NoticeQuery) -> Any:
    """The query as it is kept for documents to come."""
    return Compiler.stored().query(plan(query))


def fields_of(query: Any) -> set[str]:
    """Every field that a query looks at."""
    if isinstance(query, list):
        return set().union(*map(fields_of, query)) if query else set()
    if not isinstance(query, dict):
        return set()
    found: set[str] = set()
    for name, inner in query.items():
        if name in ("range", "terms", "prefix", "match_phrase", "term"):
            found |= set(inner)
        else:
            found |= fields_of(inner)
    return found


def test_a_query_without_clauses_is_everything() -> None:
    assert compiled(NoticeQuery()) == stored(NoticeQuery()) == {"match_all": {}}


def test_words_go_unstemmed_to_every_analyser_and_only_a_search_by_relevance_looks_at_titles() -> None:
    query = NoticeQuery(text='"Déchets VERTS"')
    bodies = {f"body.{language}" for language in ("fr", "nl", "de", "en", "ar", "xx")}
    assert fields_of(compiled(query)) == fields_of(stored(query)) == bodies
    assert fields_of(compiled(query, scored=True)) == bodies | {field.replace("body", "title") for field in bodies}
    assert compiled(query)["bool"]["should"][0] == {"match_phrase": {"body.fr": {"query": "dechets verts"}}}


def test_filters_never_add_to_the_score() -> None:
    found = compiled(NoticeQuery(text="voirie", countries=["BE"], cpv=["45"]), scored=True)["bool"]
    assert len(found["must"]) == 1
    assert fields_of(found["filter"]) == {"facts"}


def test_a_stored_query_never_knows_the_time() -> None:
    query = NoticeQuery.open_calls(text="voirie", published={"last_days": 7})
    assert "deadlines_from_now" in fields_of(stored(query))
    assert "published_days_from_now" in fields_of(stored(query))
    assert not fields_of(stored(query)) & {"deadlines", "published_day"}
    assert not fields_of(compiled(query)) & set(FROM_NOW.values())


def test_a_stored_query_is_the_same_whenever_it_is_made_and_fits_in_json() -> None:
    random = Random(4)
    for query in (random_query(random) for _ in range(200)):
        assert json.loads(json.dumps(stored(query))) == stored(query)
        assert str(MOMENT.seconds) not in json.dumps(stored(query))


def test_dates_of_the_calendar_are_compared_as_such_in_both_kinds() -> None:
    query = NoticeQuery(published={"from": "2026-11-01", "to": "2026-11-30", "unknown": "exclude"})
    assert compiled(query) == stored(query)
    assert fields_of(stored(query)) == {"published_day"}


def test_instants_are_told_with_their_format_because_bare_numbers_mean_milliseconds() -> None:
    found = json.dumps(compiled(NoticeQuery(deadline={"open": True, "unknown": "exclude"})))
    assert f'"deadlines": {{"gte": "{MOMENT.seconds + 1}", "format": "epoch_second"}}' in found


def test_every_field_asked_for_is_known() -> None:
    random = Random(5)
    known = {"facts", "words", *NUMBER_FIELDS.values()} | {
        f"{side}.{language}" for side in ("title", "body") for language in ("fr", "nl", "de", "en", "ar", "xx")
    }
    for query in (random_query(random) for _ in range(200)):
        assert fields_of(compiled(query, scored=True)) <= known
        assert fields_of(stored(query)) <= known | set(FROM_NOW.values())

"""The law of search: whatever a query finds, the matcher matches, and the other way round; counts agree with both."""

from __future__ import annotations

from random import Random

import pytest

from search.document import IndexDocument
from search.evaluate import DocumentView, kept, satisfied
from search.plan import Moment, plan
from search.port import Matcher, SearchIndex
from tests.contracts.search.search_material import NOW, random_notice, random_query, stored

SEEDS = range(8)
pytestmark = pytest.mark.analysed


@pytest.mark.parametrize("seed", SEEDS)
def test_a_notice_matches_a_profile_exactly_when_the_same_search_finds_it(
    seed: int, index: SearchIndex, matcher: Matcher
) -> None:
    random = Random(seed)
    documents = [IndexDocument.of(stored(random_notice(random, number))) for number in range(80)]
    queries = {str(number): random_query(random) for number in range(120)}
    index.index(documents)
    for profile_id, query in queries.items():
        matcher.put(profile_id, query)
    matched: dict[str, set[str]] = {profile_id: set() for profile_id in queries}
    for match in matcher.match(documents, now=NOW):
        assert match.notice_id not in matched[match.profile_id]
        matched[match.profile_id].add(match.notice_id)
    assert any(matched.values())
    for profile_id, query in queries.items():
        assert set(index.scan(query, now=NOW)) == matched[profile_id], query.to_json()


@pytest.mark.parametrize("seed", range(3))
def test_a_match_tells_the_reasons_that_the_same_search_tells(seed: int, index: SearchIndex, matcher: Matcher) -> None:
    random = Random(3000 + seed)
    documents = [IndexDocument.of(stored(random_notice(random, number))) for number in range(60)]
    queries = {str(number): random_query(random) for number in range(60)}
    index.index(documents)
    for profile_id, query in queries.items():
        matcher.put(profile_id, query)
    told = {(match.profile_id, match.notice_id): match.clauses for match in matcher.match(documents, now=NOW)}
    assert any(told.values())
    for profile_id, query in queries.items():
        for hit in index.search(query, now=NOW, limit=100, highlight=False).hits:
            assert told[profile_id, hit.notice_id] == hit.clauses, query.to_json()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_notices_that_do_not_say_are_counted_and_labelled(seed: int, index: SearchIndex) -> None:
    random = Random(1000 + seed)
    documents = [IndexDocument.of(stored(random_notice(random, number))) for number in range(60)]
    index.index(documents)
    views, moment = [DocumentView(item) for item in documents], Moment.of(NOW)
    counted = 0
    for query in (random_query(random) for _ in range(60)):
        page = index.search(query, now=NOW, limit=100, highlight=False)
        clauses = plan(query)
        found = [view for view in views if all(satisfied(clause, view, moment) for clause in clauses)]
        assert page.total == len(found) == len(page.hits) == index.count(query, now=NOW)
        for count in page.unknowns:
            clause = next(item for item in clauses if item.name == count.name)
            labelled = sum(count.name in hit.unknowns for hit in page.hits)
            assert labelled == (count.count if count.kept else 0)
            assert labelled == sum(kept(clause, view, moment) for view in found)
            counted += labelled
    assert counted


@pytest.mark.parametrize("seed", range(3))
def test_the_law_holds_after_profiles_were_replaced_and_removed_and_anchors_chosen_anew(
    seed: int, index: SearchIndex, matcher: Matcher
) -> None:
    random = Random(2000 + seed)
    documents = [IndexDocument.of(stored(random_notice(random, number))) for number in range(130)]
    index.index(documents)
    queries = {}
    for number in range(200):
        profile_id = str(number % 70)
        queries[profile_id] = random_query(random)
        matcher.put(profile_id, queries[profile_id])
    for number in range(0, 70, 3):
        matcher.remove(str(number))
        del queries[str(number)]
    assert len(matcher) == len(queries)
    matcher.match(documents, now=NOW)  # the matcher learns which words are rare
    again = matcher.match(documents, now=NOW)
    assert again
    for profile_id, query in queries.items():
        ids = {match.notice_id for match in again if match.profile_id == profile_id}
        assert ids == set(index.scan(query, now=NOW)), query.to_json()
    assert {match.profile_id for match in again} <= set(queries)

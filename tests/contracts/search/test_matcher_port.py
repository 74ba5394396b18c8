"""The matcher as alerts use it."""

from __future__ import annotations

from datetime import timedelta

from core import clock
from notices.model import Classification, Place
from search.document import IndexDocument
from search.port import Matcher
from search.query import NoticeQuery
from tests.contracts.search.search_material import NOW, buyer, document, estimate, tenders_due


def test_a_profile_matches_from_the_moment_it_was_put_until_it_is_removed(matcher: Matcher) -> None:
    item = document(title={"fr": "Voirie"})
    assert matcher.match([item], now=NOW) == []
    matcher.put("a", NoticeQuery(text="voirie"))
    assert [match.profile_id for match in matcher.match([item], now=NOW)] == ["a"]
    matcher.put("a", NoticeQuery(text="tunnel"))
    assert matcher.match([item], now=NOW) == []
    matcher.remove("a")
    matcher.remove("never there")
    assert len(matcher) == 0


def test_a_match_says_which_clauses_matched_with_what_the_notice_says(matcher: Matcher) -> None:
    item = document(
        title={"fr": "Réfection des voiries"},
        classifications=(Classification(code="45233140"),),
        places=(Place(nuts="BE351"),),
        buyers=(buyer("Ville de Namur", "BE352"),),
        values=(estimate(60_000),),
        deadlines=(tenders_due(NOW + timedelta(days=3)),),
    )
    query = NoticeQuery.open_calls(
        text="voirie", cpv=["45"], places=["BE35"], buyers=["namur"], value={"minimum": 1, "currency": "EUR"}
    )
    matcher.put("a", query)
    clauses = {clause.name: clause for clause in matcher.match([item], now=NOW)[0].clauses}
    assert clauses["text"].words == ("voiries",)
    assert clauses["text"].field == "title"
    assert clauses["cpv"].words == ("45233140",)
    assert set(clauses["places"].words) == {"BE351", "BE352"}
    assert clauses["places"].field == "performance+seat"
    assert clauses["buyers"].words == ("Ville de Namur",)
    assert clauses["value"].words == ("60000 EUR",)
    assert clauses["open"].words == ("2026-11-25T09:00Z",)
    assert not any(clause.unknown for clause in clauses.values())


def test_what_is_kept_because_it_is_not_said_is_labelled(matcher: Matcher) -> None:
    matcher.put("a", NoticeQuery(text="voirie", value={"minimum": 1, "currency": "EUR"}))
    clauses = matcher.match([document(title={"fr": "Voirie"})], now=NOW)[0].clauses
    assert [(clause.name, clause.unknown) for clause in clauses] == [("text", False), ("value", True)]


def test_relative_dates_mean_the_moment_of_the_match_and_not_of_the_save(matcher: Matcher) -> None:
    item = document(title={"fr": "Voirie"}, deadlines=(tenders_due(NOW + timedelta(days=1)),))
    matcher.put("a", NoticeQuery.open_calls(text="voirie"))
    with clock.frozen_at(NOW):
        assert len(matcher.match([item])) == 1
    with clock.frozen_at(NOW + timedelta(days=2)):
        assert matcher.match([item]) == []


def test_a_profile_without_any_clause_matches_everything(matcher: Matcher) -> None:
    matcher.put("a", NoticeQuery())
    matcher.put("b", NoticeQuery(text="-voirie"))
    assert {match.profile_id for match in matcher.match([document(title={"fr": "Voirie"})], now=NOW)} == {"a"}


def test_two_profiles_with_the_same_query_both_match(matcher: Matcher) -> None:
    for profile_id in ("a", "b", "c"):
        matcher.put(profile_id, NoticeQuery(text="voirie"))
    matcher.remove("b")
    found = matcher.match([document(title={"fr": "Voirie"})], now=NOW)
    assert {match.profile_id for match in found} == {"a", "c"}


def test_the_reasons_stand_in_the_order_of_each_profile_s_own_query(matcher: Matcher) -> None:
    matcher.put("a", NoticeQuery(text="voirie tunnel"))
    matcher.put("b", NoticeQuery(text="tunnel voirie"))
    found = matcher.match([document(title={"fr": "Voirie et tunnel"})], now=NOW)
    told = {match.profile_id: [clause.printed for clause in match.clauses] for match in found}
    assert told == {"a": ["voirie", "tunnel"], "b": ["tunnel", "voirie"]}


def test_profiles_of_a_popular_region_match_there_where_no_place_is_said_and_nowhere_else(matcher: Matcher) -> None:
    in_namur, in_ghent, said_nowhere = (
        document(1, title={"fr": "Voirie"}, places=(Place(nuts="BE352"),)),
        document(2, title={"fr": "Voirie"}, places=(Place(nuts="BE234"),)),
        document(3, title={"fr": "Voirie"}),
    )
    many = {str(number): NoticeQuery(text="voirie", places=["BE35"]) for number in range(120)}
    others = {
        "strict": NoticeQuery(text="voirie", places=["BE35"], places_unknown="exclude"),
        "elsewhere": NoticeQuery(text="voirie", places=["BE23"]),
    }
    for profile_id, query in {**many, **others}.items():
        matcher.put(profile_id, query)
    for number in range(0, 120, 2):
        matcher.remove(str(number))
    left = {str(number) for number in range(1, 120, 2)}

    def matched(item: IndexDocument) -> set[str]:
        return {match.profile_id for match in matcher.match([item], now=NOW)}

    assert matched(in_namur) == left | {"strict"}
    assert matched(in_ghent) == {"elsewhere"}
    assert matched(said_nowhere) == left | {"elsewhere"}
    for profile_id in left:
        matcher.remove(profile_id)
    assert matched(in_namur) == {"strict"}

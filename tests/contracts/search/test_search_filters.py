"""What filters keep and drop, and what they say about notices that do not say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from notices.model import Classification, Deadline, DeadlineKind, Flags, Lot, NoticeKind, Place
from search.document import IndexDocument
from search.port import SearchIndex
from search.query import NoticeQuery
from tests.contracts.search.search_material import NOW, buyer, document, estimate, tenders_due


def found(index: SearchIndex, *documents: IndexDocument, **fields: Any) -> set[int]:
    """Numbers of the notices that a query finds."""
    index.index(documents)
    return {int(notice_id.split(":")[1]) for notice_id in index.scan(NoticeQuery(**fields), now=NOW)}


def coded(number: int, *codes: str) -> IndexDocument:
    return document(number, classifications=tuple(Classification(code=code) for code in codes))


@pytest.mark.parametrize("branch", ["45", "45000000", "45000000-7", "452", "4523", "45233140-2"])
def test_a_cpv_branch_finds_the_codes_below_it(branch: str, index: SearchIndex) -> None:
    assert found(index, coded(1, "45233140"), coded(2, "71000000"), document(3), cpv=[branch]) == {1}


def test_an_excluded_cpv_branch_drops_every_notice_with_a_code_in_it(index: SearchIndex) -> None:
    documents = (coded(1, "45233140"), coded(2, "45210000"), coded(3, "45210000", "45233140"), document(4))
    assert found(index, *documents, cpv=["45"], cpv_not=["4523"]) == {2}
    assert found(index, cpv_not=["4523"]) == {2, 4}


def test_any_lot_satisfies_any_clause(index: SearchIndex) -> None:
    lots = (
        Lot(id="LOT-0001", classifications=(Classification(code="45233140"),), title={"fr": "Voirie"}),
        Lot(id="LOT-0002", places=(Place(nuts="BE211"),), values=(estimate(90_000),), flags=Flags(sme_suitable=True)),
    )
    flags = {"sme_suitable": {"is": True, "unknown": "exclude"}}
    value = {"maximum": 100_000, "currency": "EUR", "unknown": "exclude"}
    query = {"cpv": ["4523"], "places": ["BE21"], "value": value, "flags": flags, "text": "voirie"}
    assert found(index, document(1, lots=lots), document(2, lots=lots[:1]), **query) == {1}


def test_a_place_filter_says_which_place_matched(index: SearchIndex) -> None:
    index.index(
        [
            document(1, places=(Place(nuts="BE351"),), buyers=(buyer("A", "BE100"),)),
            document(2, places=(Place(nuts="BE211"),), buyers=(buyer("B", "BE352"),)),
            document(3, places=(Place(nuts="BE352"),), buyers=(buyer("C", "BE353"),)),
            document(4, places=(Place(nuts="BE211"),), buyers=(buyer("D", "BE211"),)),
        ]
    )
    hits = index.search(NoticeQuery(places=["BE35"]), now=NOW).hits
    assert {hit.notice_id: hit.place_matched for hit in hits} == {
        "be_bda:1": ("performance",),
        "be_bda:2": ("seat",),
        "be_bda:3": ("performance", "seat"),
    }
    assert set(index.scan(NoticeQuery(places=["BE35"], place_of="performance"), now=NOW)) == {"be_bda:1", "be_bda:3"}
    assert set(index.scan(NoticeQuery(places=["BE35"], place_of="seat"), now=NOW)) == {"be_bda:2", "be_bda:3"}


def test_a_notice_that_only_says_the_country_is_unknown_for_a_region_and_not_elsewhere(index: SearchIndex) -> None:
    vague, silent = document(1, places=(Place(country="BE"),)), document(2)
    elsewhere, anywhere = document(3, places=(Place(nuts="BE211"),)), document(4, places=(Place(anywhere="anyw"),))
    abroad = document(5, places=(Place(country="FR"),))
    assert found(index, vague, silent, elsewhere, anywhere, abroad, places=["BE35"]) == {1, 2, 4}
    page = index.search(NoticeQuery(places=["BE35"]), now=NOW)
    assert {hit.unknowns for hit in page.hits} == {("places",)}
    assert [(item.name, item.kept, item.count) for item in page.unknowns] == [("places", True, 3)]
    assert found(index, places=["BE35"], places_unknown="exclude") == set()
    assert found(index, places=["BE"], places_unknown="exclude") == {1, 3}


def test_greece_and_morocco_are_found_by_either_code(index: SearchIndex) -> None:
    documents = (document(1, places=(Place(country="GR"),)), document(2, places=(Place(nuts="MA-CAS"),)))
    assert found(index, *documents, places=["GR"], places_unknown="exclude") == {1}
    assert found(index, places=["EL"], places_unknown="exclude") == {1}
    assert found(index, places=["MA"], places_unknown="exclude") == {2}


def test_a_value_range_keeps_what_states_no_value_unless_told_otherwise(index: SearchIndex) -> None:
    documents = (
        document(1, values=(estimate(60_000),)),
        document(2, values=(estimate(10_000),)),
        document(3),
        document(4, values=(estimate(60_000, "MAD"),)),
    )
    value: dict[str, Any] = {"minimum": 50_000, "maximum": 60_000, "currency": "EUR"}
    assert found(index, *documents, value=value) == {1, 3, 4}
    page = index.search(NoticeQuery(value=value), now=NOW)
    assert [(item.name, item.kept, item.count) for item in page.unknowns] == [("value", True, 2)]
    assert found(index, value={**value, "unknown": "exclude"}) == {1}
    dropped = index.search(NoticeQuery(value={**value, "unknown": "exclude"}), now=NOW).unknowns
    assert [(item.kept, item.count) for item in dropped] == [(False, 2)]


@pytest.mark.parametrize("amount", ["0.01", "1", "999999999999.99", "1000000000000"])
def test_amounts_of_any_size_are_found_exactly(amount: str, index: SearchIndex) -> None:
    value = {"minimum": amount, "maximum": amount, "currency": "EUR", "unknown": "exclude"}
    assert found(index, document(1, values=(estimate(amount),)), document(2, values=(estimate("2"),)), value=value) == {
        1
    }


def test_open_calls_are_calls_whose_deadline_lies_ahead(index: SearchIndex) -> None:
    ahead, passed = (tenders_due(NOW + timedelta(hours=1)),), (tenders_due(NOW),)
    documents = (
        document(1, deadlines=ahead),
        document(2, deadlines=passed),
        document(3),
        document(4, deadlines=ahead, cancelled=True),
        document(5, kind=NoticeKind.RESULT),
        document(6, kind=NoticeKind.CHANGE, deadlines=ahead),
        document(7, kind=NoticeKind.CHANGE),
        document(8, kind=NoticeKind.PLANNING, deadlines=ahead),
        document(9, lots=(Lot(id="LOT-0001", deadlines=passed), Lot(id="LOT-0002", deadlines=ahead))),
    )
    assert found(index, *documents, deadline={"open": True}) == {1, 3, 6, 9}
    assert found(index, deadline={"open": True, "unknown": "exclude"}) == {1, 6, 9}


def test_a_two_stage_call_is_closed_once_requests_are_due(index: SearchIndex) -> None:
    requests = Deadline(kind=DeadlineKind.REQUESTS, at=NOW - timedelta(days=1))
    tenders = Deadline(kind=DeadlineKind.TENDERS, at=NOW + timedelta(days=30))
    assert found(index, document(1, deadlines=(requests, tenders)), deadline={"open": True}) == set()


def test_dates_are_days_and_relative_ones_count_today(index: SearchIndex) -> None:
    documents = [document(days, published_at=NOW - timedelta(days=days)) for days in range(4)]
    assert found(index, *documents, published={"last_days": 1}) == {0}
    assert found(index, published={"last_days": 3}) == {0, 1, 2}
    assert found(index, published={"from": "2026-11-20", "to": "2026-11-21"}) == {1, 2}


def test_a_deadline_in_2048_and_next_days_are_found(index: SearchIndex) -> None:
    far, near = tenders_due(NOW.replace(year=2048)), tenders_due(NOW + timedelta(days=6))
    documents = (document(1, deadlines=(far,)), document(2, deadlines=(near,)), document(3))
    assert found(index, *documents, deadline={"from": "2048-01-01", "unknown": "exclude"}) == {1}
    assert found(index, deadline={"next_days": 7, "unknown": "exclude"}) == {2}
    assert found(index, deadline={"next_days": 6}) == {3}


def test_flags_are_true_false_or_not_said(index: SearchIndex) -> None:
    documents = [document(n, flags=Flags(green=said)) for n, said in enumerate((True, False, None))]
    assert found(index, *documents, flags={"green": {"is": True}}) == {0, 2}
    assert found(index, flags={"green": {"is": False, "unknown": "exclude"}}) == {1}


def test_buyers_are_found_by_words_of_the_name_or_by_number(index: SearchIndex) -> None:
    documents = (
        document(1, buyers=(buyer("Ville de Namur", number="0207656811"),)),
        document(2, buyers=(buyer("CPAS de Namur"),)),
    )
    assert found(index, *documents, buyers=["namur VILLE"]) == {1}
    assert found(index, buyers=["Namur"]) == {1, 2}
    for number in ("0207.656.811", "BE0207656811", "BE 0207 656 811", "207656811"):
        assert found(index, buyers=[number]) == {1}


@pytest.mark.analysed
def test_values_of_one_list_are_alternatives_and_clauses_must_all_hold(index: SearchIndex) -> None:
    documents = (coded(1, "45000000"), coded(2, "71000000"), coded(3, "90000000"))
    assert found(index, *documents, cpv=["45", "71"]) == {1, 2}
    assert found(index, cpv=["45", "71"], text="numéro 2") == {2}


def test_an_empty_query_finds_everything(index: SearchIndex) -> None:
    assert found(index, document(1), document(2, kind=NoticeKind.RESULT)) == {1, 2}

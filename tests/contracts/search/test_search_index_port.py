"""The index as other rooms use it: documents in and out, order, pages, facets, figures."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random
from statistics import median

import pytest

from notices.model import AmountKind, Deadline, Document, Money, NoticeKind, Organisation, Place
from search.document import IndexDocument
from search.errors import QueryError
from search.port import MEDIAN_TOLERANCE, Aggregation, Facet, IndexState, Measure, SearchIndex, Seen, Sort
from search.query import NoticeQuery, Unknown
from search.text import MAX_TERMS
from tests.contracts.search.search_material import (
    NOW,
    buyer,
    document,
    estimate,
    notice,
    random_notice,
    random_query,
    stored,
    tenders_due,
)

ALL = NoticeQuery()


def order(index: SearchIndex, sort: Sort, query: NoticeQuery = ALL) -> list[int]:
    """Numbers of all results in order."""
    numbers = [int(notice_id.split(":")[1]) for notice_id in index.scan(query, now=NOW, sort=sort)]
    paged = index.search(query, now=NOW, sort=sort, limit=100, highlight=False)
    assert [int(hit.notice_id.split(":")[1]) for hit in paged.hits] == numbers
    return numbers


def test_a_document_indexed_again_replaces_the_former_one(index: SearchIndex) -> None:
    index.index([document(1, title={"fr": "ancien"})])
    index.index([document(1, title={"fr": "nouveau"}), document(2)])
    assert index.size() == 2
    assert index.count(NoticeQuery(text="ancien"), now=NOW) == 0
    assert index.count(NoticeQuery(text="nouveau"), now=NOW) == 1


def test_the_last_of_two_documents_of_one_notice_in_one_batch_wins(index: SearchIndex) -> None:
    index.index([document(1, title={"fr": "ancien"}), document(1, title={"fr": "nouveau"})])
    assert index.size() == 1
    assert index.count(NoticeQuery(text="nouveau"), now=NOW) == 1


def test_a_document_that_is_refused_is_told_with_a_reason_and_keeps_no_other_out(index: SearchIndex) -> None:
    index.index([document(1, title={"fr": "ancien"})])
    too_much = document(1, title={"fr": "nouveau"}).model_copy(update={"amounts": (1 << 70,)})
    outcome = index.index([document(2), too_much, document(3)])
    assert [refusal.notice_id for refusal in outcome.refused] == ["be_bda:1"]
    assert str(1 << 70) in outcome.refused[0].reason
    assert set(index.scan(ALL, now=NOW)) == {"be_bda:1", "be_bda:2", "be_bda:3"}
    assert index.count(NoticeQuery(text="ancien"), now=NOW) == 1


def test_what_may_be_seen_later_is_seen_after_a_refresh(index: SearchIndex) -> None:
    index.index([document(1)], seen=Seen.SOON)
    index.refresh()
    assert index.count(ALL, now=NOW) == 1


def test_a_removed_document_may_come_back_in_the_same_version_at_once(index: SearchIndex) -> None:
    for _ in range(3):
        assert index.index([document(1)]).outdated == ()
        assert index.size() == 1
        index.delete(["be_bda:1"])
        assert index.size() == 0


def test_deleted_documents_are_gone_and_unknown_ids_are_no_error(index: SearchIndex) -> None:
    index.index([document(1), document(2)])
    index.delete(["be_bda:1", "be_bda:unknown"])
    assert list(index.scan(ALL, now=NOW)) == ["be_bda:2"]


def test_a_cleared_index_is_empty_and_asks_to_be_filled_until_the_store_was_queued(index: SearchIndex) -> None:
    index.index([document(1)])
    index.clear()
    assert index.size() == 0
    assert index.status().state is IndexState.REBUILDING
    assert index.status().needs_rebuild
    index.rebuild_queued()
    assert index.status().state is IndexState.READY


def test_results_come_newest_first_with_undated_ones_last(index: SearchIndex) -> None:
    index.index(
        [
            document(1, published_at=NOW - timedelta(days=2)),
            document(2, published_at=None),
            document(3, published_at=NOW),
        ]
    )
    assert order(index, Sort.PUBLISHED) == [3, 1, 2]
    assert order(index, Sort.RELEVANCE) == [3, 1, 2]


def test_the_soonest_deadline_ahead_comes_first_and_passed_ones_after(index: SearchIndex) -> None:
    index.index(
        [
            document(1, deadlines=(tenders_due(NOW + timedelta(days=9)),)),
            document(2, deadlines=(tenders_due(NOW - timedelta(days=1)),)),
            document(3, deadlines=(tenders_due(NOW + timedelta(days=1)),)),
            document(4),
        ]
    )
    assert order(index, Sort.DEADLINE)[:2] == [3, 1]
    assert set(order(index, Sort.DEADLINE)[2:]) == {2, 4}


def test_sorting_by_value_never_mixes_currencies(index: SearchIndex) -> None:
    index.index(
        [
            document(1, values=(estimate(5),)),
            document(2, values=(estimate(900, "MAD"),)),
            document(3, values=(estimate(70),)),
            document(4, values=(estimate(20, "MAD"),)),
        ]
    )
    assert order(index, Sort.VALUE)[:2] == [3, 1]
    dirhams = NoticeQuery(value={"minimum": 0, "currency": "MAD"})
    assert order(index, Sort.VALUE, dirhams)[:2] == [2, 4]


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_follow_each_other_without_gap_or_repetition(sort: Sort, index: SearchIndex) -> None:
    random = Random(5)
    index.index([IndexDocument.of(stored(random_notice(random, number))) for number in range(83)])
    ids: list[str] = []
    for offset in range(0, 100, 10):
        page = index.search(ALL, now=NOW, sort=sort, offset=offset, limit=10, highlight=False)
        assert page.total == 83
        ids += [hit.notice_id for hit in page.hits]
    assert len(ids) == len(set(ids)) == 83


def test_a_page_beyond_the_window_is_refused_in_a_sentence_and_scan_goes_further(index: SearchIndex) -> None:
    index.index([document(1)])
    assert index.search(ALL, now=NOW, offset=9_980, limit=20).hits == ()
    with pytest.raises(QueryError, match="exportez"):
        index.search(ALL, now=NOW, offset=9_981, limit=20)
    with pytest.raises(QueryError):
        index.search(ALL, now=NOW, offset=-1)


def test_a_query_as_long_as_queries_may_be_is_answered(index: SearchIndex) -> None:
    index.index([document(1, title={"fr": "Voirie"})])
    words = [f"mot{number}" for number in range(MAX_TERMS - 1)]
    either = NoticeQuery(text=" OR ".join([*words, "voirie"]), portals=[f"portal_{number}" for number in range(199)])
    assert index.search(either, now=NOW, facets=tuple(Facet)).total == 0
    assert index.search(NoticeQuery(text=either.text), now=NOW, facets=tuple(Facet)).total == 1
    assert index.search(NoticeQuery(text=" ".join(words)), now=NOW).total == 0


def test_a_page_of_nothing_still_counts(index: SearchIndex) -> None:
    index.index([document(1)])
    page = index.search(ALL, now=NOW, limit=0)
    assert (page.total, page.hits) == (1, ())


def test_moroccan_provinces_count_below_their_region_and_are_found_by_it(index: SearchIndex) -> None:
    index.index([document(1, places=(Place(nuts="MA-RAB"),)), document(2, places=(Place(nuts="MA-04"),))])
    facets = index.search(ALL, now=NOW, facets=(Facet.REGION, Facet.PROVINCE)).facets
    assert facets[Facet.REGION].values == (("MA-04", 2),)
    assert facets[Facet.PROVINCE].values == (("MA-RAB", 1),)
    for place, found in (("MA", 2), ("MA-04", 2), ("MA-RAB", 1), ("MA-03", 0)):
        asked = NoticeQuery(places=(place,), places_unknown=Unknown.EXCLUDE)
        assert index.count(asked, now=NOW) == found


def test_facets_count_results_and_say_how_many_do_not_say(index: SearchIndex) -> None:
    index.index(
        [
            document(1, places=(Place(nuts="BE211"),), buyers=(buyer("Stad Gent"),)),
            document(2, places=(Place(nuts="BE351"), Place(nuts="BE352")), values=(estimate(60_000),)),
            document(3, kind=NoticeKind.RESULT, deadlines=(tenders_due(NOW + timedelta(days=3)),)),
        ]
    )
    facets = index.search(ALL, now=NOW, facets=tuple(Facet)).facets
    assert facets[Facet.KIND].values == (("competition", 2), ("result", 1))
    assert facets[Facet.REGION].values == (("BE2", 1), ("BE3", 1))
    assert facets[Facet.REGION].unknown == 1
    assert facets[Facet.PROVINCE].values == (("BE21", 1), ("BE35", 1))
    assert facets[Facet.BUYER].values == (("Stad Gent", 1),)
    assert facets[Facet.BUYER].unknown == 2
    assert facets[Facet.DEADLINE].values == (("next-7-days", 1),)
    assert facets[Facet.VALUE].values == (("50000-140000", 1),)
    assert facets[Facet.VALUE].unknown == 2
    assert facets[Facet.MONTH].values == (("2026-11", 3),)


def test_facets_where_each_notice_has_one_key_add_up_to_the_total(index: SearchIndex) -> None:
    random = Random(9)
    index.index([IndexDocument.of(stored(random_notice(random, number))) for number in range(120)])
    single = (Facet.KIND, Facet.COUNTRY, Facet.PORTAL, Facet.PROCEDURE, Facet.DEADLINE, Facet.VALUE, Facet.MONTH)
    for query in (ALL, *(random_query(random) for _ in range(20))):
        page = index.search(query, now=NOW, facets=single, limit=1)
        for facet, counts in page.facets.items():
            assert sum(count for _, count in counts.values) + counts.unknown + counts.others == page.total, facet


def test_figures_are_those_of_the_notices_that_state_a_value_in_the_currency(index: SearchIndex) -> None:
    random = Random(3)
    amounts = [Decimal(random.randint(1, 10**9)) / 100 for _ in range(40)]
    index.index(
        [
            *(document(n, values=(estimate(str(amount)),)) for n, amount in enumerate(amounts)),
            document(98, values=(estimate(5, "MAD"),)),
            document(99),
        ]
    )
    wanted = [Aggregation(name=measure, measure=measure) for measure in Measure]
    figures = index.aggregate(ALL, wanted, now=NOW)
    assert figures["count"].buckets[0].value == 42
    assert figures["sum"].buckets[0].value == sum(amounts)
    assert figures["minimum"].buckets[0].value == min(amounts)
    assert figures["maximum"].buckets[0].value == max(amounts)
    assert figures["median"].buckets[0].value == pytest.approx(median(amounts), rel=Decimal(str(MEDIAN_TOLERANCE)))
    for name in ("sum", "median", "mean", "minimum", "maximum"):
        assert (figures[name].buckets[0].count, figures[name].total, figures[name].unknown) == (40, 42, 2)


def test_figures_per_month_and_per_kind_name_their_denominator(index: SearchIndex) -> None:
    index.index(
        [
            document(1, values=(estimate(100),)),
            document(2, values=(estimate(300),), published_at=NOW - timedelta(days=40)),
            document(3, values=(estimate(50),), published_at=NOW - timedelta(days=40), kind=NoticeKind.RESULT),
            document(4, published_at=None, values=(estimate(7),)),
            document(5),
        ]
    )
    by_month = Aggregation(name="months", measure=Measure.SUM, by=Facet.MONTH)
    by_kind = Aggregation(name="kinds", by=Facet.KIND)
    figures = index.aggregate(ALL, [by_month, by_kind], now=NOW)
    assert [(b.key, b.value, b.count) for b in figures["months"].buckets] == [
        ("2026-10", Decimal("350.00"), 2),
        ("2026-11", Decimal("100.00"), 1),
    ]
    assert (figures["months"].total, figures["months"].unknown) == (5, 2)
    assert [(b.key, b.count) for b in figures["kinds"].buckets] == [("competition", 4), ("result", 1)]


def test_no_figure_is_made_of_nothing(index: SearchIndex) -> None:
    index.index([document(1)])
    bucket = index.aggregate(ALL, [Aggregation(name="x", measure=Measure.MEDIAN)], now=NOW)["x"].buckets[0]
    assert (bucket.value, bucket.count) == (None, 0)


@pytest.mark.analysed
def test_personal_data_never_enters_the_index(index: SearchIndex) -> None:
    secretary = Organisation(name={"fr": "Ville de Mons"}, email="jeanne.dupont@mons.invalid", phone="+32 65 12 34 56")
    item = notice(
        1,
        buyers=(secretary,),
        description={
            "fr": "Contact : jeanne.dupont@mons.invalid, tél. 065 12 34 56 ou +32 475 11 22 33. Lot de 12 000 pavés."
        },
        documents=(Document(url="https://mons.invalid/?user=dupont"),),
    )
    made = IndexDocument.of(stored(item))
    assert "dupont" not in made.model_dump_json()
    for number in ("65 12", "475 11"):
        assert number not in made.model_dump_json()
    index.index([made])
    for text in ("jeanne", '"475 11 22 33"', '"065 12"'):
        assert index.count(NoticeQuery(text=text), now=NOW) == 0
    assert index.count(NoticeQuery(text='"12 000" pavés mons'), now=NOW) == 1


def test_deposits_and_lowest_tenders_are_no_value_of_the_notice(index: SearchIndex) -> None:
    deposit = Money(amount=Decimal(500), currency="EUR", kind=AmountKind.DEPOSIT)
    index.index([document(1, values=(deposit,))])
    value = {"minimum": 0, "currency": "EUR", "unknown": "exclude"}
    assert index.count(NoticeQuery(value=value), now=NOW) == 0


def test_the_end_of_a_day_is_the_portals(index: SearchIndex) -> None:
    from zoneinfo import ZoneInfo

    late = NOW.astimezone(ZoneInfo("Europe/Brussels")).replace(hour=0, minute=30)
    assert late.astimezone(NOW.tzinfo).day == 21
    index.index([document(1, published_at=late, deadlines=(Deadline(kind="tenders", at=late),))])
    day = {"from": "2026-11-22", "to": "2026-11-22", "unknown": "exclude"}
    assert index.count(NoticeQuery(published=day), now=NOW) == 1
    assert index.count(NoticeQuery(deadline=day), now=NOW) == 1

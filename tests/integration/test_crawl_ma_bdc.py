"""Crawls of the simulated Moroccan portal of purchase orders: notices and results, into the store and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from simulated_portals.bdc.portal import BdcPortal
from simulated_portals.bdc.server import make_portal
from tests.support.crawls import PortalInstallation, portal_installation

TODAY = date(2026, 11, 18)
"""The portal's day: invented notices follow from it."""

Bdc = PortalInstallation[BdcPortal]


@pytest.fixture
def notices(tmp_path: Path) -> Iterator[Bdc]:
    with portal_installation(tmp_path, "ma_bdc", make_portal("ma_bdc", invented=160, seed=3, today=TODAY)) as made:
        yield made


@pytest.fixture
def today(tmp_path: Path) -> Iterator[Bdc]:
    """One that lives today, as what is open now does."""
    with portal_installation(tmp_path, "ma_bdc", make_portal("ma_bdc", invented=160, seed=3)) as made:
        yield made


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Bdc]:
    portal = make_portal("ma_bdc_results", invented=160, seed=3, today=TODAY)
    with portal_installation(tmp_path, "ma_bdc_results", portal) as made:
        yield made


def published_on(made: Bdc, day: date) -> set[str]:
    now = made.control.clock.local_now()
    orders = made.control.orders.values()
    return {f"ma_bdc:{o.id}" for o in orders if o.published.date() == day and o.published <= now}


def stored_ids(made: Bdc) -> set[str]:
    return {stored.notice.id for stored in made.store.notices.iterate()}


def open_ids(made: Bdc) -> set[str]:
    now = made.control.clock.local_now()
    orders = made.control.orders.values()
    return {f"ma_bdc:{o.id}" for o in orders if o.deadline.date() >= now.date() and o.published <= now}


def test_every_notice_of_a_day_is_stored_once_whatever_links_repeat_it(notices: Bdc) -> None:
    days = [TODAY - timedelta(days=n) for n in (2, 1)]
    report = notices.crawl(*days)
    assert report.complete
    assert stored_ids(notices) == set().union(*(published_on(notices, day) for day in days)) != set()
    assert report.run.unread == {}


def test_what_is_open_now_is_stored_whole(today: Bdc) -> None:
    report = today.crawl_open()
    assert report.complete
    assert stored_ids(today) == open_ids(today) != set()


def test_a_notice_says_what_the_portal_says(today: Bdc) -> None:
    today.crawl_open()
    assert today.stored_ids()
    for stored in today.store.notices.iterate():
        notice = stored.notice
        order = today.control.orders[int(notice.id.partition(":")[2])]
        assert list(notice.title.values()) == [order.title]
        assert notice.references == (order.reference.strip(),)
        assert list(notice.buyers[0].name.values()) == [order.buyer]
        assert notice.published_at is not None
        assert notice.published_at.replace(tzinfo=None) == order.published
        assert notice.deadline is not None
        assert notice.deadline.at.replace(tzinfo=None) == order.deadline
        assert tuple(place.printed for place in notice.places) == order.places
        assert all(place.nuts for place in notice.places)
        assert len(notice.documents) == len(order.files) + bool(order.cancellation)
        assert bool(notice.cancelled) == bool(order.cancellation)
        assert notice.values == ()
        assert all(item.inferred and item.basis for item in notice.classifications)


def test_a_second_crawl_asks_for_list_pages_only(today: Bdc) -> None:
    today.crawl_open()
    shown = today.requests("show")
    report = today.crawl_open()
    assert report.complete
    assert today.requests("show") == shown
    assert (report.run.counts.new, report.run.counts.changed) == (0, 0)


def test_a_list_of_several_pages_is_asked_in_pages_of_fifty(notices: Bdc) -> None:
    day = TODAY - timedelta(days=1)
    example = next(order for order in notices.control.orders.values() if order.published.date() == day)
    for n in range(120):
        notices.control.publish(replace(example, id=500_000 + n, reference="01/2026"))
    before = len(published_on(notices, day))
    report = notices.crawl(day)
    assert report.complete
    assert report.windows[0].stored == before > 120
    # Pages, the total asked again, and the total of everything.
    assert notices.requests("list") <= (before + 49) // 50 + 3


def test_a_deadline_that_moves_is_a_new_version_and_costs_one_page(today: Bdc) -> None:
    today.crawl_open()
    chosen = min(open_ids(today))
    moved = today.control.move_deadline(int(chosen.partition(":")[2]))
    shown = today.requests("show")
    report = today.crawl_open()
    stored = today.store.notices.get(chosen)
    assert stored is not None
    assert stored.notice.deadline is not None
    assert (stored.version, stored.notice.deadline.at.replace(tzinfo=None)) == (2, moved)
    assert report.run.counts.changed == 1
    assert today.requests("show") == shown + 1
    assert any("deadline" in change.path for change in today.store.notices.versions(chosen)[0].changes)


def test_a_cancelled_notice_is_kept_and_says_why(today: Bdc) -> None:
    today.crawl_open()
    chosen = next(stored.notice.id for stored in today.store.notices.iterate() if not stored.notice.cancelled)
    today.control.cancel(int(chosen.partition(":")[2]), "Changement du besoin")
    today.crawl_open()
    stored = today.store.notices.get(chosen)
    assert stored is not None
    assert (stored.version, stored.notice.cancelled) == (2, True)
    assert "Changement du besoin" in stored.notice.additional_information["fr"]


def test_a_notice_published_during_the_walk_is_not_lost(today: Bdc) -> None:
    """The total grows under the crawler's feet: the list is walked again until it stands still."""
    answer, published = today.control._order_list, []

    def answer_and_publish(request: object) -> object:
        given = answer(request)  # type: ignore[arg-type]
        if not published:
            published.append(today.control.publish())
        return given

    today.control._order_list = answer_and_publish  # type: ignore[method-assign,assignment]
    report = today.crawl_open()
    assert report.complete
    assert today.store.notices.get(f"ma_bdc:{published[0]}") is not None


def test_every_result_of_a_day_is_stored_without_another_page(results: Bdc) -> None:
    days = [TODAY - timedelta(days=n) for n in (2, 1)]
    report = results.crawl(*days)
    announced = [r for r in results.control.results if days[0] <= r.published.date() <= days[1]]
    assert report.complete
    assert results.store.notices.count() == len(announced) > 0
    assert results.requests("show") == 0
    assert report.run.unread == {}


def test_results_say_winner_amount_and_number_of_quotes_or_that_there_was_none(results: Bdc) -> None:
    results.crawl(TODAY - timedelta(days=20), TODAY)
    by_key = {(r.reference.strip(), r.buyer, r.published): r for r in results.control.results}
    outcomes = set()
    for stored in results.store.notices.iterate():
        notice, (lot,) = stored.notice, stored.notice.results
        assert notice.published_at is not None
        buyer = next(iter(notice.buyers[0].name.values()))
        printed = by_key[notice.references[0], buyer, notice.published_at.replace(tzinfo=None)]
        outcomes.add(lot.status)
        assert lot.tenders_received == printed.quotes
        assert [next(iter(w.name.values())) for w in lot.winners] == ([printed.winner] if printed.winner else [])
        assert [value.amount for value in notice.values] == ([printed.amount] if printed.amount else [])
    assert outcomes == {"selec-w", "clos-nw"}


def test_a_second_crawl_of_results_changes_nothing(results: Bdc) -> None:
    day = TODAY - timedelta(days=1)
    results.crawl(day)
    queued = results.store.index_queue.depth()
    report = results.crawl(day)
    assert report.complete
    assert (report.run.counts.new, report.run.counts.changed) == (0, 0)
    assert results.store.index_queue.depth() == queued


def test_an_amount_that_is_corrected_is_a_new_version_of_the_same_result(results: Bdc) -> None:
    day = TODAY - timedelta(days=1)
    results.crawl(day)
    index, old = next((n, r) for n, r in enumerate(results.control.results) if r.published.date() == day and r.winner)
    results.control.results[index] = replace(old, amount=(old.amount or 0) + 100)
    report = results.crawl(day)
    assert (report.run.counts.new, report.run.counts.changed) == (0, 1)


def test_two_results_that_share_reference_buyer_and_instant_are_both_kept(results: Bdc) -> None:
    day = TODAY - timedelta(days=1)
    one = next(r for r in results.control.results if r.published.date() == day)
    results.control.publish_result(replace(one, title="Achat de matelas pour l'internat", winner="RIAD BATI TRAVAUX"))
    first = results.crawl(day)
    ids = stored_ids(results)
    again = results.crawl(day)
    assert first.complete
    assert again.complete
    assert len(ids) == first.windows[0].announced
    assert "share reference, buyer and instant" in (first.windows[0].reason or "")
    assert (stored_ids(results), again.run.counts.new) == (ids, 0)


def test_results_are_asked_by_day_when_somebody_asks_for_what_is_open(results: Bdc) -> None:
    report = results.crawl_open()
    assert {window.scope for window in report.windows} == {"days"}

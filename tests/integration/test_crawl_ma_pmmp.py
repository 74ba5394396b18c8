"""A crawl of the simulated Moroccan national portal, into the store and again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from notices.model import AmountKind, Notice, TaxBasis
from simulated_portals.atexo_ma.invented import TEST_ORGANISATION
from simulated_portals.atexo_ma.portal import AtexoMaPortal
from simulated_portals.atexo_ma.server import make_portal
from store.records import Verdict
from tests.support.crawls import PortalInstallation, portal_installation

Installation = PortalInstallation[AtexoMaPortal]


@pytest.fixture
def crawled(tmp_path: Path) -> Iterator[Installation]:
    with portal_installation(tmp_path, "ma_pmmp", make_portal(invented=24, seed=5)) as made:
        report = made.crawl_open()
        assert report.complete, report.run.message
        yield made


def real_calls(made: Installation) -> list[str]:
    return [item.key for item in made.control.open_now() if item.organisation != TEST_ORGANISATION]


def stored(made: Installation, key: str) -> Notice:
    return made.stored(key).notice


def test_every_open_consultation_is_stored_and_no_test_of_the_portal(crawled: Installation) -> None:
    keys = {found.notice.id for found in crawled.store.notices.iterate()}
    assert keys == {f"ma_pmmp:{key}" for key in real_calls(crawled)}
    assert any(item.organisation == TEST_ORGANISATION for item in crawled.control.open_now())


def test_what_the_page_and_the_list_say_is_in_the_notice(crawled: Installation) -> None:
    assert real_calls(crawled)
    for item in crawled.control.open_now():
        if item.organisation == TEST_ORGANISATION:
            continue
        notice = stored(crawled, item.key)
        assert notice.first_published_on == item.published.date()
        assert notice.deadline is not None
        assert notice.deadline.at.replace(tzinfo=None) == item.deadline
        assert notice.flags.green is item.environmental
        assert notice.references == (item.reference,)
        assert notice.buyers[0].name == {"fr": item.buyer}
        assert [place.printed for place in notice.places] == list(item.places)
        assert notice.procedure_type is not None
        assert notice.procedure_type.printed == (item.procedure,)
        assert all(value.tax_basis is TaxBasis.INCLUDED and value.currency == "MAD" for value in notice.values)


def test_lots_carry_their_estimate_deposit_and_reserved_flag(crawled: Installation) -> None:
    allotted = [item for item in crawled.control.open_now() if item.lots and item.organisation != TEST_ORGANISATION]
    assert allotted
    for item in allotted:
        notice = stored(crawled, item.key)
        assert notice.values == ()
        assert [lot.flags.reserved for lot in notice.lots] == [lot.reserved for lot in item.lots]
        for lot, printed in zip(notice.lots, item.lots, strict=True):
            amounts = {value.kind: value.amount for value in lot.values}
            assert amounts[AmountKind.ESTIMATED] == amount(printed.estimate)
            assert amounts[AmountKind.DEPOSIT] == amount(printed.deposit)
    assert crawled.requests("lots") == len(allotted)


def amount(printed: str) -> Decimal:
    return Decimal(printed.replace("MAD", "").replace(" ", "").replace(",", "."))


def test_a_second_crawl_asks_for_list_pages_only(crawled: Installation) -> None:
    before = crawled.requests("detail"), crawled.requests("lots")
    again = crawled.crawl_open()
    assert again.complete
    assert (crawled.requests("detail"), crawled.requests("lots")) == before
    assert (again.run.counts.new, again.run.counts.changed) == (0, 0)


def test_no_part_of_a_page_stays_unread(tmp_path: Path) -> None:
    with portal_installation(tmp_path, "ma_pmmp", make_portal(invented=30, seed=9)) as made:
        assert made.crawl_open().run.unread == {}


def test_a_deadline_that_moves_is_a_new_version_with_its_difference(crawled: Installation) -> None:
    key = real_calls(crawled)[3]
    moved = crawled.control.move_deadline(key)
    fetched = crawled.requests("detail")
    report = crawled.crawl_open()
    found = crawled.stored(key)
    assert found.version == 2
    assert found.notice.deadline is not None
    assert found.notice.deadline.at.replace(tzinfo=None) == moved
    assert report.run.counts.changed == 1
    assert crawled.requests("detail") == fetched + 1
    assert any("deadline" in change.path for change in crawled.store.notices.versions(found.notice.id)[0].changes)


def test_a_new_consultation_is_fetched_alone(crawled: Installation) -> None:
    fetched = crawled.requests("detail")
    key = crawled.control.publish()
    report = crawled.crawl_open()
    assert report.complete
    assert report.run.counts.new == 1
    assert crawled.requests("detail") == fetched + 1
    assert stored(crawled, key).title


def test_a_consultation_that_leaves_the_open_list_is_kept(crawled: Installation) -> None:
    key = real_calls(crawled)[0]
    crawled.control.change(key, deadline=datetime.fromisoformat("2020-01-01T10:00"))
    assert crawled.crawl_open().complete
    found = crawled.stored(key)
    assert found.notice.deadline is not None
    assert (found.version, found.notice.deadline.at.year) == (2, 2020)


def test_the_route_of_cancelled_consultations_marks_them_cancelled(tmp_path: Path) -> None:
    portal = make_portal(invented=20, seed=8)
    chosen = [item.key for item in portal.open_now() if item.organisation != TEST_ORGANISATION][:3]
    for key in chosen:
        portal.cancel(key)
    route = {"ma_pmmp": {"route": "cancelled"}}
    with portal_installation(tmp_path, "ma_pmmp", portal, portals=route) as made:
        assert made.crawl_open().complete
        assert {found.notice.id for found in made.store.notices.iterate()} == {f"ma_pmmp:{key}" for key in chosen}
        assert all(found.notice.cancelled for found in made.store.notices.iterate())


def test_the_list_is_one_chain_of_one_get_and_one_post_a_page(tmp_path: Path) -> None:
    portal = make_portal(invented=60, seed=5)
    portal.largest_size = 10
    with portal_installation(tmp_path, "ma_pmmp", portal) as made:
        report = made.crawl_open()
        assert report.complete, report.run.message
        pages = -(-len(portal.open_now()) // 10)
        assert (made.requests("list"), made.requests("postback")) == (1, pages)
        assert portal.statistics.as_json()["events"] == {}


@pytest.mark.parametrize("key", ["ma_cdg", "ma_cimr", "ma_adm"])
def test_other_instances_are_crawled_by_configuration_alone(tmp_path: Path, key: str) -> None:
    with portal_installation(tmp_path, key, make_portal(key, invented=8, seed=1)) as made:
        report = made.crawl_open()
        assert report.complete, report.run.message
        buyers = {found.notice.buyers[0].portal_id for found in made.store.notices.iterate()}
        assert buyers
        assert all(found.notice.id.startswith(f"{key}:") for found in made.store.notices.iterate())


def test_a_small_portal_without_open_calls_is_complete(tmp_path: Path) -> None:
    with portal_installation(tmp_path, "ma_cimr", make_portal("ma_cimr", invented=0)) as made:
        report = made.crawl_open()
        assert (report.windows[0].verdict, report.windows[0].announced) == (Verdict.COMPLETE, 0)

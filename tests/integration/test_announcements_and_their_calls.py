"""Announcements of Morocco's national portal: calls that Vigie holds, parts that come late, amounts of tenders."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from crawlers.portals.ma_pmmp_results import waiting
from notices.model import AmountKind, Notice
from search.amounts import cents, packed
from search.document import IndexDocument
from simulated_portals.atexo_ma.results.portal import ResultsPortal
from simulated_portals.atexo_ma.results.server import make_portal
from tests.support.crawls import PortalInstallation, portal_installation

Installation = PortalInstallation[ResultsPortal]


def today(made: Installation) -> date:
    return made.control.clock.today()


def calls_of(made: Installation) -> Installation:
    return PortalInstallation(made.settings, made.store, made.archive, made.portal, "ma_pmmp")


def stored(made: Installation, native_id: str) -> Notice:
    found = made.store.notices.get(f"ma_pmmp_results:{native_id}")
    assert found is not None, native_id
    return found.notice


def test_a_call_that_vigie_holds_is_not_searched_for(tmp_path: Path) -> None:
    portal = make_portal(invented=0)
    call = replace(portal.inventor.call(), deadline=portal.clock.local_now() + timedelta(days=3), lots=())
    portal.publish(call)
    item = portal.announce("4", call=call)
    with portal_installation(tmp_path, "ma_pmmp_results", portal) as made:
        assert calls_of(made).crawl_open().complete
        assert made.crawl(today(made)).complete
        notice = stored(made, f"{item.key}-resultat-definitif")
        assert [link.value for link in notice.links] == [f"ma_pmmp:{call.key}"]
        asked = made.requests("search")
        # The search of each kind's list alone; none for the call.
        assert asked == 6


def test_a_call_of_another_buyer_with_the_same_reference_is_not_taken_for_it(tmp_path: Path) -> None:
    """Communes of one organisation number their calls alike."""
    portal = make_portal(invented=0)
    open_until = portal.clock.local_now() + timedelta(days=3)
    held = replace(portal.inventor.call(), deadline=open_until, lots=())
    portal.publish(held)
    own = replace(held, number=held.number + 7, buyer=f"{held.buyer} BIS", deadline=open_until - timedelta(days=90))
    portal.publish(own)
    item = portal.announce("4", call=own)
    with portal_installation(tmp_path, "ma_pmmp_results", portal) as made:
        assert calls_of(made).crawl_open().complete
        assert made.crawl(today(made)).complete
        notice = stored(made, f"{item.key}-resultat-definitif")
        assert [link.value for link in notice.links] == [f"ma_pmmp:{own.key}"]


@pytest.mark.parametrize("lacks", ["document", "page"])
def test_a_part_that_comes_long_after_its_day_was_crawled_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    portal = make_portal(invented=0)
    item = portal.announce("5", portal.clock.local_now() - timedelta(days=12))
    if lacks == "document":
        portal.announcements[item.key] = replace(item, files=())
    else:
        portal.rejected.add(item.record.number)
    with portal_installation(tmp_path, "ma_pmmp_results", portal) as made:
        made.crawl(today(made) - timedelta(days=12))
        portal.rejected.clear()
        portal.add_files(item.key, 531_234)
        made.crawl(today(made))
        before = stored(made, f"{item.key}-extrait-pv").documents
        assert not any("idAvis" in document.url for document in before), "once a day is enough"
        monkeypatch.setattr(waiting, "PAUSE", timedelta(0))
        (window,) = made.crawl(today(made)).windows
        notice = stored(made, f"{item.key}-extrait-pv")
        assert any(document.url.endswith("idAvis=531234") for document in notice.documents)
        assert notice.partial is None
        assert (window.announced, window.missing) == (0, 0)
        details = made.requests("detail")
        made.crawl(today(made))
        assert made.requests("detail") == details


def test_a_page_that_the_firewall_refuses_shows_in_the_windows_reason(tmp_path: Path) -> None:
    portal = make_portal(invented=0)
    item = portal.announce("5")
    portal.rejected.add(item.record.number)
    with portal_installation(tmp_path, "ma_pmmp_results", portal) as made:
        (window,) = made.crawl(today(made)).windows
        assert "1 notice is stored in part and asked for again" in (window.reason or "")
        assert f"{item.key}-extrait-pv" in (window.reason or "")


def test_amounts_of_tenders_that_nobody_says_won_are_no_awarded_amounts(tmp_path: Path) -> None:
    portal = make_portal(invented=0)
    call = portal.inventor.call()
    portal.publish(call)
    portal.record_opening(call.key, lots=2)
    item = portal.announce("4", call=call)
    with portal_installation(tmp_path, "ma_pmmp_results", portal) as made:
        assert made.crawl(today(made)).complete
        found = made.store.notices.get(f"ma_pmmp_results:{item.key}-resultat-definitif")
        assert found is not None
        amounts = [tender.value for result in found.notice.results for tender in result.tenders if tender.value]
        assert amounts
        assert {money.kind for money in amounts} == {AmountKind.TENDER}
        counted = IndexDocument.of(found).amounts
        assert not {packed(cents(money), money.currency) for money in amounts} & set(counted)

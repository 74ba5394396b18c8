"""The announcements of the Moroccan national portal on a bad day: every trouble is named, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from simulated_portals.atexo_ma.invented import TEST_ORGANISATION
from simulated_portals.atexo_ma.results.portal import ResultsPortal
from simulated_portals.atexo_ma.results.server import make_portal
from simulated_portals.misbehaviour import (
    AnswerStatus,
    CutBody,
    EmptyList,
    Hang,
    IgnoreFilters,
    LosePage,
    LoseRows,
    Maintenance,
    WrongTotal,
)
from store.records import Verdict, WindowRecord
from tests.support.crawls import PortalInstallation, portal_installation

Installation = PortalInstallation[ResultsPortal]


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Installation]:
    """Nine extraits de PV and two résultats définitifs of today, four on a page."""
    portal = make_portal(invented=0)
    portal.largest_size = 4
    for number in range(11):
        portal.announce("5" if number < 9 else "4")
    with portal_installation(tmp_path, "ma_pmmp_results", portal) as made:
        yield made


def window(vigie: Installation) -> WindowRecord:
    return vigie.crawl(vigie.control.clock.today()).windows[0]


def is_repaired(vigie: Installation) -> bool:
    """Whether the next run, on a good day, stores all announcements."""
    vigie.control.faults.clear()
    vigie.control.renamed.clear()
    complete = vigie.crawl(vigie.control.clock.today()).complete
    real = [x for x in vigie.control.announcements.values() if x.record.organisation != TEST_ORGANISATION]
    return complete and vigie.store.notices.count() == len(real)


def test_a_good_day_is_complete(vigie: Installation) -> None:
    assert (window(vigie).verdict, window(vigie).announced) == (Verdict.COMPLETE, 11)


def test_a_lost_state_that_repeats_a_page_is_noticed_and_the_list_begun_anew(vigie: Installation) -> None:
    found, lost = vigie.control._after_event, []

    def lose_the_third_page(form: dict[str, str], session: object) -> object:
        if "PagerTop" in form.get("PRADO_POSTBACK_TARGET", "") and session.page == 2 and not lost:  # type: ignore[attr-defined]
            lost.append(1)
            return session
        return found(form, session)  # type: ignore[arg-type]

    vigie.control._after_event = lose_the_third_page  # type: ignore[method-assign,assignment]
    assert window(vigie).verdict is Verdict.COMPLETE
    assert lost
    assert vigie.store.notices.count() == 11


@pytest.mark.parametrize("how", ["repeat", "empty"])
def test_a_page_that_stays_lost_leaves_the_window_incomplete_with_the_number(vigie: Installation, how: str) -> None:
    vigie.control.faults.start(LosePage(page=2, how=how))  # type: ignore[arg-type]
    found = window(vigie)
    assert (found.verdict, found.missing) == (Verdict.INCOMPLETE, 4)
    assert "Page 2" in (found.reason or "")
    assert is_repaired(vigie)


def test_rows_that_are_missing_are_counted(vigie: Installation) -> None:
    vigie.control.faults.start(LoseRows(page=1, rows=3, times=2))
    found = window(vigie)
    assert (found.verdict, found.missing) == (Verdict.INCOMPLETE, 3)
    assert is_repaired(vigie)


def test_a_total_that_is_too_large_is_never_complete(vigie: Installation) -> None:
    vigie.control.faults.start(WrongTotal(off_by=2))
    assert window(vigie).verdict is not Verdict.COMPLETE
    assert is_repaired(vigie)


def test_lists_that_are_all_empty_are_named_on_the_first_run(vigie: Installation) -> None:
    vigie.control.faults.start(EmptyList())
    found = window(vigie)
    assert found.verdict is Verdict.FAILED
    assert "announces anything" in (found.reason or "")
    assert is_repaired(vigie)


def test_a_list_that_lost_most_of_its_rows_since_the_last_run_is_not_believed(vigie: Installation) -> None:
    assert window(vigie).verdict is Verdict.COMPLETE
    kept = dict(vigie.control.announcements)
    for key in list(kept)[:6]:
        del vigie.control.announcements[key]
    found = window(vigie)
    assert found.verdict is Verdict.FAILED
    assert "announces 3, and announced 9" in (found.reason or "")
    vigie.control.announcements.update(kept)
    assert is_repaired(vigie)


def test_an_ignored_type_of_announcement_is_named(vigie: Installation) -> None:
    vigie.control.faults.start(IgnoreFilters())
    found = window(vigie)
    assert found.verdict is Verdict.FAILED
    assert "ignored the type of announcement" in (found.reason or "")
    assert vigie.store.notices.count() == 0
    assert is_repaired(vigie)


def test_a_list_that_is_sorted_another_way_is_named(vigie: Installation) -> None:
    portal = vigie.control
    for place, key in enumerate(list(portal.announcements)):
        moved = portal.announcements[key].record.published - timedelta(days=place % 5)
        portal.change_announcement(key, published=moved)
    found = portal._found

    def by_number(session: object, path: str | None = None) -> object:
        return tuple(sorted(found(session, path), key=lambda item: item.number))  # type: ignore[arg-type]

    portal._found = by_number  # type: ignore[method-assign,assignment]
    record = window(vigie)
    assert record.verdict is Verdict.FAILED
    assert "not sorted by day" in (record.reason or "")


def test_a_trouble_with_one_list_does_not_keep_the_others_back(vigie: Installation) -> None:
    shown = vigie.control._form

    def without_results(request: object) -> object:
        if "AvisAttribution" in request.query_string:  # type: ignore[attr-defined]
            return vigie.control.maintenance_page().__class__(200, b"<html><h1>Accueil</h1></html>", "text/html")
        return shown(request)  # type: ignore[arg-type]

    vigie.control._form = without_results  # type: ignore[method-assign,assignment]
    found = window(vigie)
    assert found.verdict is Verdict.FAILED
    assert vigie.store.notices.count() == 9
    vigie.control._form = shown  # type: ignore[method-assign]
    assert is_repaired(vigie)


def test_a_search_for_calls_that_fails_keeps_no_announcement_back_and_is_done_later(vigie: Installation) -> None:
    vigie.control.calls_down = True
    assert window(vigie).verdict is Verdict.COMPLETE
    item = next(iter(vigie.control.announcements.values()))
    found = vigie.store.notices.get(f"ma_pmmp_results:{item.key}-extrait-pv")
    assert found is not None
    assert [link.value for link in found.notice.links] == [f"ma_pmmp:{item.key}"]
    assert any("call was not looked for" in note.message for note in found.notice.notes)
    vigie.control.calls_down = False
    assert is_repaired(vigie)
    again = vigie.store.notices.get(f"ma_pmmp_results:{item.key}-extrait-pv")
    assert again is not None
    assert [link.value for link in again.notice.links] == [f"ma_pmmp:{item.call}"]


def test_openings_that_ask_for_a_password_keep_no_announcement_back(vigie: Installation) -> None:
    vigie.control.tracking_down = True
    assert window(vigie).verdict is Verdict.COMPLETE
    item = next(iter(vigie.control.announcements.values()))
    found = vigie.store.notices.get(f"ma_pmmp_results:{item.key}-extrait-pv")
    assert found is not None
    assert any("could not be read" in note.message for note in found.notice.notes)
    vigie.control.record_opening(item.call or "")
    vigie.control.tracking_down = False
    assert is_repaired(vigie)
    again = vigie.store.notices.get(f"ma_pmmp_results:{item.key}-extrait-pv")
    assert again is not None
    assert again.notice.results


def test_programmes_that_are_cut_short_are_counted(vigie: Installation) -> None:
    portal = vigie.control
    for _ in range(3):
        portal.programmes.append(portal.inventor.programme(portal.clock.today()))
    portal.programmes_shown = 2
    found = window(vigie)
    assert (found.verdict, found.missing) == (Verdict.INCOMPLETE, 1)


def test_a_page_that_the_firewall_rejects_is_named_and_kept_as_its_row(vigie: Installation) -> None:
    item = list(vigie.control.announcements.values())[4]
    vigie.control.rejected.add(item.record.number)
    assert window(vigie).verdict is Verdict.COMPLETE
    found = vigie.store.notices.get(f"ma_pmmp_results:{item.key}-extrait-pv")
    assert found is not None
    assert "Request Rejected" in (found.notice.partial or "")
    assert found.notice.title
    vigie.control.rejected.clear()
    assert is_repaired(vigie)
    again = vigie.store.notices.get(f"ma_pmmp_results:{item.key}-extrait-pv")
    assert again is not None
    assert again.notice.partial is None


def test_a_firewall_that_rejects_every_page_stores_no_empty_notice(vigie: Installation) -> None:
    vigie.control.rejected.update(item.record.number for item in vigie.control.announcements.values())
    found = window(vigie)
    assert found.verdict in (Verdict.FAILED, Verdict.INCOMPLETE)
    assert "Request Rejected" in (found.reason or "")
    vigie.control.rejected.clear()
    assert is_repaired(vigie)


def test_a_firewall_that_refuses_our_name_is_named(vigie: Installation) -> None:
    vigie.control.refuse_everything = True
    found = window(vigie)
    assert (found.verdict, "firewall refuses" in (found.reason or "")) == (Verdict.FAILED, True)
    vigie.control.refuse_everything = False
    assert is_repaired(vigie)


def test_a_login_page_in_place_of_the_form_is_named(vigie: Installation) -> None:
    vigie.control.asks_for_login = True
    found = window(vigie)
    assert (found.verdict, "asks for a password" in (found.reason or "")) == (Verdict.FAILED, True)
    vigie.control.asks_for_login = False
    assert is_repaired(vigie)


def test_maintenance_is_named(vigie: Installation) -> None:
    vigie.control.faults.start(Maintenance())
    found = window(vigie)
    assert (found.verdict, "maintenance" in (found.reason or "")) == (Verdict.FAILED, True)
    assert is_repaired(vigie)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("nombreElement", "nombreResultats", "nombreElement"),
        ("lancerRecherche", "rechercher", "lancerRecherche"),
        ('class="table-results"', 'class="resultats"', "table-results"),
        ("ctl0$CONTENU_PAGE$ctl4", "ctl0$CONTENU_PAGE$ctl9", "ctl0$CONTENU_PAGE$ctl4"),
        ("idEntrepriseConsultationSummary_", "idAnnonce_", "idEntrepriseConsultationSummary_"),
    ],
)
def test_pages_with_another_layout_say_what_is_missing(vigie: Installation, old: str, new: str, named: str) -> None:
    vigie.control.renamed[old] = new
    found = window(vigie)
    assert found.verdict is not Verdict.COMPLETE
    assert named in (found.reason or "")
    assert is_repaired(vigie)


def test_a_label_that_is_new_is_noticed_the_same_day(vigie: Installation) -> None:
    vigie.control.renamed["idEntrepriseConsultationSummary_prixAcquisitionPlan"] = (
        "idEntrepriseConsultationSummary_fraisDeDossier"
    )
    report = vigie.crawl(vigie.control.clock.today())
    assert report.run.unread.get("detail.fraisDeDossier", 0) == 11


@pytest.mark.parametrize("how", ["payload", "connection"])
def test_an_answer_that_breaks_off_is_asked_for_again(vigie: Installation, how: str) -> None:
    vigie.control.faults.start(CutBody(times=2, how=how))  # type: ignore[arg-type]
    assert window(vigie).verdict is Verdict.COMPLETE
    assert vigie.store.notices.count() == 11


def test_503_is_asked_again(vigie: Installation) -> None:
    vigie.control.faults.start(AnswerStatus(status=503, times=2))
    assert window(vigie).verdict is Verdict.COMPLETE


def test_a_429_with_a_short_wait_is_honoured_and_a_long_one_ends_the_crawl(vigie: Installation) -> None:
    vigie.control.faults.start(AnswerStatus(status=429, retry_after=0, times=1))
    assert window(vigie).verdict is Verdict.COMPLETE
    vigie.control.faults.start(AnswerStatus(status=429, retry_after=7200))
    found = window(vigie)
    assert (found.verdict, "asks to wait 7200 seconds" in (found.reason or "")) == (Verdict.FAILED, True)


def test_a_portal_that_hangs_is_named() -> None:
    from scrapy.crawler import Crawler

    from core.settings import CrawlSettings
    from crawlers import portals
    from crawlers import settings as scrapy_settings
    from crawlers.contract import NothingKnown, Window, WindowReport
    from crawlers.portals.loading import spider_class
    from simulated_portals.running import running_portal

    gathered: list[object] = []

    class Gather:
        def process_item(self, item: object) -> object:
            gathered.append(item)
            return item

    portal = make_portal(invented=2, seed=3)
    portal.faults.start(Hang(seconds=60))
    with running_portal(portal) as running:
        definition = portals.load("ma_pmmp_results").at(running.base_url)
        polite = definition.politeness.model_copy(update={"timeout": 0.3, "tries": 1})
        definition = definition.model_copy(update={"politeness": polite})
        crawler = Crawler(spider_class(portal.key), scrapy_settings.as_dict() | {"ITEM_PIPELINES": {Gather: 1}})
        windows = (Window.day(portal.clock.today()),)

        async def crawl() -> None:
            settings = CrawlSettings(timeout=0.4)
            known = NothingKnown()
            await crawler.crawl_async(portal=definition, windows=windows, known=known, crawl_settings=settings)

        asyncio.run(crawl())
    (report,) = gathered
    assert isinstance(report, WindowReport)
    assert "does not answer in time" in (report.failure or "")

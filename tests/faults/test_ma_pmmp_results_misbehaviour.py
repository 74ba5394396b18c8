"""The announcements of the Moroccan national portal on a bad day: every trouble is named, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from simulated_portals import misbehaviour
from store.records import Verdict
from tests.support.bad_days import LostPage, assert_failed, lost_pages
from tests.support.pmmp import Announcements, announcements, is_repaired, lose_the_third_page_once, window


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Announcements]:
    with announcements(tmp_path) as made:
        yield made


def test_a_good_day_is_complete(vigie: Announcements) -> None:
    assert (window(vigie).verdict, window(vigie).announced) == (Verdict.COMPLETE, 11)


def test_a_lost_state_that_repeats_a_page_is_noticed_and_the_list_begun_anew(vigie: Announcements) -> None:
    lost = lose_the_third_page_once(vigie.control)
    assert window(vigie).verdict is Verdict.COMPLETE
    assert lost
    assert vigie.store.notices.count() == 11


@lost_pages
def test_a_page_that_stays_lost_leaves_the_window_incomplete_with_the_number(
    vigie: Announcements, how: LostPage
) -> None:
    vigie.control.faults.start(misbehaviour.LosePage(page=2, how=how))
    found = window(vigie)
    assert (found.verdict, found.missing) == (Verdict.INCOMPLETE, 4)
    assert "Page 2" in (found.reason or "")
    assert is_repaired(vigie)


def test_rows_that_are_missing_are_counted(vigie: Announcements) -> None:
    vigie.control.faults.start(misbehaviour.LoseRows(page=1, rows=3, times=2))
    found = window(vigie)
    assert (found.verdict, found.missing) == (Verdict.INCOMPLETE, 3)
    assert is_repaired(vigie)


def test_a_total_that_is_too_large_is_never_complete(vigie: Announcements) -> None:
    vigie.control.faults.start(misbehaviour.WrongTotal(off_by=2))
    assert window(vigie).verdict is not Verdict.COMPLETE
    assert is_repaired(vigie)


def test_lists_that_are_all_empty_are_named_on_the_first_run(vigie: Announcements) -> None:
    vigie.control.faults.start(misbehaviour.EmptyList())
    assert_failed(window(vigie), "announces anything")
    assert is_repaired(vigie)


def test_a_list_that_lost_most_of_its_rows_since_the_last_run_is_not_believed(vigie: Announcements) -> None:
    assert window(vigie).verdict is Verdict.COMPLETE
    kept = dict(vigie.control.announcements)
    for key in list(kept)[:6]:
        del vigie.control.announcements[key]
    assert_failed(window(vigie), "announces 3, and announced 9")
    vigie.control.announcements.update(kept)
    assert is_repaired(vigie)


def test_an_ignored_type_of_announcement_is_named(vigie: Announcements) -> None:
    vigie.control.faults.start(misbehaviour.IgnoreFilters())
    assert_failed(window(vigie), "ignored the type of announcement")
    assert vigie.store.notices.count() == 0
    assert is_repaired(vigie)


def test_a_list_that_is_sorted_another_way_is_named(vigie: Announcements) -> None:
    portal = vigie.control
    for place, key in enumerate(list(portal.announcements)):
        moved = portal.announcements[key].record.published - timedelta(days=place % 5)
        portal.change_announcement(key, published=moved)
    found = portal._found

    def by_number(session: object, path: str | None = None) -> object:
        return tuple(sorted(found(session, path), key=lambda item: item.number))  # type: ignore[arg-type]

    portal._found = by_number  # type: ignore[method-assign,assignment]
    record = window(vigie)
    assert_failed(record, "not sorted by day")


def test_a_trouble_with_one_list_does_not_keep_the_others_back(vigie: Announcements) -> None:
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


def test_a_search_for_calls_that_fails_keeps_no_announcement_back_and_is_done_later(vigie: Announcements) -> None:
    vigie.control.calls_down = True
    assert window(vigie).verdict is Verdict.COMPLETE
    item = next(iter(vigie.control.announcements.values()))
    found = vigie.stored(f"{item.key}-extrait-pv")
    assert [link.value for link in found.notice.links] == [f"ma_pmmp:{item.key}"]
    assert any("call was not looked for" in note.message for note in found.notice.notes)
    vigie.control.calls_down = False
    assert is_repaired(vigie)
    again = vigie.stored(f"{item.key}-extrait-pv")
    assert [link.value for link in again.notice.links] == [f"ma_pmmp:{item.call}"]


def test_openings_that_ask_for_a_password_keep_no_announcement_back(vigie: Announcements) -> None:
    vigie.control.tracking_down = True
    assert window(vigie).verdict is Verdict.COMPLETE
    item = next(iter(vigie.control.announcements.values()))
    found = vigie.stored(f"{item.key}-extrait-pv")
    assert any("could not be read" in note.message for note in found.notice.notes)
    vigie.control.record_opening(item.call or "")
    vigie.control.tracking_down = False
    assert is_repaired(vigie)
    again = vigie.stored(f"{item.key}-extrait-pv")
    assert again.notice.results


def test_programmes_that_are_cut_short_are_counted(vigie: Announcements) -> None:
    portal = vigie.control
    for _ in range(3):
        portal.programmes.append(portal.inventor.programme(portal.clock.today()))
    portal.programmes_shown = 2
    found = window(vigie)
    assert (found.verdict, found.missing) == (Verdict.INCOMPLETE, 1)


def test_a_page_that_the_firewall_rejects_is_named_and_kept_as_its_row(vigie: Announcements) -> None:
    item = list(vigie.control.announcements.values())[4]
    vigie.control.rejected.add(item.record.number)
    assert window(vigie).verdict is Verdict.COMPLETE
    found = vigie.stored(f"{item.key}-extrait-pv")
    assert "Request Rejected" in (found.notice.partial or "")
    assert found.notice.title
    vigie.control.rejected.clear()
    assert is_repaired(vigie)
    again = vigie.stored(f"{item.key}-extrait-pv")
    assert again.notice.partial is None


def test_a_firewall_that_rejects_every_page_stores_no_empty_notice(vigie: Announcements) -> None:
    vigie.control.rejected.update(item.record.number for item in vigie.control.announcements.values())
    found = window(vigie)
    assert found.verdict in (Verdict.FAILED, Verdict.INCOMPLETE)
    assert "Request Rejected" in (found.reason or "")
    vigie.control.rejected.clear()
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
def test_pages_with_another_layout_say_what_is_missing(vigie: Announcements, old: str, new: str, named: str) -> None:
    vigie.control.renamed[old] = new
    found = window(vigie)
    assert found.verdict is not Verdict.COMPLETE
    assert named in (found.reason or "")
    assert is_repaired(vigie)


def test_a_label_that_is_new_is_noticed_the_same_day(vigie: Announcements) -> None:
    vigie.control.renamed["idEntrepriseConsultationSummary_prixAcquisitionPlan"] = (
        "idEntrepriseConsultationSummary_fraisDeDossier"
    )
    report = vigie.crawl(vigie.control.clock.today())
    assert report.run.unread.get("detail.fraisDeDossier", 0) == 11

"""The Moroccan national portal on a bad day: every trouble is named, ends in the right verdict, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulated_portals import misbehaviour
from store.records import Verdict
from tests.support.bad_days import LostPage, assert_failed, lost_pages
from tests.support.pmmp import Calls, calls, is_repaired, listed, lose_the_third_page_once, window


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Calls]:
    with calls(tmp_path) as made:
        yield made


def test_a_lost_state_that_repeats_a_page_is_noticed_and_the_list_begun_anew(vigie: Calls) -> None:
    lost = lose_the_third_page_once(vigie.control)
    assert window(vigie).verdict is Verdict.COMPLETE
    assert lost
    assert vigie.requests("list") == 2
    assert vigie.store.notices.count() == len(listed(vigie))


def test_a_server_that_forgets_its_sessions_loses_nothing(vigie: Calls) -> None:
    serve, pages = vigie.control._serve, []

    def forget_after_two(*args: object, **kwargs: object) -> object:
        answer = serve(*args, **kwargs)  # type: ignore[arg-type]
        pages.append(1)
        if len(pages) == 3:
            vigie.control.sessions.forget()
        return answer

    vigie.control._serve = forget_after_two  # type: ignore[method-assign,assignment]
    assert window(vigie).verdict is Verdict.COMPLETE
    assert len(pages) > 3
    assert vigie.store.notices.count() == len(listed(vigie))


@lost_pages
def test_a_page_that_stays_lost_leaves_the_window_incomplete_with_the_number(vigie: Calls, how: LostPage) -> None:
    vigie.control.faults.start(misbehaviour.LosePage(page=2, how=how))
    found = window(vigie)
    assert found.verdict is Verdict.INCOMPLETE
    assert found.missing == 10
    assert "Page 2" in (found.reason or "")
    assert is_repaired(vigie)


def test_a_link_that_has_another_name_is_told_and_the_list_is_walked_by_number(vigie: Calls) -> None:
    vigie.control.renamed["Aller à la page suivante"] = "Suivante"
    found = window(vigie)
    assert found.verdict is Verdict.COMPLETE
    assert "by number" in (found.reason or "")
    assert vigie.store.notices.count() == len(listed(vigie))


def test_rows_that_are_missing_are_counted(vigie: Calls) -> None:
    vigie.control.faults.start(misbehaviour.LoseRows(page=1, rows=3))
    found = window(vigie)
    assert (found.verdict, found.missing) == (Verdict.INCOMPLETE, 3)
    assert is_repaired(vigie)


def test_a_wrong_total_is_never_complete(vigie: Calls) -> None:
    vigie.control.faults.start(misbehaviour.WrongTotal(off_by=2))
    found = window(vigie)
    assert (found.verdict, found.missing) == (Verdict.INCOMPLETE, 2)
    assert is_repaired(vigie)


def test_an_empty_list_is_suspect(vigie: Calls) -> None:
    vigie.control.faults.start(misbehaviour.EmptyList())
    found = window(vigie)
    assert (found.verdict, found.announced) == (Verdict.SUSPECT, 0)
    assert is_repaired(vigie)


def test_an_ignored_filter_is_named_and_nothing_is_fetched(vigie: Calls) -> None:
    vigie.control.faults.start(misbehaviour.IgnoreFilters())
    assert_failed(window(vigie), "ignored the filter of what is open")
    assert is_repaired(vigie)


def test_a_page_that_the_firewall_rejects_is_named_and_kept_as_its_row(vigie: Calls) -> None:
    key = listed(vigie)[5]
    vigie.control.reject(key)
    assert vigie.crawl_open().complete
    found = vigie.stored(key)
    assert "Request Rejected" in (found.notice.partial or "")
    assert found.notice.title
    assert found.notice.deadline is not None
    vigie.control.rejected.clear()
    assert vigie.crawl_open().run.counts.changed == 1
    again = vigie.stored(key)
    assert again.notice.partial is None


def test_a_popup_of_another_shape_does_not_keep_its_consultation_back(vigie: Calls) -> None:
    key = next(item.key for item in vigie.control.open_now() if item.lots and item.key in listed(vigie))
    vigie.control.renamed["repeaterLots"] = "listeDesLots"
    assert vigie.crawl_open().complete
    found = vigie.stored(key)
    assert any("lots could not be read" in note.message for note in found.notice.notes)
    vigie.control.renamed.clear()
    assert is_repaired(vigie)
    again = vigie.stored(key)
    assert again.notice.lots


def test_a_firewall_that_rejects_every_page_ends_the_crawl_and_stores_no_empty_notice(vigie: Calls) -> None:
    for key in listed(vigie):
        vigie.control.reject(key)
    found = window(vigie)
    assert found.verdict in (Verdict.FAILED, Verdict.INCOMPLETE)
    assert "Request Rejected" in (found.reason or "")
    assert vigie.requests("detail") < len(listed(vigie))
    vigie.control.rejected.clear()
    assert is_repaired(vigie)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("nombreElement", "nombreResultats", "nombreElement"),
        ("PRADO_PAGESTATE", "PRADO_STATE", "PRADO_PAGESTATE"),
        ('class="table-results"', 'class="resultats"', "table-results"),
        ("resultSearch_panel", "listeResultats_panel", "resultSearch_panel"),
    ],
)
def test_a_list_with_another_layout_says_what_is_missing(vigie: Calls, old: str, new: str, named: str) -> None:
    vigie.control.renamed[old] = new
    found = window(vigie)
    assert found.verdict is Verdict.FAILED
    assert named in (found.reason or "")
    vigie.control.renamed.clear()
    assert is_repaired(vigie)


def test_pages_with_another_layout_are_missed_by_name(vigie: Calls) -> None:
    vigie.control.renamed["recap-consultation"] = "fiche-consultation"
    found = window(vigie)
    assert found.verdict is not Verdict.COMPLETE
    assert "recap-consultation" in (found.reason or "")
    vigie.control.renamed.clear()
    assert is_repaired(vigie)


def test_a_field_that_has_another_id_is_noticed_the_same_day(vigie: Calls) -> None:
    vigie.control.renamed["idEntrepriseConsultationSummary_objet"] = "idEntrepriseConsultationSummary_titreLong"
    report = vigie.crawl_open()
    assert report.run.unread.get("detail.titreLong", 0) == len(listed(vigie))

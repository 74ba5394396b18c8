"""The Moroccan national portal on a bad day: every trouble is named, ends in the right verdict, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulated_portals.atexo_ma.invented import TEST_ORGANISATION
from simulated_portals.atexo_ma.portal import AtexoMaPortal
from simulated_portals.atexo_ma.server import make_portal
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
from tests.support.atexo_ma_spider import crawl_alone
from tests.support.crawls import PortalInstallation, portal_installation

Installation = PortalInstallation[AtexoMaPortal]


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Installation]:
    portal = make_portal(invented=45, seed=3)
    portal.largest_size = 10
    with portal_installation(tmp_path, "ma_pmmp", portal) as made:
        yield made


def window(vigie: Installation) -> WindowRecord:
    return vigie.crawl_open().windows[0]


def open_keys(vigie: Installation) -> list[str]:
    return [item.key for item in vigie.control.open_now() if item.organisation != TEST_ORGANISATION]


def is_repaired(vigie: Installation) -> bool:
    """Whether the next run, on a good day, stores all that is open."""
    vigie.control.faults.clear()
    complete = vigie.crawl_open().complete
    return complete and vigie.store.notices.count() == len(open_keys(vigie))


def test_a_lost_state_that_repeats_a_page_is_noticed_and_the_list_begun_anew(vigie: Installation) -> None:
    found = vigie.control._after_event
    lost: list[int] = []

    def lose_the_third_page(form: dict[str, str], session: object) -> object:
        if "PagerTop" in form.get("PRADO_POSTBACK_TARGET", "") and session.page == 2 and not lost:  # type: ignore[attr-defined]
            lost.append(1)
            return session
        return found(form, session)  # type: ignore[arg-type]

    vigie.control._after_event = lose_the_third_page  # type: ignore[method-assign,assignment]
    assert window(vigie).verdict is Verdict.COMPLETE
    assert lost
    assert vigie.requests("list") == 2
    assert vigie.store.notices.count() == len(open_keys(vigie))


def test_a_server_that_forgets_its_sessions_loses_nothing(vigie: Installation) -> None:
    serve, pages = vigie.control._serve, []

    def forget_after_two(*args: object, **kwargs: object) -> object:
        answer = serve(*args, **kwargs)  # type: ignore[arg-type]
        pages.append(1)
        if len(pages) == 3:
            vigie.control.sessions.forget()
        return answer

    vigie.control._serve = forget_after_two  # type: ignore[method-assign,assignment]
    assert window(vigie).verdict is Verdict.COMPLETE
    assert vigie.store.notices.count() == len(open_keys(vigie))


@pytest.mark.parametrize("how", ["repeat", "empty"])
def test_a_page_that_stays_lost_leaves_the_window_incomplete_with_the_number(vigie: Installation, how: str) -> None:
    vigie.control.faults.start(LosePage(page=2, how=how))  # type: ignore[arg-type]
    found = window(vigie)
    assert found.verdict is Verdict.INCOMPLETE
    assert found.missing == 10
    assert "Page 2" in (found.reason or "")
    assert is_repaired(vigie)


def test_a_link_that_has_another_name_is_told_and_the_list_is_walked_by_number(vigie: Installation) -> None:
    vigie.control.renamed["Aller à la page suivante"] = "Suivante"
    found = window(vigie)
    assert found.verdict is Verdict.COMPLETE
    assert "by number" in (found.reason or "")
    assert vigie.store.notices.count() == len(open_keys(vigie))


def test_rows_that_are_missing_are_counted(vigie: Installation) -> None:
    vigie.control.faults.start(LoseRows(page=1, rows=3))
    found = window(vigie)
    assert (found.verdict, found.missing) == (Verdict.INCOMPLETE, 3)
    assert is_repaired(vigie)


def test_a_wrong_total_is_never_complete(vigie: Installation) -> None:
    vigie.control.faults.start(WrongTotal(off_by=2))
    found = window(vigie)
    assert (found.verdict, found.missing) == (Verdict.INCOMPLETE, 2)
    assert is_repaired(vigie)


def test_an_empty_list_is_suspect(vigie: Installation) -> None:
    vigie.control.faults.start(EmptyList())
    found = window(vigie)
    assert (found.verdict, found.announced) == (Verdict.SUSPECT, 0)
    assert is_repaired(vigie)


def test_an_ignored_filter_is_named_and_nothing_is_fetched(vigie: Installation) -> None:
    vigie.control.faults.start(IgnoreFilters())
    found = window(vigie)
    assert found.verdict is Verdict.FAILED
    assert "ignored the filter of what is open" in (found.reason or "")
    assert is_repaired(vigie)


def test_a_page_that_the_firewall_rejects_is_named_and_kept_as_its_row(vigie: Installation) -> None:
    key = open_keys(vigie)[5]
    vigie.control.reject(key)
    assert vigie.crawl_open().complete
    found = vigie.store.notices.get(f"ma_pmmp:{key}")
    assert found is not None
    assert "Request Rejected" in (found.notice.partial or "")
    assert found.notice.title
    assert found.notice.deadline is not None
    vigie.control.rejected.clear()
    assert vigie.crawl_open().run.counts.changed == 1
    again = vigie.store.notices.get(f"ma_pmmp:{key}")
    assert again is not None
    assert again.notice.partial is None


def test_a_popup_of_another_shape_does_not_keep_its_consultation_back(vigie: Installation) -> None:
    key = next(item.key for item in vigie.control.open_now() if item.lots and item.key in open_keys(vigie))
    vigie.control.renamed["repeaterLots"] = "listeDesLots"
    assert vigie.crawl_open().complete
    found = vigie.store.notices.get(f"ma_pmmp:{key}")
    assert found is not None
    assert any("lots could not be read" in note.message for note in found.notice.notes)
    vigie.control.renamed.clear()
    assert is_repaired(vigie)
    again = vigie.store.notices.get(f"ma_pmmp:{key}")
    assert again is not None
    assert again.notice.lots


def test_a_firewall_that_rejects_every_page_ends_the_crawl_and_stores_no_empty_notice(vigie: Installation) -> None:
    for key in open_keys(vigie):
        vigie.control.reject(key)
    found = window(vigie)
    assert found.verdict in (Verdict.FAILED, Verdict.INCOMPLETE)
    assert "Request Rejected" in (found.reason or "")
    assert vigie.requests("detail") < len(open_keys(vigie))
    vigie.control.rejected.clear()
    assert is_repaired(vigie)


def test_a_firewall_that_refuses_our_name_is_named(vigie: Installation) -> None:
    vigie.control.refuse_everything = True
    found = window(vigie)
    assert found.verdict is Verdict.FAILED
    assert "firewall refuses" in (found.reason or "")
    vigie.control.refuse_everything = False
    assert is_repaired(vigie)


def test_a_login_page_in_place_of_the_list_is_named(vigie: Installation) -> None:
    vigie.control.asks_for_login = True
    found = window(vigie)
    assert found.verdict is Verdict.FAILED
    assert "asks for a password" in (found.reason or "")
    vigie.control.asks_for_login = False
    assert is_repaired(vigie)


def test_maintenance_is_named(vigie: Installation) -> None:
    vigie.control.faults.start(Maintenance())
    found = window(vigie)
    assert found.verdict is Verdict.FAILED
    assert "maintenance" in (found.reason or "")
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
def test_a_list_with_another_layout_says_what_is_missing(vigie: Installation, old: str, new: str, named: str) -> None:
    vigie.control.renamed[old] = new
    found = window(vigie)
    assert found.verdict is Verdict.FAILED
    assert named in (found.reason or "")
    vigie.control.renamed.clear()
    assert is_repaired(vigie)


def test_pages_with_another_layout_are_missed_by_name(vigie: Installation) -> None:
    vigie.control.renamed["recap-consultation"] = "fiche-consultation"
    found = window(vigie)
    assert found.verdict is not Verdict.COMPLETE
    assert "recap-consultation" in (found.reason or "")
    vigie.control.renamed.clear()
    assert is_repaired(vigie)


def test_a_field_that_has_another_id_is_noticed_the_same_day(vigie: Installation) -> None:
    vigie.control.renamed["idEntrepriseConsultationSummary_objet"] = "idEntrepriseConsultationSummary_titreLong"
    report = vigie.crawl_open()
    assert report.run.unread.get("detail.titreLong", 0) == len(open_keys(vigie))


@pytest.mark.parametrize("how", ["payload", "connection"])
def test_an_answer_that_breaks_off_is_asked_for_again(vigie: Installation, how: str) -> None:
    vigie.control.faults.start(CutBody(times=2, how=how))  # type: ignore[arg-type]
    assert window(vigie).verdict is Verdict.COMPLETE
    assert vigie.store.notices.count() == len(open_keys(vigie))


def test_503_is_asked_again(vigie: Installation) -> None:
    vigie.control.faults.start(AnswerStatus(status=503, times=2))
    assert window(vigie).verdict is Verdict.COMPLETE


def test_a_429_with_a_short_wait_is_honoured_and_a_long_one_ends_the_crawl(vigie: Installation) -> None:
    vigie.control.faults.start(AnswerStatus(status=429, retry_after=0, times=1))
    assert window(vigie).verdict is Verdict.COMPLETE
    vigie.control.faults.start(AnswerStatus(status=429, retry_after=7200))
    found = window(vigie)
    assert found.verdict is Verdict.FAILED
    assert "asks to wait 7200 seconds" in (found.reason or "")


def test_a_portal_that_hangs_is_named() -> None:
    portal = make_portal(invented=5, seed=3)
    portal.faults.start(Hang(seconds=60))
    raw, report = crawl_alone(portal, politeness={"timeout": 0.3, "tries": 1})
    assert raw == []
    assert "does not answer in time" in (report.failure or "")

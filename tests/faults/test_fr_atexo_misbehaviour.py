"""Atexo platforms on a bad day: every trouble ends in the right verdict, and nothing that was listed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.crawl import CrawlReport
from simulated_portals import misbehaviour
from simulated_portals.atexo_fr.portal import AtexoPortal
from simulated_portals.atexo_fr.server import make_portal
from store.records import RunState, Verdict
from tests.support.bad_days import CutAnswer, LostPage, assert_failed, cut_answers, lost_pages
from tests.support.crawls import PortalInstallation, change_portal, portal_installation

Installation = PortalInstallation[AtexoPortal]
DETAIL = "/entreprise/consultation/"
FAST = {"crawl": {"timeout": 1.0}}


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Installation]:
    portal = make_portal("fr_maximilien", invented=20, seed=3, page_sizes=(5, 10))
    with portal_installation(tmp_path, "fr_maximilien", portal) as made:
        yield made


def listed(vigie: Installation) -> int:
    return len(vigie.control.open_consultations)


def reason(report: CrawlReport) -> str:
    return report.windows[0].reason or ""


def repaired(vigie: Installation) -> bool:
    """Whether the next run, on a good day, completes the window with all that is listed."""
    vigie.control.behave()
    report = vigie.crawl_open()
    return report.complete and vigie.store.notices.count() == listed(vigie)


# --- the list and its state ------------------------------------------------------------------------------------------


def test_a_state_that_is_lost_repeats_a_page_and_the_walk_begins_anew(vigie: Installation) -> None:
    vigie.control.misbehave("lose_state", times=2, path="POST")
    report = vigie.crawl_open()
    assert report.complete
    assert report.windows[0].stored == listed(vigie)
    assert vigie.requests("list") > 1


def test_a_session_that_is_lost_on_the_way_is_opened_again(vigie: Installation) -> None:
    real, count = vigie.control.answer, 0

    def answer(request):  # type: ignore[no-untyped-def]
        nonlocal count
        count += vigie.control.kind_of(request) == "postback"
        if count == 2:
            count += 1
            vigie.control.misbehave("lose_sessions")
        return real(request)

    vigie.control.answer = answer  # type: ignore[method-assign]
    report = vigie.crawl_open()
    assert report.complete
    assert vigie.requests("list") == 2


def test_a_state_that_is_always_lost_fails_the_window_and_keeps_what_was_listed(vigie: Installation) -> None:
    vigie.control.misbehave("lose_state", path="POST")
    report = vigie.crawl_open()
    assert report.windows[0].verdict is not Verdict.COMPLETE
    assert "repeats what was listed before" in reason(report)
    assert 0 < vigie.store.notices.count() < listed(vigie)
    assert repaired(vigie)


@lost_pages
def test_a_page_that_stays_lost_leaves_the_window_incomplete_with_the_number(
    vigie: Installation, how: LostPage
) -> None:
    vigie.control.faults.start(misbehaviour.LosePage(page=2, how=how))
    report = vigie.crawl_open()
    assert report.windows[0].verdict is Verdict.INCOMPLETE
    assert report.windows[0].missing == min(10, listed(vigie) - 10)
    assert "Page 2" in reason(report)
    assert repaired(vigie)


def test_rows_that_are_lost_leave_the_window_incomplete_with_the_number(vigie: Installation) -> None:
    vigie.control.faults.start(misbehaviour.LoseRows(rows=2, page=1))
    report = vigie.crawl_open()
    assert (report.windows[0].verdict, report.windows[0].missing) == (Verdict.INCOMPLETE, 2)
    assert repaired(vigie)


def test_a_total_that_is_too_high_is_not_complete(vigie: Installation) -> None:
    vigie.control.faults.start(misbehaviour.WrongTotal(off_by=3))
    report = vigie.crawl_open()
    assert (report.windows[0].verdict, report.windows[0].missing) == (Verdict.INCOMPLETE, 3)


def test_an_empty_list_is_suspect(vigie: Installation) -> None:
    vigie.control.faults.start(misbehaviour.EmptyList())
    report = vigie.crawl_open()
    assert (report.windows[0].verdict, report.windows[0].announced) == (Verdict.SUSPECT, 0)
    assert repaired(vigie)


def test_an_empty_answer_with_status_200_is_named(vigie: Installation) -> None:
    vigie.control.misbehave("empty_answer", path="AllCons")
    report = vigie.crawl_open()
    assert_failed(report.windows[0], "an empty page")
    assert repaired(vigie)


def test_closed_consultations_on_the_list_of_open_ones_are_an_ignored_filter(tmp_path: Path) -> None:
    portal = make_portal("fr_maximilien", invented=60, seed=9)
    with portal_installation(tmp_path, "fr_maximilien", portal) as vigie:
        portal.catalogue.by_number = {
            number: item
            for index, (number, item) in enumerate(portal.catalogue.by_number.items())
            if index % 4 == 0 or item not in portal.open_consultations
        }
        vigie.control.faults.start(misbehaviour.IgnoreFilters())
        report = vigie.crawl_open()
        assert_failed(report.windows[0], "ignored the filter for open consultations")
        vigie.control.behave()
        assert vigie.crawl_open().complete


def test_a_list_that_ends_before_all_is_listed_is_named(vigie: Installation) -> None:
    vigie.control.misbehave("rename", old="Aller à la page suivante", new="Plus de page")
    report = vigie.crawl_open()
    assert report.windows[0].verdict is Verdict.INCOMPLETE
    assert "The list ends on page 1" in reason(report)
    assert repaired(vigie)


def test_one_organisation_is_not_complete_when_others_rows_are_missing(tmp_path: Path) -> None:
    portal = make_portal("fr_val_de_marne", invented=30, seed=6)
    with portal_installation(tmp_path, "fr_val_de_marne", portal) as vigie:
        portal.faults.start(misbehaviour.LoseRows(rows=4, page=1))
        report = vigie.crawl_open()
        assert (report.windows[0].verdict, report.windows[0].missing) == (Verdict.INCOMPLETE, 4)
        assert "consultations of all organisations were listed" in reason(report)


def test_one_organisation_is_not_complete_when_the_whole_list_is_empty(tmp_path: Path) -> None:
    portal = make_portal("fr_val_de_marne", invented=12, seed=6)
    with portal_installation(tmp_path, "fr_val_de_marne", portal) as vigie:
        portal.faults.start(misbehaviour.EmptyList())
        report = vigie.crawl_open()
        assert_failed(report.windows[0], "no consultation at all")


# --- what is served in place of a page -------------------------------------------------------------------------------


def test_a_login_page_in_place_of_the_list_is_named(vigie: Installation) -> None:
    vigie.control.misbehave("login", path="AllCons")
    report = vigie.crawl_open()
    assert_failed(report.windows[0], "asks for a password")
    assert repaired(vigie)


def test_a_block_page_in_place_of_the_list_is_named(vigie: Installation) -> None:
    vigie.control.misbehave("block", path="AllCons")
    report = vigie.crawl_open()
    assert_failed(report.windows[0], "Request Rejected", "7340518294615120987")
    assert repaired(vigie)


def test_a_block_page_in_place_of_one_consultation_misses_that_one_alone(vigie: Installation) -> None:
    lost = vigie.control.open_consultations[0]
    vigie.control.misbehave("block", path=f"{DETAIL}{lost.number}")
    report = vigie.crawl_open()
    assert (report.windows[0].verdict, report.windows[0].missing) == (Verdict.INCOMPLETE, 1)
    assert lost.native_id in reason(report)
    assert vigie.store.notices.count() == listed(vigie) - 1
    assert repaired(vigie)


def test_maintenance_ends_the_run_with_its_name(vigie: Installation) -> None:
    vigie.control.faults.start(misbehaviour.Maintenance(path="/"))
    report = vigie.crawl_open()
    assert report.run.state is RunState.FAILED
    assert "maintenance" in reason(report)
    assert repaired(vigie)


def test_a_renamed_count_of_the_list_is_a_named_error(vigie: Installation) -> None:
    vigie.control.misbehave("rename", old="nombreElement", new="nombreDElements")
    report = vigie.crawl_open()
    assert_failed(report.windows[0], "nombreElement")
    assert repaired(vigie)


def test_rows_that_look_different_are_a_named_error(vigie: Installation) -> None:
    vigie.control.misbehave("rename", old="row-consultation-", new="carte-consultation-")
    report = vigie.crawl_open()
    assert_failed(report.windows[0], "lists none")
    assert repaired(vigie)


def test_rows_without_their_key_are_missed_and_told(vigie: Installation) -> None:
    chosen = vigie.control.open_consultations[0]
    vigie.control.misbehave("rename", old=f'_refCons" value="{chosen.number}"', new='_refCons" value=""')
    report = vigie.crawl_open()
    assert (report.windows[0].verdict, report.windows[0].missing) == (Verdict.INCOMPLETE, 1)
    assert "no usable key" in reason(report)
    assert repaired(vigie)


def test_a_changed_label_is_counted_as_unread_and_the_list_fills_the_gap(vigie: Installation) -> None:
    vigie.control.misbehave("rename", path=DETAIL, old="Intitulé :", new="Nom du marché :")
    report = vigie.crawl_open()
    assert report.complete
    assert report.run.unread == {"detail.nom du marche": listed(vigie)}
    titles = {one.notice.id.partition(":")[2]: one.notice.text() for one in vigie.store.notices.iterate()}
    assert titles == {item.native_id: item.title for item in vigie.control.open_consultations}


def test_pages_that_are_no_consultations_stop_the_run_before_all_are_asked(vigie: Installation) -> None:
    vigie.control.misbehave("rename", path=DETAIL, old="recap-consultation", new="resume")
    report = vigie.crawl_open()
    assert report.windows[0].verdict is not Verdict.COMPLETE
    assert "could not be fetched" in reason(report)
    assert "recap-consultation" in reason(report)
    assert vigie.requests("detail") < listed(vigie)
    assert repaired(vigie)


# --- one consultation ------------------------------------------------------------------------------------------------


def test_a_consultation_that_is_gone_is_kept_as_the_list_told_it_and_asked_for_again(vigie: Installation) -> None:
    chosen = vigie.control.open_consultations[0]
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=404, path=f"{DETAIL}{chosen.number}"))
    report = vigie.crawl_open()
    kept = vigie.store.notices.get(f"fr_maximilien:{chosen.native_id}")
    assert report.complete
    assert kept is not None
    assert kept.notice.format == "atexo-list-row"
    assert "404" in (kept.notice.partial or "")
    assert repaired(vigie)
    again = vigie.stored(chosen.native_id)
    assert again.notice.partial is None


@pytest.mark.parametrize("redirected", [False, True])
def test_a_consultation_that_closed_since_it_was_listed_is_kept_as_the_list_told_it(
    vigie: Installation, redirected: bool
) -> None:
    portal = vigie.control
    late = replace(portal.open_consultations[0], deadline=portal.clock.local_now() - timedelta(days=1))
    portal.catalogue.by_number = {item.number: item for item in (*portal.open_consultations[1:], late)}
    portal.faults.start(misbehaviour.IgnoreFilters())  # so that it is still listed
    if redirected:
        portal.misbehave("redirect_home", path=f"{DETAIL}{late.number}")
    report = vigie.crawl_open()
    kept = vigie.store.notices.get(f"fr_maximilien:{late.native_id}")
    assert report.complete
    assert kept is not None
    assert "The consultation has closed" in (kept.notice.partial or "")
    assert kept.notice.text() == late.title


def test_redirects_to_the_home_page_are_no_consultations(vigie: Installation) -> None:
    vigie.control.misbehave("redirect_home", path=DETAIL)
    report = vigie.crawl_open()
    assert report.windows[0].verdict is not Verdict.COMPLETE
    assert "sends us to /" in reason(report)
    assert vigie.store.notices.count() == 0
    assert repaired(vigie)


def test_lots_that_cannot_be_fetched_leave_a_notice_that_says_so_and_is_asked_for_again(vigie: Installation) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=404, path="/index.php"))
    report = vigie.crawl_open()
    allotted = [item for item in vigie.control.open_consultations if item.lots]
    assert report.complete
    assert allotted
    for item in allotted:
        kept = vigie.stored(item.native_id)
        assert "lots could not be fetched" in (kept.notice.partial or "")
    details = vigie.requests("detail")
    assert repaired(vigie)
    assert vigie.requests("detail") == details + len(allotted)
    kept = vigie.stored(allotted[0].native_id)
    assert len(kept.notice.lots) == len(allotted[0].lots)


def test_a_page_of_lots_without_lots_is_noted(vigie: Installation) -> None:
    vigie.control.misbehave("no_lots")
    assert vigie.crawl_open().complete
    item = next(one for one in vigie.control.open_consultations if one.lots)
    kept = vigie.stored(item.native_id)
    assert f"{len(item.lots)} lots are announced and 0 could be read." in [note.message for note in kept.notice.notes]


# --- connections and statuses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
def test_an_error_that_passes_is_tried_again(vigie: Installation, status: int) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=status, times=2))
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=status, times=2, path=DETAIL))
    assert vigie.crawl_open().complete
    assert vigie.store.notices.count() == listed(vigie)


def test_a_long_retry_after_ends_the_run_without_hammering(vigie: Installation) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=429, retry_after=7200, path=DETAIL))
    report = vigie.crawl_open()
    assert report.run.state is RunState.FAILED
    assert "asks to wait 7200 seconds" in reason(report)
    assert vigie.requests("detail") == 1
    assert repaired(vigie)


def test_an_error_of_the_list_that_stays_fails_the_window(vigie: Installation) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=503, path="/"))
    report = vigie.crawl_open()
    assert_failed(report.windows[0], "answers 503")
    assert repaired(vigie)


@cut_answers
def test_a_page_that_is_cut_is_asked_for_again(vigie: Installation, how: CutAnswer) -> None:
    vigie.control.faults.start(misbehaviour.CutBody(how=how, times=1, path=DETAIL))
    assert vigie.crawl_open().complete
    assert vigie.store.notices.count() == listed(vigie)


def test_a_list_that_is_cut_is_asked_for_again(vigie: Installation) -> None:
    # Not with the state of the page: a postback that was carried out cannot be sent twice, so the list begins anew.
    vigie.control.faults.start(misbehaviour.CutBody(how="payload", times=2))
    assert vigie.crawl_open().complete
    assert vigie.store.notices.count() == listed(vigie)


def test_a_portal_that_hangs_is_left_after_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change_portal(monkeypatch, "fr_maximilien", politeness={"timeout": None, "tries": 2})
    portal = make_portal("fr_maximilien", invented=10, seed=3)
    with portal_installation(tmp_path, "fr_maximilien", portal, **FAST) as vigie:
        vigie.control.faults.start(misbehaviour.Hang(seconds=30, path="/"))
        report = vigie.crawl_open()
        assert_failed(report.windows[0], "does not answer in time")
        vigie.control.faults.clear()
        assert repaired(vigie)

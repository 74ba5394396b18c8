"""AWS-Achat on a bad day: every trouble ends in the right verdict, and the next good day repairs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from simulated_portals import misbehaviour
from simulated_portals.aws.portal import LIST, AwsPortal
from simulated_portals.aws.server import make_portal
from simulated_portals.french_tenders.tenders import FrenchTender
from simulated_portals.messages import Answer, Request
from store.records import RunState, Verdict, WindowRecord
from tests.support.bad_days import CutAnswer, LostPage, assert_failed, cut_answers, lost_pages
from tests.support.crawls import PortalInstallation, portal_installation

Aws = PortalInstallation[AwsPortal]


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Aws]:
    """A portal whose open calls fit on one list of three pages."""
    portal = make_portal("fr_aws", invented=30, seed=8, cap=40)
    settings = {"crawl": {"timeout": 1.0}}
    with portal_installation(tmp_path, "fr_aws", portal, **settings) as made:
        yield made


def window_of(vigie: Aws) -> WindowRecord:
    return vigie.crawl_open().windows[0]


def repaired(vigie: Aws) -> bool:
    """Whether the next crawl, on a good day, is complete and holds every open call."""
    vigie.control.faults.clear()
    report = vigie.crawl_open()
    return report.complete and vigie.stored_ids() == vigie.control.open_ids()


@lost_pages
def test_a_page_that_is_lost_leaves_the_window_incomplete_with_the_number(vigie: Aws, how: LostPage) -> None:
    vigie.control.faults.start(misbehaviour.LosePage(page=2, how=how))
    window = window_of(vigie)
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, 10)
    assert "Page 2" in (window.reason or "")
    assert repaired(vigie)


def test_a_page_that_comes_empty_once_is_asked_for_again(vigie: Aws) -> None:
    vigie.control.faults.start(misbehaviour.LosePage(page=2, how="empty", times=1))
    assert window_of(vigie).verdict is Verdict.COMPLETE


def test_rows_that_are_lost_are_missed(vigie: Aws) -> None:
    vigie.control.faults.start(misbehaviour.LoseRows(rows=2, page=1))
    window = window_of(vigie)
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, 2)
    assert repaired(vigie)


def test_a_count_that_is_wrong_is_not_complete_though_all_is_stored(vigie: Aws) -> None:
    vigie.control.faults.start(misbehaviour.WrongTotal(off_by=1))
    window = window_of(vigie)
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, 1)
    assert window.stored == len(vigie.control.open_ids())


def test_the_form_in_place_of_every_list_is_no_empty_list(vigie: Aws) -> None:
    vigie.control.faults.start(misbehaviour.EmptyList())
    assert_failed(window_of(vigie), "search form to every search")
    assert repaired(vigie)


def test_a_session_that_is_lost_once_is_begun_again(vigie: Aws) -> None:
    vigie.control.forget_sessions(1)
    assert window_of(vigie).verdict is Verdict.COMPLETE
    assert vigie.control.statistics.events("without_session") == 1


def test_a_session_lost_between_two_pages_costs_a_walk_and_no_notice(vigie: Aws) -> None:
    searches = []
    inner = vigie.control.answer

    def forgetful(request: Request) -> Answer:
        if request.path == LIST and request.query.get("pager_s") == "2" and not searches:
            searches.append(request)
            vigie.control.forget_sessions(1)
        return inner(request)

    vigie.control.answer = forgetful  # type: ignore[method-assign]
    assert window_of(vigie).verdict is Verdict.COMPLETE
    assert searches


def test_sessions_that_are_lost_again_and_again_fail_the_window_in_words(vigie: Aws) -> None:
    vigie.control.forget_sessions(1000)
    assert_failed(window_of(vigie), "session")
    assert repaired_after_sessions(vigie)


def repaired_after_sessions(vigie: Aws) -> bool:
    vigie.control.forget_sessions(0)
    return repaired(vigie)


def test_a_filter_that_is_ignored_is_noticed(tmp_path: Path) -> None:
    portal = make_portal("fr_aws", invented=90, seed=5)
    with portal_installation(tmp_path, "fr_aws", portal) as vigie:
        inner, searched = portal._found, []

        def ignoring(search: dict[str, str]) -> list[FrenchTender]:
            if search.get("IDR", "X") == "X":
                return inner(search)
            searched.append(search)
            return inner({"IDE": "EC"})[: portal.cap]

        portal._found = ignoring  # type: ignore[method-assign]
        assert_failed(window_of(vigie), "ignored a filter")
        assert len(searched) < 20


def test_a_list_of_open_calls_that_shows_closed_ones_is_not_trusted(tmp_path: Path) -> None:
    old = make_portal("fr_aws", invented=40, seed=6, cap=100, invented_on=date(2024, 3, 4))
    with portal_installation(tmp_path, "fr_aws", old) as vigie:
        old.faults.start(misbehaviour.IgnoreFilters())
        assert_failed(window_of(vigie), "ignored the filter for open calls")


def test_a_search_that_stays_too_wide_is_told(tmp_path: Path) -> None:
    with portal_installation(tmp_path, "fr_aws", make_portal("fr_aws", invented=60, seed=5, cap=0)) as vigie:
        assert_failed(window_of(vigie), "nothing narrower")


def test_a_captcha_ends_the_run_with_the_status_named(vigie: Aws) -> None:
    vigie.control.ask_captcha()
    report = vigie.crawl_open()
    assert report.run.state is RunState.FAILED
    assert "answers 403" in (report.windows[0].reason or "")
    vigie.control.ask_captcha(False)
    assert repaired(vigie)


def test_a_firewalls_page_is_named(vigie: Aws) -> None:
    vigie.control.reject_requests()
    assert "Request Rejected" in (window_of(vigie).reason or "")
    vigie.control.reject_requests(False)
    assert repaired(vigie)


def test_a_maintenance_page_is_named(vigie: Aws) -> None:
    vigie.control.faults.start(misbehaviour.Maintenance())
    assert "maintenance" in (window_of(vigie).reason or "")
    assert repaired(vigie)


@pytest.mark.parametrize("status", [429, 503])
def test_a_portal_that_asks_to_wait_is_asked_again(vigie: Aws, status: int) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=status, retry_after=0, times=2))
    assert window_of(vigie).verdict is Verdict.COMPLETE


def test_a_portal_that_asks_to_wait_for_an_hour_is_left_alone(vigie: Aws) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=429, retry_after=3600))
    assert_failed(window_of(vigie), "3600 seconds")


def test_a_portal_that_hangs_is_told(vigie: Aws) -> None:
    vigie.control.faults.start(misbehaviour.Hang(seconds=30, path=LIST))
    assert "does not answer in time" in (window_of(vigie).reason or "")
    assert repaired(vigie)


@cut_answers
def test_a_page_that_breaks_off_is_asked_for_again(vigie: Aws, how: CutAnswer) -> None:
    vigie.control.faults.start(misbehaviour.CutBody(how=how, times=1, path="MPI-pub"))
    assert window_of(vigie).verdict is Verdict.COMPLETE


def test_a_list_whose_count_is_gone_fails_with_its_name(vigie: Aws) -> None:
    vigie.control.rename("nbResultAvis", "compteur")
    assert_failed(window_of(vigie), "nbResultAvis")
    vigie.control.renamed = None
    assert repaired(vigie)


def test_a_label_that_is_new_is_reported_as_not_read(vigie: Aws) -> None:
    vigie.control.rename("<b>Durée</b>", "<b>Période</b>")
    report = vigie.crawl_open()
    assert report.complete
    assert report.run.unread == {"detail.Période": report.run.counts.new}


def test_a_page_of_a_notice_without_its_table_is_held_back_and_the_others_are_kept(vigie: Aws) -> None:
    real, spoilt = vigie.control.answer, min(vigie.control.open_ids())

    def answer(request: Request) -> Answer:
        given = real(request)
        return replace(given, body=given.body.replace(b"AW_TableM", b"tableau")) if spoilt in request.path else given

    vigie.control.answer = answer  # type: ignore[method-assign]
    report = vigie.crawl_open()
    assert report.run.counts.quarantined == 1
    assert vigie.stored_ids() == vigie.control.open_ids() - {spoilt}


def test_when_every_page_of_a_notice_is_without_its_table_all_are_held_back(vigie: Aws) -> None:
    vigie.control.rename("AW_TableM", "tableau")
    report = vigie.crawl_open()
    assert report.run.counts.quarantined == len(vigie.control.open_ids())
    assert vigie.store.notices.count() == 0


def test_a_notice_whose_page_is_gone_is_kept_with_what_the_list_says(vigie: Aws) -> None:
    gone = min(vigie.control.open_ids())
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=404, path=gone))
    assert window_of(vigie).verdict is Verdict.COMPLETE
    found = vigie.stored(gone)
    assert "list" in (found.notice.partial or "")
    assert repaired(vigie)
    whole = vigie.stored(gone)
    assert whole.notice.partial is None

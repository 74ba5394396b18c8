"""The Belgian portal on a bad day: every trouble ends in the right verdict, and nothing that was listed is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from crawlers import portals
from pipelines.crawl import CrawlRequest, run
from simulated_portals import misbehaviour
from simulated_portals.be_bda.server import make_portal
from simulated_portals.messages import Answer, Request
from store.records import RunState, Verdict
from tests.support.bad_days import CutAnswer, LostPage, assert_failed, cut_answers, lost_pages
from tests.support.crawls import Installation, installation, with_floors

WORKSPACES = "/api/dos/publication-workspaces/"
SEARCH = "/api/sea/"
TODAY = date(2026, 11, 18)
"""The portal's day: invented notices follow from it."""


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path, make_portal(invented=150, seed=11, largest_page=4, today=TODAY)) as made:
        yield made


def repaired(vigie: Installation, day: date, listed: int) -> bool:
    """Whether the next run, on a good day, completes the window."""
    vigie.control.faults.clear()
    report = vigie.crawl(day)
    return report.complete and (report.windows[0].stored, vigie.store.notices.count()) == (listed, listed)


@lost_pages
def test_a_page_that_is_lost_leaves_the_window_incomplete_with_the_number(vigie: Installation, how: LostPage) -> None:
    day, listed = vigie.busiest_day()
    assert listed > 4
    vigie.control.faults.start(misbehaviour.LosePage(page=2, how=how))
    window = vigie.crawl(day).windows[0]
    assert window.verdict is Verdict.INCOMPLETE
    assert window.missing == min(4, listed - 4)
    assert "Page 2" in (window.reason or "")
    assert vigie.store.windows.incomplete("be_bda")[0].start == day
    assert repaired(vigie, day, listed)
    assert vigie.store.windows.incomplete("be_bda") == []


def test_rows_that_are_lost_leave_the_window_incomplete_with_the_number(vigie: Installation) -> None:
    day, listed = vigie.busiest_day()
    vigie.control.faults.start(misbehaviour.LoseRows(rows=1, page=2))
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, 1)
    assert repaired(vigie, day, listed)


def test_a_total_that_is_too_high_is_not_complete(vigie: Installation) -> None:
    day, listed = vigie.busiest_day()
    vigie.control.faults.start(misbehaviour.WrongTotal(off_by=2))
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing, window.stored) == (Verdict.INCOMPLETE, 2, listed)


def test_a_total_that_is_too_low_is_not_complete_though_all_is_stored(vigie: Installation) -> None:
    day, listed = vigie.busiest_day()
    vigie.control.faults.start(misbehaviour.WrongTotal(off_by=-1))
    window = vigie.crawl(day).windows[0]
    assert window.verdict is Verdict.INCOMPLETE
    assert window.announced == listed - 1


def test_an_empty_list_is_suspect(vigie: Installation) -> None:
    day, listed = vigie.busiest_day()
    vigie.control.faults.start(misbehaviour.EmptyList())
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.announced) == (Verdict.SUSPECT, 0)
    assert repaired(vigie, day, listed)


def test_a_day_below_its_floor_is_suspect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_floors(monkeypatch)
    with installation(tmp_path, make_portal(invented=60, seed=2, today=TODAY), demo=False) as real:
        tuesday = TODAY - timedelta(days=1)
        listed, floor = len(real.ids_on(tuesday)), portals.load("be_bda").expectations.floor_on(tuesday)
        window = real.crawl(tuesday).windows[0]
        assert 0 < listed < floor
        assert (window.verdict, window.stored) == (Verdict.SUSPECT, listed)
        assert str(floor) in (window.reason or "")


def test_filters_that_the_portal_ignores_are_noticed_before_paging_through_everything(vigie: Installation) -> None:
    day, listed = vigie.busiest_day()
    vigie.control.faults.start(misbehaviour.IgnoreFilters())
    report = vigie.crawl(day)
    assert_failed(report.windows[0], "ignored the date filter")
    assert vigie.requests("search") == 1
    assert repaired(vigie, day, listed)


def test_an_ignored_filter_for_open_calls_is_noticed(vigie: Installation) -> None:
    vigie.control.faults.start(misbehaviour.IgnoreFilters())
    assert_failed(vigie.crawl_open().windows[0], "ignored the filter for open calls")


def test_a_renamed_key_of_the_list_is_a_named_error(vigie: Installation) -> None:
    vigie.control.faults.start(misbehaviour.RenameKey(old="totalCount", new="total"))
    report = vigie.crawl(vigie.busiest_day()[0])
    assert report.windows[0].verdict is Verdict.FAILED
    assert "totalCount" in (report.run.message or "")
    assert report.run.state is RunState.FAILED


def test_a_renamed_key_of_a_row_is_a_named_error(vigie: Installation) -> None:
    vigie.control.faults.start(misbehaviour.RenameKey(old="noticeIds", new="notices"))
    assert_failed(vigie.crawl(vigie.busiest_day()[0]).windows[0], "noticeIds")


@pytest.mark.parametrize("odd", ["x" * 4000, "../../auth/token?x=", "", "a b", "\ud800"])
def test_a_row_whose_id_is_none_is_missed_alone_and_its_window_says_so(vigie: Installation, odd: str) -> None:
    day, listed = vigie.busiest_day()
    real, spoilt = vigie.control.answer, vigie.ids_on(day)[0]

    def answer(request: Request) -> Answer:
        given = real(request)
        if "/api/sea/" not in request.path or given.status != 200:
            return given
        told = json.loads(given.body)
        for row in told["publications"]:
            if row["publicationWorkspaceId"] == spoilt:
                row["publicationWorkspaceId"] = odd
        return Answer(200, json.dumps(told).encode(), "application/json")

    vigie.control.answer = answer  # type: ignore[method-assign]
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing, window.stored) == (Verdict.INCOMPLETE, 1, listed - 1)
    assert "is no identifier" in (window.reason or "")
    assert len(window.reason or "") < 500
    assert vigie.store.notices.count() == listed - 1


def test_a_portal_that_refuses_connections_is_told_in_a_plain_sentence(vigie: Installation) -> None:
    request = CrawlRequest.open_calls("be_bda", base_url="http://127.0.0.1:1")
    report = run(request, vigie.settings, vigie.store, vigie.archive)
    assert "The portal does not answer: connection refused (GET http://127.0.0.1:1/" in (report.run.message or "")
    assert "0x" not in (report.run.message or "")


def test_a_new_key_is_counted_as_unread(vigie: Installation) -> None:
    day, listed = vigie.busiest_day()
    vigie.control.faults.start(misbehaviour.RenameKey(old="insertionDate", new="insertedOn"))
    report = vigie.crawl(day)
    assert report.complete
    assert report.run.unread == {"row.insertedOn": listed}


def test_maintenance_ends_the_run_with_its_name_and_without_hammering(vigie: Installation) -> None:
    day, listed = vigie.busiest_day()
    vigie.control.faults.start(misbehaviour.Maintenance(path="/api/"))
    report = vigie.crawl(day - timedelta(days=2), day)
    assert [window.verdict for window in report.windows] == [Verdict.FAILED] * 3
    assert all("maintenance" in (window.reason or "") for window in report.windows)
    assert vigie.requests("search") == 1
    assert report.run.state is RunState.FAILED
    assert repaired(vigie, day, listed)


def test_maintenance_from_the_start_fails_for_want_of_a_token(vigie: Installation) -> None:
    vigie.control.faults.start(misbehaviour.Maintenance())
    report = vigie.crawl(vigie.busiest_day()[0])
    assert report.run.state is RunState.FAILED
    assert "No token could be had" in (report.run.message or "")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_error_that_passes_is_tried_again(vigie: Installation, status: int) -> None:
    day, listed = vigie.busiest_day()
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=status, times=2, path=SEARCH))
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=status, times=2, path=WORKSPACES))
    report = vigie.crawl(day)
    assert report.complete
    assert report.windows[0].stored == listed


def test_an_error_that_stays_fails_the_window_and_says_so(vigie: Installation) -> None:
    day, listed = vigie.busiest_day()
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=500, path=SEARCH))
    report = vigie.crawl(day)
    assert report.windows[0].verdict is Verdict.FAILED
    assert "answers 500" in (report.run.message or "")
    assert repaired(vigie, day, listed)


def test_one_workspace_that_cannot_be_fetched_is_missing_and_the_others_are_stored(vigie: Installation) -> None:
    day, listed = vigie.busiest_day()
    lost = vigie.ids_on(day)[0]
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=502, path=lost))
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing, window.stored) == (Verdict.INCOMPLETE, 1, listed - 1)
    assert lost in (window.reason or "")
    assert repaired(vigie, day, listed)


def test_when_no_workspace_can_be_fetched_the_portal_is_left_alone(vigie: Installation) -> None:
    day, listed = vigie.busiest_day()
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=502, path=WORKSPACES))
    report = vigie.crawl(day)
    assert_failed(report.windows[0], "in a row")
    assert vigie.requests("workspace") == 5 * 4
    assert repaired(vigie, day, listed)


@cut_answers
@pytest.mark.parametrize("path", [SEARCH, WORKSPACES])
def test_an_answer_cut_in_half_is_asked_for_again(vigie: Installation, how: CutAnswer, path: str) -> None:
    day, listed = vigie.busiest_day()
    vigie.control.faults.start(misbehaviour.CutBody(how=how, times=1, path=path))
    report = vigie.crawl(day)
    assert report.complete
    assert report.windows[0].stored == listed


def test_a_portal_that_hangs_is_given_up_after_the_timeout_and_asked_again(tmp_path: Path) -> None:
    with installation(tmp_path, make_portal(invented=60, seed=2, today=TODAY), crawl={"timeout": 0.3}) as vigie:
        day, listed = vigie.busiest_day()
        vigie.control.faults.start(misbehaviour.Hang(seconds=30, times=1, path=SEARCH))
        report = vigie.crawl(day)
        assert report.complete
        assert report.windows[0].stored == listed


def test_a_soft_404_is_no_answer(vigie: Installation) -> None:
    """An address that moved gets the page shell with status 200."""
    vigie.control.answer, real = _shell_for_search(vigie), vigie.control.answer
    report = vigie.crawl(vigie.busiest_day()[0])
    vigie.control.answer = real  # type: ignore[method-assign]
    assert_failed(report.windows[0], "soft 404")


def _shell_for_search(vigie: Installation) -> object:
    from simulated_portals.be_bda import pages

    real = vigie.control.answer
    return lambda request: pages.SHELL if request.path.startswith(SEARCH) else real(request)


def test_a_dossier_that_is_gone_is_stored_from_its_row_and_asked_for_again(vigie: Installation) -> None:
    day, _ = vigie.busiest_day()
    lost = vigie.ids_on(day)[0]
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=404, path=lost))
    report = vigie.crawl(day)
    stored = vigie.store.notices.get(f"be_bda:{lost}")
    assert report.complete
    assert stored is not None
    assert stored.notice.partial is not None
    vigie.control.faults.clear()
    vigie.crawl(day)
    whole = vigie.stored(lost)
    assert whole.notice.partial is None

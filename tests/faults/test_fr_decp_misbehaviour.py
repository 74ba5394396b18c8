"""The tables of French award data on a bad day: every trouble ends in the right verdict, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from simulated_portals import misbehaviour
from simulated_portals.decp.contracts import AWARDS, CONCESSIONS, Line
from simulated_portals.decp.portal import DecpPortal
from simulated_portals.decp.server import make_portal
from simulated_portals.messages import Answer, Request
from store.records import RunState, Verdict
from tests.support.bad_days import CutAnswer, LostPage, assert_failed, cut_answers, lost_pages
from tests.support.crawls import PortalInstallation, change_portal, portal_installation, with_floors

TODAY = date(2026, 11, 18)
PAGE = 20
Vigie = PortalInstallation[DecpPortal]


@pytest.fixture
def vigie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vigie]:
    """A portal whose busiest day has more lines than a page holds; pages are short, so that the day may be too."""
    change_portal(monkeypatch, "fr_decp", listing={"page_size": PAGE})
    portal = make_portal(invented=130, seed=5, today=TODAY)
    with portal_installation(tmp_path, "fr_decp", portal) as made:
        yield made


def repaired(vigie: Vigie, day: date) -> bool:
    """Whether the next run, on a good day, completes the window."""
    vigie.control.faults.clear()
    vigie.control.loaded = None
    report = vigie.crawl(day)
    found = {stored.notice.id for stored in vigie.store.notices.iterate()}
    return report.complete and {f"fr_decp:{key}" for key in vigie.control.keys_on(day)} <= found


def test_the_busiest_day_needs_several_pages(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    lines = [line for key in vigie.control.keys_on(day) for line in vigie.control.contracts[key].lines()]
    assert len(lines) > PAGE


@lost_pages
def test_a_page_that_is_lost_leaves_the_window_incomplete(vigie: Vigie, how: LostPage) -> None:
    day = vigie.control.busiest_day()
    vigie.control.faults.start(misbehaviour.LosePage(page=2, how=how, times=1))
    window = vigie.crawl(day).windows[0]
    assert window.verdict is Verdict.INCOMPLETE
    assert window.missing > 0
    assert f"Page 2 of {AWARDS} {'repeats' if how == 'repeat' else 'is empty'}" in (window.reason or "")
    assert vigie.store.windows.incomplete("fr_decp")[0].start == day
    assert repaired(vigie, day)
    assert vigie.store.windows.incomplete("fr_decp") == []


@lost_pages
def test_a_page_that_is_lost_of_the_answer_for_contracts_stores_no_half_of_one(vigie: Vigie, how: LostPage) -> None:
    day = vigie.control.busiest_day()
    real = vigie.control._records

    def losing(dataset: str, request: Request) -> Answer:
        vigie.control.faults.clear()
        if vigie.control.kind_of(request) == "contracts":
            vigie.control.faults.start(misbehaviour.LosePage(page=2, how=how))
        return real(dataset, request)

    vigie.control._records = losing  # type: ignore[method-assign]
    window = vigie.crawl(day).windows[0]
    assert window.verdict in (Verdict.INCOMPLETE, Verdict.FAILED)
    assert "contracts and gave" in (window.reason or "")
    vigie.control._records = real  # type: ignore[method-assign]
    assert repaired(vigie, day)
    assert all(stored.version == 1 for stored in vigie.store.notices.iterate())


def test_lines_that_are_lost_leave_the_window_incomplete_with_their_number(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    vigie.control.faults.start(misbehaviour.LoseRows(rows=3, page=2, times=1))
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, 3)
    assert "lines were listed" in (window.reason or "")
    assert repaired(vigie, day)


@pytest.mark.parametrize("off_by", [2, -1])
def test_a_total_that_is_wrong_is_not_complete(vigie: Vigie, off_by: int) -> None:
    day = vigie.control.busiest_day()
    vigie.control.faults.start(misbehaviour.WrongTotal(off_by=off_by, path=AWARDS))
    window = vigie.crawl(day).windows[0]
    assert window.verdict in (Verdict.INCOMPLETE, Verdict.FAILED)
    assert "announced" in (window.reason or "")
    assert repaired(vigie, day)


def test_an_empty_answer_is_suspect(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    vigie.control.faults.start(misbehaviour.EmptyList())
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.announced) == (Verdict.SUSPECT, 0)
    assert repaired(vigie, day)


def test_a_day_below_its_floor_is_suspect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_floors(monkeypatch)
    portal = make_portal(invented=60, seed=3, today=TODAY)
    with portal_installation(tmp_path, "fr_decp", portal, demo=False) as real:
        window = real.crawl(portal.busiest_day()).windows[0]
        assert window.verdict is Verdict.SUSPECT
        assert "such a day has at least 50" in (window.reason or "")


def test_a_filter_that_the_portal_ignores_is_noticed_on_the_first_page(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    vigie.control.faults.start(misbehaviour.IgnoreFilters())
    assert_failed(vigie.crawl(day).windows[0], f"ignored the date filter of {AWARDS}")
    assert vigie.requests("list") == 1
    assert repaired(vigie, day)


def test_a_question_for_contracts_that_is_ignored_is_noticed(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    real = vigie.control._found

    def ignoring(dataset: str, request: Request) -> list[Line]:
        if "acheteur_id =" in request.query.get("where", ""):
            return vigie.control.lines(dataset)
        return real(dataset, request)

    vigie.control._found = ignoring  # type: ignore[method-assign]
    report = vigie.crawl(day)
    assert_failed(report.windows[0], "ignored the question for contracts")
    assert vigie.store.notices.count() == 0
    vigie.control._found = real  # type: ignore[method-assign]
    assert repaired(vigie, day)


def test_a_column_with_another_name_is_a_named_error_and_yesterday_stays(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    vigie.crawl(day)
    stored = vigie.store.notices.count()
    vigie.control.faults.start(misbehaviour.RenameKey(old="acheteur_id", new="acheteur_siret"))
    report = vigie.crawl(day)
    assert report.windows[0].verdict is Verdict.FAILED
    assert "no column acheteur_id" in (report.run.message or "")
    assert report.run.state is RunState.FAILED
    assert vigie.store.notices.count() == stored


def test_a_column_that_the_portal_does_not_know_any_more_is_told_in_its_words(
    vigie: Vigie, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulated_portals.decp import contracts

    day = vigie.control.busiest_day()
    kept = tuple(name for name in contracts.COLUMNS[AWARDS] if name != "datepublicationdonnees")
    monkeypatch.setitem(contracts.COLUMNS, AWARDS, kept)
    assert_failed(vigie.crawl(day).windows[0], "Unknown field: datepublicationdonnees")


def test_a_renamed_total_is_a_named_error(vigie: Vigie) -> None:
    vigie.control.faults.start(misbehaviour.RenameKey(old="total_count", new="nhits"))
    assert_failed(vigie.crawl(vigie.control.busiest_day()).windows[0], "no key total_count")


def test_a_new_column_is_told_as_unread_and_the_contract_is_stored(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    vigie.control.faults.start(misbehaviour.RenameKey(old="ccag", new="cahier_des_clauses"))
    report = vigie.crawl(day)
    assert report.complete
    assert report.run.unread["marche.cahier_des_clauses"] > 0


def test_a_fault_of_the_second_table_keeps_what_the_first_one_told(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=404, path=CONCESSIONS))
    window = vigie.crawl(day).windows[0]
    assert window.verdict is Verdict.FAILED
    assert CONCESSIONS in (window.reason or "")
    assert vigie.store.notices.count() > PAGE
    assert repaired(vigie, day)


@cut_answers
def test_an_answer_that_is_cut_once_is_asked_for_again(vigie: Vigie, how: CutAnswer) -> None:
    vigie.control.faults.start(misbehaviour.CutBody(how=how, times=1, path="/records"))
    assert vigie.crawl(vigie.control.busiest_day()).complete


def test_answers_that_stay_cut_fail_the_window_and_lose_nothing(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    vigie.control.faults.start(misbehaviour.CutBody(how="payload", path="/records"))
    assert_failed(vigie.crawl(day).windows[0], "cannot be read")
    assert repaired(vigie, day)


@pytest.mark.parametrize("status", [429, 503])
def test_a_portal_that_asks_to_wait_is_waited_for(vigie: Vigie, status: int) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=status, retry_after=0, times=2))
    assert vigie.crawl(vigie.control.busiest_day()).complete


def test_a_portal_that_asks_to_wait_for_hours_ends_the_run_with_that_reason(vigie: Vigie) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=429, retry_after=7200, path="/records"))
    report = vigie.crawl(TODAY - timedelta(days=1), TODAY)
    assert {window.verdict for window in report.windows} == {Verdict.FAILED}
    assert "asks to wait 7200 seconds" in (report.windows[0].reason or "")
    assert vigie.requests("list") == 1


def test_a_server_error_that_stays_fails_the_window(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=503, retry_after=0, path="/records"))
    assert_failed(vigie.crawl(day).windows[0], "503")
    assert repaired(vigie, day)


def test_a_maintenance_page_is_no_empty_list(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    vigie.control.faults.start(misbehaviour.Maintenance())
    window = vigie.crawl(day).windows[0]
    assert window.verdict is Verdict.FAILED
    assert "maintenance" in (window.reason or "").lower()
    assert repaired(vigie, day)


def test_a_portal_that_does_not_answer_fails_the_window_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_portal(monkeypatch, "fr_decp", politeness={"timeout": 0.3, "tries": 1})
    portal = make_portal(invented=60, seed=5, today=TODAY)
    with portal_installation(tmp_path, "fr_decp", portal, crawl={"timeout": 0.3}) as vigie:
        day = portal.busiest_day()
        portal.faults.start(misbehaviour.Hang(seconds=30, path="/records"))
        assert_failed(vigie.crawl(day).windows[0], "does not answer in time")
        assert repaired(vigie, day)


def test_a_table_that_was_not_loaded_since_is_not_taken_for_an_empty_day(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    vigie.control.loaded = day - timedelta(days=30)
    assert_failed(
        vigie.crawl(day).windows[0], f"was last loaded on {day - timedelta(days=30)}: it cannot hold {day} yet"
    )
    assert repaired(vigie, day)


def test_a_table_that_was_loaded_just_before_a_day_ended_says_that_more_may_come(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    vigie.control.loaded = day
    report = vigie.crawl(day)
    assert report.complete
    assert "more of" in (report.windows[0].reason or "")


def test_a_line_that_is_no_contract_leaves_the_window_incomplete_and_the_rest_stored(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    line = dict(vigie.control.lines(AWARDS)[0]) | {"id": "CDL", "datepublicationdonnees": day.isoformat()}
    vigie.control.raw_lines.append((AWARDS, line))
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, 1)
    assert "1 lines name no contract" in (window.reason or "")
    assert window.stored == len(vigie.control.keys_on(day))


def test_a_contract_without_an_object_waits_in_quarantine_and_the_others_are_stored(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    key = min(vigie.control.keys_on(day))
    vigie.control.correct(key, objet="CDL")
    report = vigie.crawl(day)
    assert report.complete
    assert (report.windows[0].quarantined, report.windows[0].stored) == (1, len(vigie.control.keys_on(day)) - 1)
    [held] = vigie.store.quarantine.held("fr_decp")
    assert "objet" in held.reason

"""BOAMP on a bad day: every trouble ends in the right verdict, and nothing that was listed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from crawlers import portals
from simulated_portals import misbehaviour
from simulated_portals.boamp.records import FIELDS
from simulated_portals.boamp.server import make_portal
from simulated_portals.messages import Answer, Request
from store.records import RunState, Verdict
from tests.support.bad_days import CutAnswer, LostPage, assert_failed, cut_answers, lost_pages
from tests.support.boamp import TODAY, Boamp, boamp, busiest_day, live_on_today
from tests.support.crawls import with_floors


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    live_on_today(monkeypatch)


@pytest.fixture
def vigie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Boamp]:
    with boamp(tmp_path, make_portal(invented=70, seed=11, today=TODAY), monkeypatch, page_size=3) as made:
        yield made


def repaired(vigie: Boamp, day: date, listed: int) -> bool:
    """Whether the next run, on a good day, completes the window."""
    vigie.control.faults.clear()
    vigie.control.spoilt = {}
    report = vigie.crawl(day)
    return report.complete and (report.windows[0].stored, vigie.store.notices.count()) == (listed, listed)


@lost_pages
def test_a_page_that_is_lost_leaves_the_window_incomplete_with_the_number(vigie: Boamp, how: LostPage) -> None:
    day, listed = busiest_day(vigie)
    assert listed > 4
    vigie.control.faults.start(misbehaviour.LosePage(page=2, how=how))
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, min(3, listed - 3))
    assert "Page 2" in (window.reason or "")
    assert repaired(vigie, day, listed)


def test_rows_that_are_lost_leave_the_window_incomplete_with_the_number(vigie: Boamp) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.LoseRows(rows=1, page=2))
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, 1)
    assert repaired(vigie, day, listed)


@pytest.mark.parametrize(("off_by", "missing"), [(2, 2), (-1, 0)])
def test_a_total_that_is_wrong_is_not_complete(vigie: Boamp, off_by: int, missing: int) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.WrongTotal(off_by=off_by))
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, missing)
    assert window.announced == listed + off_by


def test_a_data_set_that_is_empty_fails_with_that_sentence(vigie: Boamp) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.EmptyList())
    assert_failed(vigie.crawl(day).windows[0], "announces no notice at all")
    assert repaired(vigie, day, listed)


def test_a_working_day_without_notices_is_suspect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_floors(monkeypatch)
    portal = make_portal(invented=20, seed=2, today=TODAY)
    with boamp(tmp_path, portal, monkeypatch, demo=False) as real:
        tuesday = date(2026, 6, 16)
        window = real.crawl(tuesday).windows[0]
        assert (window.verdict, window.announced) == (Verdict.SUSPECT, 0)
        assert str(portals.load("fr_boamp").expectations.floor_on(tuesday)) in (window.reason or "")


def test_filters_that_the_portal_ignores_are_noticed_before_paging_through_everything(vigie: Boamp) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.IgnoreFilters())
    assert_failed(vigie.crawl(day).windows[0], "ignored the date filter")
    assert vigie.requests("list") == 1
    assert repaired(vigie, day, listed)


def test_an_ignored_filter_for_open_calls_is_noticed(vigie: Boamp) -> None:
    vigie.control.faults.start(misbehaviour.IgnoreFilters())
    assert_failed(vigie.crawl_open().windows[0], "ignored the filter for open calls")


def test_an_ignored_filter_by_key_hands_out_no_stranger_for_a_listed_notice(vigie: Boamp) -> None:
    day, listed = busiest_day(vigie)
    real = vigie.control._found

    def found(request: Request) -> object:
        if vigie.control.kind_of(request) == "records":
            return vigie.control.catalogue._ordered
        return real(request)

    vigie.control._found = found  # type: ignore[method-assign,assignment]
    window = vigie.crawl(day).windows[0]
    vigie.control._found = real  # type: ignore[method-assign]
    assert window.verdict in (Verdict.FAILED, Verdict.INCOMPLETE)
    assert "ignored the filter by key" in (window.reason or "")
    assert vigie.store.notices.count() == 0
    assert repaired(vigie, day, listed)


def test_a_total_that_stops_at_the_cap_is_seen_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    portal = make_portal(invented=90, seed=3, today=TODAY, cap=20)
    portal.capped_total = 20
    with boamp(tmp_path, portal, monkeypatch, longest=20) as vigie:
        window = vigie.crawl_open().windows[0]
        assert (window.announced or 0) > 20
        assert window.announced == window.stored == vigie.store.notices.count()
        assert "in the parts of the list" in (window.reason or "")


def test_a_list_that_cannot_be_divided_below_the_cap_fails_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with boamp(
        tmp_path, make_portal(invented=70, seed=11, today=TODAY, cap=3), monkeypatch, longest=3, page_size=3
    ) as v:
        assert_failed(v.crawl(busiest_day(v)[0]).windows[0], "no more than 3 can be listed")


def test_a_field_that_the_portal_no_longer_has_is_a_named_error(vigie: Boamp, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tuple(name for name in FIELDS if name != "titulaire")
    monkeypatch.setattr("simulated_portals.boamp.catalogue.FIELDS", left)
    assert_failed(vigie.crawl(busiest_day(vigie)[0]).windows[0], "Unknown field: titulaire")


@pytest.mark.parametrize("key", ["total_count", "results", "idweb", "dateparution"])
def test_a_renamed_key_is_a_named_error(vigie: Boamp, key: str) -> None:
    vigie.control.faults.start(misbehaviour.RenameKey(old=key, new="renamed"))
    report = vigie.crawl(busiest_day(vigie)[0])
    assert report.windows[0].verdict is Verdict.FAILED
    assert f"no key {key}" in (report.run.message or "")
    assert report.run.state is RunState.FAILED


def test_a_new_key_is_counted_as_unread(vigie: Boamp) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.RenameKey(old="famille_libelle", new="famille_nouvelle"))
    report = vigie.crawl(day)
    assert report.complete
    assert report.run.unread == {"record.famille_nouvelle": listed}


@pytest.mark.parametrize(
    "donnees", ["ceci n'est pas du JSON", '{"EFORMS": {"ContractNotice": ', '{"FORMULAIRE_INCONNU": {}}']
)
def test_a_notice_whose_content_cannot_be_read_waits_in_quarantine_alone(vigie: Boamp, donnees: str) -> None:
    day, listed = busiest_day(vigie)
    spoilt = vigie.control.catalogue.on(day)[0]
    vigie.control.spoilt = {spoilt: {"donnees": donnees}}
    window = vigie.crawl(day).windows[0]
    assert (window.stored, window.quarantined) == (listed - 1, 1)
    (entry,) = vigie.store.quarantine.held("fr_boamp")
    assert entry.native_id == spoilt
    assert "donnees" in f"{entry.path} {entry.reason}"
    assert repaired(vigie, day, listed)


def test_maintenance_ends_the_run_with_its_name_and_without_hammering(vigie: Boamp) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.Maintenance(path="/api/"))
    report = vigie.crawl(day)
    assert_failed(report.windows[0], "maintenance")
    assert vigie.requests("list") == 1
    assert repaired(vigie, day, listed)


@pytest.mark.parametrize("status", [429, 503])
def test_an_error_that_passes_is_tried_again(vigie: Boamp, status: int) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=status, times=2, path="/records", retry_after=0))
    report = vigie.crawl(day)
    assert report.complete
    assert report.windows[0].stored == listed


def test_asked_to_wait_for_an_hour_the_run_ends_and_says_so(vigie: Boamp) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=429, path="/records", retry_after=3600))
    report = vigie.crawl(day)
    assert report.windows[0].verdict is Verdict.FAILED
    assert "asks to wait 3600 seconds" in (report.run.message or "")
    assert vigie.requests("list") == 1
    assert repaired(vigie, day, listed)


def test_a_quota_that_is_used_up_ends_the_run_before_the_portal_refuses(vigie: Boamp) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.quota = 2
    report = vigie.crawl(day)
    assert report.windows[0].verdict is Verdict.FAILED
    assert "quota of 2 requests is used up; it returns at 2026-11-19 00:00 UTC" in (report.run.message or "")
    assert vigie.control.statistics.as_json()["by_status"].get("429") is None  # type: ignore[attr-defined]
    vigie.control.quota = None
    assert repaired(vigie, day, listed)


def test_an_error_that_stays_fails_the_window_and_says_so(vigie: Boamp) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=500, path="/records"))
    report = vigie.crawl(day)
    assert report.windows[0].verdict is Verdict.FAILED
    assert "answers 500" in (report.run.message or "")
    assert repaired(vigie, day, listed)


@cut_answers
def test_an_answer_cut_in_half_is_asked_for_again(vigie: Boamp, how: CutAnswer) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.CutBody(how=how, times=1, path="/records"))
    report = vigie.crawl(day)
    assert report.complete
    assert report.windows[0].stored == listed


def test_a_portal_that_hangs_is_given_up_after_the_timeout_and_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = make_portal(invented=30, seed=2, today=TODAY)
    with boamp(tmp_path, portal, monkeypatch, crawl={"timeout": 0.4}) as vigie:
        day, listed = busiest_day(vigie)
        vigie.control.faults.start(misbehaviour.Hang(seconds=30, times=1, path="/records"))
        report = vigie.crawl(day)
        assert report.complete
        assert report.windows[0].stored == listed


def test_a_page_in_the_place_of_an_answer_is_no_answer(vigie: Boamp) -> None:
    vigie.control.answer = lambda request: Answer(200, b"<html>Accueil</html>", "text/html")  # type: ignore[method-assign]
    assert_failed(vigie.crawl(busiest_day(vigie)[0]).windows[0], "soft 404")


@pytest.mark.parametrize("odd", ["x" * 4000, '26-1") or (idweb is not null', "", "a b"])
def test_a_record_whose_key_is_none_is_missed_alone_and_its_window_says_so(vigie: Boamp, odd: str) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.spoilt = {vigie.control.catalogue.on(day)[0]: {"idweb": odd}}
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing, window.stored) == (Verdict.INCOMPLETE, 1, listed - 1)
    assert "is no identifier" in (window.reason or "")
    assert len(window.reason or "") < 500


def test_a_notice_that_is_listed_and_not_handed_out_is_missed_alone(vigie: Boamp) -> None:
    day, listed = busiest_day(vigie)
    lost, real = vigie.control.catalogue.on(day)[0], vigie.control._printed

    def printed(request: Request, rows: object) -> list[dict[str, object]]:
        given = real(request, rows)  # type: ignore[arg-type]
        keep = vigie.control.kind_of(request) != "records"
        return [row for row in given if keep or row["idweb"] != lost]

    vigie.control._printed = printed  # type: ignore[method-assign]
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing, window.stored) == (Verdict.INCOMPLETE, 1, listed - 1)
    assert lost in (window.reason or "")
    vigie.control._printed = real  # type: ignore[method-assign]
    assert repaired(vigie, day, listed)


def test_records_too_large_together_are_asked_for_in_smaller_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = make_portal(invented=70, seed=11, today=TODAY)
    small = {"max_response_bytes": 45_000}
    with boamp(tmp_path, portal, monkeypatch, page_size=40, crawl=small) as vigie:
        day, listed = busiest_day(vigie)
        report = vigie.crawl(day)
        assert report.complete
        assert report.windows[0].stored == listed
        assert vigie.requests("records") > 1

"""TED on a bad day: every trouble ends in the right verdict, and nothing that was listed is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from crawlers import portals
from simulated_portals import misbehaviour
from simulated_portals.messages import Answer, Request
from simulated_portals.ted.portal import PACKAGES, SEARCH, TedPortal
from simulated_portals.ted.server import make_portal
from store.records import RunState, Verdict
from tests.support.bad_days import CutAnswer, LostPage, assert_failed, cut_answers, lost_pages
from tests.support.crawls import PortalInstallation, change_portal, portal_installation, with_floors

TODAY = date(2026, 11, 18)
Vigie = PortalInstallation[TedPortal]


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Vigie]:
    portal = make_portal(invented=120, seed=3, today=TODAY)
    portal.habits.largest_page = 2
    with portal_installation(tmp_path, "eu_ted", portal) as made:
        yield made


def busiest_day(vigie: Vigie) -> tuple[date, int]:
    """The day before today with most Belgian and French notices, and their number."""
    ours = [item for item in vigie.control.journal.notices.values() if item.sent.country in ("BEL", "FRA")]
    days = Counter(item.sent.day for item in ours if item.sent.day < TODAY)
    day = max(sorted(days), key=lambda day: days[day])
    return day, days[day]


def partial_notices(vigie: Vigie) -> list[str]:
    return [item.notice.partial for item in vigie.store.notices.iterate() if item.notice.partial]


def repaired(vigie: Vigie, day: date, listed: int) -> bool:
    """Whether the next run, on a good day, completes the window with whole notices."""
    vigie.control.faults.clear()
    report = vigie.crawl(day)
    stored = (report.windows[0].stored, vigie.store.notices.count())
    return report.complete and stored == (listed, listed) and not partial_notices(vigie)


# --- the list


def test_a_token_that_gives_the_same_page_again_is_left_for_page_numbers(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.habits.repeats_token = True
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.stored) == (Verdict.COMPLETE, listed)
    assert "repeats what was listed before" in (window.reason or "")
    assert "by page numbers" in (window.reason or "")


def test_a_token_that_ted_forgot_is_left_for_page_numbers(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.habits.forgets_tokens = True
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.stored) == (Verdict.COMPLETE, listed)
    assert "answers 500 to its own iteration token" in (window.reason or "")


def test_above_the_cap_of_page_numbers_the_list_is_split(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    by_country = Counter(item.sent.country for item in vigie.control.journal.notices.values() if item.sent.day == day)
    assert max(by_country["BEL"], by_country["FRA"]) < listed
    vigie.control.habits.repeats_token = True
    vigie.control.habits.longest_by_number = max(by_country["BEL"], by_country["FRA"])
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.stored) == (Verdict.COMPLETE, listed)


def test_above_the_cap_with_nothing_left_to_split_the_window_fails_and_says_why(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.habits.repeats_token = True
    vigie.control.habits.longest_by_number = 2
    assert_failed(vigie.crawl(day).windows[0], "lists at most")
    vigie.control.habits.repeats_token = False
    assert repaired(vigie, day, listed)


@lost_pages
def test_a_page_that_is_lost_leaves_the_window_incomplete_with_the_number(vigie: Vigie, how: LostPage) -> None:
    day, listed = busiest_day(vigie)
    assert listed > 4
    vigie.control.faults.start(misbehaviour.LosePage(page=2, how=how))
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, 2)
    assert repaired(vigie, day, listed)


def test_a_page_that_is_lost_once_is_found_by_its_number(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.LosePage(page=2, how="empty", times=1))
    assert vigie.crawl(day).complete
    assert vigie.store.notices.count() == listed


def test_rows_that_are_lost_leave_the_window_incomplete_with_the_number(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.LoseRows(rows=1, page=2))
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, 1)
    assert repaired(vigie, day, listed)


def test_a_total_that_is_too_high_is_not_complete(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.WrongTotal(off_by=2))
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing, window.stored) == (Verdict.INCOMPLETE, 2, listed)


def test_an_empty_list_on_a_working_day_is_suspect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_floors(monkeypatch)
    with portal_installation(tmp_path, "eu_ted", make_portal(invented=60, today=TODAY), demo=False) as real:
        real.control.faults.start(misbehaviour.EmptyList())
        window = real.crawl(TODAY - timedelta(days=1)).windows[0]
        assert (window.verdict, window.announced) == (Verdict.SUSPECT, 0)
        floor = portals.load("eu_ted").expectations.floor_on(TODAY - timedelta(days=1))
        assert str(floor) in (window.reason or "")


def test_a_country_filter_that_finds_nothing_is_noticed(vigie: Vigie) -> None:
    """Elsewhere in Europe buyers published: nothing of Belgium and France is no news but a fault."""
    foreign = [item for item in vigie.control.journal.notices.values() if item.sent.country == "LUX"]
    day = next(item.sent.day for item in foreign if item.sent.day < TODAY)
    mine = {key: item for key, item in vigie.control.journal.notices.items() if item.sent.day != day}
    vigie.control.journal.notices = mine | {item.key: item for item in foreign}
    assert_failed(vigie.crawl(day).windows[0], "the filter by country finds nothing")


def test_filters_that_ted_ignores_are_noticed_on_the_first_page(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.IgnoreFilters())
    assert_failed(vigie.crawl(day).windows[0], "ignored the filter by")
    assert vigie.requests("search") == 1
    assert repaired(vigie, day, listed)


def test_a_field_that_ted_does_not_know_any_more_is_named(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.habits.unknown_fields = frozenset({"ojs-number"})
    report = vigie.crawl(day)
    assert report.windows[0].verdict is Verdict.FAILED
    assert "does not know the field ojs-number" in (report.run.message or "")
    assert "options.fields" in (report.run.message or "")
    assert len(report.windows[0].reason or "") < 500
    vigie.control.habits.unknown_fields = frozenset()
    assert repaired(vigie, day, listed)


def test_a_page_that_ted_did_not_finish_is_asked_for_again(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.habits.unfinished = 2
    report = vigie.crawl(day)
    assert report.complete
    assert report.windows[0].stored == listed


def test_pages_that_are_never_finished_fail_the_window(vigie: Vigie) -> None:
    day, _ = busiest_day(vigie)
    vigie.control.habits.unfinished = 1000
    assert_failed(vigie.crawl(day).windows[0], "timedOut")


@pytest.mark.parametrize("key", ["totalNoticeCount", "publication-number", "buyer-country"])
def test_a_renamed_key_is_a_named_error(vigie: Vigie, key: str) -> None:
    vigie.control.faults.start(misbehaviour.RenameKey(old=key, new="other"))
    report = vigie.crawl(busiest_day(vigie)[0])
    assert report.windows[0].verdict is Verdict.FAILED
    assert key in (report.run.message or "")


def test_a_new_key_of_a_row_is_counted_as_unread(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.RenameKey(old="notice-type", new="notice-sort"))
    report = vigie.crawl(day)
    assert report.complete
    assert report.run.unread == {"row.notice-sort": listed}


# --- the connection


def test_maintenance_ends_the_run_with_its_name(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.Maintenance(path="/v3/"))
    report = vigie.crawl(day)
    assert report.run.state is RunState.FAILED
    assert "maintenance" in (report.run.message or "")
    assert repaired(vigie, day, listed)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_error_that_passes_is_tried_again(vigie: Vigie, status: int) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=status, times=2, path=SEARCH))
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=status, times=2, path=PACKAGES))
    report = vigie.crawl(day)
    assert report.complete
    assert report.windows[0].stored == listed


def test_too_many_requests_without_a_time_to_wait_are_waited_out(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.habits.too_fast_after = 2
    report = vigie.crawl(day)
    assert report.complete
    assert report.windows[0].stored == listed


def test_a_long_wait_that_is_asked_for_ends_the_run(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=429, retry_after=3600, path=SEARCH))
    report = vigie.crawl(day - timedelta(days=1), day)
    assert [window.verdict for window in report.windows] == [Verdict.FAILED] * 2
    assert "3600 seconds" in (report.run.message or "")
    assert vigie.requests("search") == 1
    assert repaired(vigie, day, listed)


def test_a_search_that_hangs_is_given_up_and_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change_portal(monkeypatch, "eu_ted", politeness={"timeout": 0.3})
    simulated = make_portal(invented=60, seed=2, today=TODAY)
    with portal_installation(tmp_path, "eu_ted", simulated, crawl={"timeout": 0.3}) as vigie:
        day, listed = busiest_day(vigie)
        vigie.control.faults.start(misbehaviour.Hang(seconds=30, times=1, path=SEARCH))
        report = vigie.crawl(day)
        assert report.complete
        assert report.windows[0].stored == listed


@cut_answers
def test_an_answer_cut_in_half_is_asked_for_again(vigie: Vigie, how: CutAnswer) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.CutBody(how=how, times=1, path=SEARCH))
    report = vigie.crawl(day)
    assert report.complete
    assert report.windows[0].stored == listed


# --- packages and documents


@cut_answers
def test_a_package_cut_in_half_is_fetched_again(vigie: Vigie, how: CutAnswer) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.CutBody(how=how, times=1, path=PACKAGES))
    assert vigie.crawl(day).complete
    assert (vigie.requests("package"), vigie.requests("document")) == (2, 0)
    assert repaired(vigie, day, listed)


def test_what_a_cut_package_lacks_is_fetched_one_by_one(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.CutBody(how="payload", path=PACKAGES, keep=0.6))
    assert vigie.crawl(day).complete
    assert 0 < vigie.requests("document") < listed
    assert not partial_notices(vigie)


@pytest.mark.parametrize("status", [400, 404])
def test_without_a_package_yet_documents_are_fetched_one_by_one(vigie: Vigie, status: int) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=status, path=PACKAGES))
    assert vigie.crawl(day).complete
    assert vigie.requests("document") == listed
    assert not partial_notices(vigie)


def test_a_document_in_the_making_is_waited_for(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.habits.packages_wait = True
    vigie.control.habits.renders_after = 2
    assert vigie.crawl(day).complete
    assert vigie.requests("document") == 3 * listed
    assert not partial_notices(vigie)


def test_a_document_that_is_not_made_leaves_its_row_and_is_asked_for_again(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.habits.packages_wait = True
    vigie.control.habits.renders_after = 1000
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.stored) == (Verdict.INCOMPLETE, listed)
    assert "Documents are missing" in (window.reason or "")
    assert len(partial_notices(vigie)) == listed
    assert vigie.requests("document") == 2 * 3  # after two in vain the others are not waited for
    vigie.control.habits.packages_wait = False
    assert repaired(vigie, day, listed)


def test_more_documents_than_are_polite_are_not_fetched_one_by_one(
    vigie: Vigie, monkeypatch: pytest.MonkeyPatch
) -> None:
    day, listed = busiest_day(vigie)
    change_portal(monkeypatch, "eu_ted", options={"single_documents_at_most": 1})
    vigie.control.habits.packages_wait = True
    vigie.crawl(day)
    assert vigie.requests("document") == 1
    assert len(partial_notices(vigie)) == listed - 1


def test_where_ted_wants_a_browser_nothing_is_tried_and_rows_are_kept(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.habits.challenges = True
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.stored) == (Verdict.INCOMPLETE, listed)
    assert "asks for a browser" in (window.reason or "")
    assert vigie.requests("package") + vigie.requests("document") == 1
    assert all("asks for a browser" in reason for reason in partial_notices(vigie))
    vigie.control.habits.challenges = False
    assert repaired(vigie, day, listed)


def test_a_package_that_unpacks_without_end_is_stopped(vigie: Vigie, monkeypatch: pytest.MonkeyPatch) -> None:
    day, listed = busiest_day(vigie)
    change_portal(monkeypatch, "eu_ted", options={"package_unpacked": 10_000_000})
    vigie.control.habits.packages_bomb = True
    assert vigie.crawl(day).complete
    assert (vigie.requests("package"), vigie.requests("document")) == (1, listed)


def test_one_document_that_cannot_be_fetched_is_missing_and_the_others_are_stored(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    vigie.control.habits.packages_wait = True
    lost = next(item.key for item in vigie.control.journal.notices.values() if item.sent.day == day)
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=502, path=f"/{lost}/"))
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.missing, window.stored) == (Verdict.INCOMPLETE, 1, listed - 1)
    assert lost in (window.reason or "")
    assert repaired(vigie, day, listed)


def test_documents_that_robots_txt_keeps_back_are_not_asked_for(vigie: Vigie) -> None:
    day, listed = busiest_day(vigie)
    real = vigie.control.answer

    def answer(request: Request) -> Answer:
        if request.path == "/robots.txt":
            return Answer(200, b"User-agent: *\nDisallow: /packages/\nDisallow: /en/notice/\n", "text/plain")
        return real(request)

    vigie.control.answer = answer  # type: ignore[method-assign]
    window = vigie.crawl(day).windows[0]
    assert (window.verdict, window.stored) == (Verdict.INCOMPLETE, listed)
    assert "robots.txt keeps Vigie from the documents" in (window.reason or "")
    assert vigie.requests("package") + vigie.requests("document") == 0
    assert len(partial_notices(vigie)) == listed

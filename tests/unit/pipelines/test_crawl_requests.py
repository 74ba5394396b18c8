"""Which windows a crawl looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from core.errors import VigieError
from crawlers import portals
from crawlers.contract import Window
from pipelines.requests import CrawlRequest, plan
from store.records import Coverage, Verdict, WindowRecord

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 18)
BELGIAN = portals.load("be_bda")


def days_ago(number: int) -> date:
    return TODAY - timedelta(days=number)


@dataclass
class History:
    """What the store would say."""

    last: date | None = None
    wrong: list[WindowRecord] = field(default_factory=list)
    covered: set[date] = field(default_factory=set)

    def incomplete(self, portal: str) -> list[WindowRecord]:
        return self.wrong

    def last_complete_day(self, portal: str) -> date | None:
        return self.last

    def coverage(self, portal: str, start: date, end: date) -> Coverage:
        days = [start + timedelta(days=n) for n in range((end - start).days)]
        missing = tuple(day for day in days if day not in self.covered)
        return Coverage(
            portal=portal,
            start=start,
            end=end,
            covered_days=len(days) - len(missing),
            total_days=len(days),
            missing=missing,
        )


def wrong(day: date, attempts: int = 1, ended_at: datetime = NOW, scope: str = "days") -> WindowRecord:
    bounds = (day, day + timedelta(days=1)) if scope == "days" else (None, None)
    return WindowRecord(
        portal="be_bda",
        scope=scope,
        start=bounds[0],
        end=bounds[1],
        run_id="r",
        announced=5,
        verdict=Verdict.INCOMPLETE,
        attempts=attempts,
        ended_at=ended_at,
    )


def starts(windows: tuple[Window, ...]) -> list[date | None]:
    return [window.start for window in windows]


def test_given_days_are_crawled_one_window_each_and_nothing_else() -> None:
    history = History(wrong=[wrong(days_ago(9))])
    windows = plan(CrawlRequest.of_days("be_bda", days_ago(2), TODAY), BELGIAN, history, NOW)
    assert starts(windows) == [days_ago(2), days_ago(1), TODAY]
    assert all(window.end == (window.start or TODAY) + timedelta(days=1) for window in windows)


def test_the_first_regular_crawl_looks_at_the_overlapping_days() -> None:
    assert starts(plan(CrawlRequest.catch_up("be_bda"), BELGIAN, History(), NOW)) == [days_ago(n) for n in (3, 2, 1, 0)]


def test_a_regular_crawl_starts_at_the_last_complete_day_however_long_ago() -> None:
    found = starts(plan(CrawlRequest.catch_up("be_bda"), BELGIAN, History(last=days_ago(200)), NOW))
    assert (found[0], found[-1], len(found)) == (days_ago(200), TODAY, 201)


def test_a_crawl_begins_with_windows_that_were_not_complete_within_reach() -> None:
    history = History(last=TODAY, wrong=[wrong(days_ago(400)), wrong(days_ago(9)), wrong(days_ago(1))])
    found = starts(plan(CrawlRequest.catch_up("be_bda"), BELGIAN, history, NOW))
    assert found == [days_ago(n) for n in (9, 3, 2, 1, 0)]


def test_what_is_open_is_crawled_after_what_was_not_complete() -> None:
    windows = plan(CrawlRequest.open_calls("be_bda"), BELGIAN, History(wrong=[wrong(days_ago(2))]), NOW)
    assert windows == (Window.day(days_ago(2)), Window.open_now())


def test_a_window_tried_in_vain_again_and_again_rests_for_a_day() -> None:
    rested = NOW - timedelta(hours=30)
    history = History(
        last=TODAY, wrong=[wrong(days_ago(9), attempts=7), wrong(days_ago(8), attempts=7, ended_at=rested)]
    )
    assert starts(plan(CrawlRequest.catch_up("be_bda"), BELGIAN, history, NOW))[0] == days_ago(8)


def test_a_backfill_goes_backwards_over_days_that_are_not_covered() -> None:
    history = History(covered={days_ago(2), days_ago(3)})
    found = starts(plan(CrawlRequest.backfill("be_bda", 5), BELGIAN, history, NOW))
    assert found == [days_ago(1), days_ago(4), days_ago(5)]


def test_a_backfill_does_not_come_back_to_a_suspect_day_for_ever() -> None:
    history = History(wrong=[wrong(days_ago(2), attempts=3)])
    found = starts(plan(CrawlRequest.backfill("be_bda", 3), BELGIAN, history, NOW))
    assert found == [days_ago(1), days_ago(3)]


def test_days_are_those_of_the_portals_calendar() -> None:
    late = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)  # past midnight in Brussels
    found = plan(CrawlRequest.catch_up("be_bda"), BELGIAN, History(), late)
    assert found[-1].start == date(2026, 11, 19)


def test_days_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="is after the last one"):
        CrawlRequest.of_days("be_bda", TODAY, days_ago(1))


OPEN_ONLY = BELGIAN.model_copy(update={"scopes": ("open",)})
DAYS_ONLY = BELGIAN.model_copy(update={"scopes": ("days",)})


def test_a_portal_without_publication_days_is_asked_for_what_is_open_instead() -> None:
    assert plan(CrawlRequest.catch_up("be_bda"), OPEN_ONLY, History(last=days_ago(3)), NOW) == (Window.open_now(),)
    assert plan(CrawlRequest.backfill("be_bda", 9), OPEN_ONLY, History(), NOW) == ()
    with pytest.raises(VigieError, match="only for what is open now"):
        plan(CrawlRequest.of_days("be_bda", TODAY, TODAY), OPEN_ONLY, History(), NOW)


def test_a_portal_that_knows_days_only_is_asked_for_the_last_ones() -> None:
    asked = plan(CrawlRequest.open_calls("be_bda"), DAYS_ONLY, History(), NOW)
    assert asked == Window.days(days_ago(BELGIAN.calendar.overlap_days), TODAY)


def test_a_backfill_of_given_days_leaves_out_those_that_are_complete() -> None:
    request = CrawlRequest.missing_days("be_bda", days_ago(4), days_ago(1))
    asked = plan(request, BELGIAN, History(covered={days_ago(3)}), NOW)
    assert asked == tuple(map(Window.day, (days_ago(1), days_ago(2), days_ago(4))))

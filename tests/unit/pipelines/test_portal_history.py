"""What a portal does not show any more is not asked for, and that is said."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from crawlers import portals
from crawlers.portals.fr_aws.searches import DAYS_BACK
from pipelines.requests import CrawlRequest, out_of_reach, plan
from store.records import Coverage, Verdict, WindowRecord

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 18)
AWS = portals.load("fr_aws")
REACH = TODAY - timedelta(days=29)


@dataclass
class History:
    """A store that never crawled, but for what is given."""

    last: date | None = None
    covered: frozenset[date] = field(default_factory=frozenset)

    def incomplete(self, portal: str) -> list[WindowRecord]:
        old = TODAY - timedelta(days=19)
        return [window(old), window(REACH - timedelta(days=1))]

    def last_complete_day(self, portal: str) -> date | None:
        return self.last

    def coverage(self, portal: str, start: date, end: date) -> Coverage:
        days = [start + timedelta(days=number) for number in range((end - start).days)]
        missing = tuple(day for day in days if day not in self.covered)
        return Coverage(portal=portal, start=start, end=end, covered_days=0, total_days=len(days), missing=missing)


def window(day: date) -> WindowRecord:
    return WindowRecord(
        portal="fr_aws", scope="days", start=day, end=day + timedelta(days=1), run_id="r", announced=None,
        second_count=None, distinct=0, stored=0, quarantined=0, verdict=Verdict.FAILED, missing=0, reason=None,
        ended_at=NOW - timedelta(days=1),
    )  # fmt: skip


def days(request: CrawlRequest, history: History) -> list[date]:
    return [found.start for found in plan(request, AWS, history, NOW) if found.start]


def test_the_form_of_aws_knows_as_many_days_as_its_calendar_says() -> None:
    assert AWS.calendar.history_days == DAYS_BACK
    assert AWS.reaches_back_to(TODAY) == REACH


def test_a_portal_that_says_nothing_shows_all_of_its_past() -> None:
    boamp = portals.load("fr_boamp")
    assert boamp.reaches_back_to(TODAY) is None
    assert boamp.within_reach(date(2015, 1, 1), TODAY) == date(2015, 1, 1)
    assert out_of_reach(CrawlRequest.backfill("fr_boamp", 4000), boamp, History(), NOW) is None


@pytest.mark.parametrize(
    "request_",
    [CrawlRequest.backfill("fr_aws", 90), CrawlRequest.missing_days("fr_aws", TODAY - timedelta(days=90), TODAY)],
)
def test_a_backfill_keeps_to_the_days_that_the_portal_shows(request_: CrawlRequest) -> None:
    found = days(request_, History())
    assert min(found) == REACH
    told = out_of_reach(request_, AWS, History(), NOW)
    assert told == (
        "fr_aws shows its last 30 days only: what it published from 2026-08-20 to 2026-10-19 cannot be read any more."
    )


def test_a_regular_crawl_after_a_long_silence_begins_with_the_first_day_that_is_shown() -> None:
    history = History(last=TODAY - timedelta(days=60))
    found = days(CrawlRequest.catch_up("fr_aws"), history)
    assert min(found) == REACH
    assert "from 2026-09-19 to 2026-10-19" in (out_of_reach(CrawlRequest.catch_up("fr_aws"), AWS, history, NOW) or "")


def test_days_that_were_read_in_time_are_not_regretted() -> None:
    read = frozenset(TODAY - timedelta(days=number) for number in range(91))
    assert out_of_reach(CrawlRequest.backfill("fr_aws", 90), AWS, History(covered=read), NOW) is None


def test_a_day_asked_for_by_name_is_asked_for() -> None:
    day = TODAY - timedelta(days=60)
    request = CrawlRequest.of_days("fr_aws", day, day)
    assert days(request, History()) == [day]
    assert out_of_reach(request, AWS, History(), NOW) is None

"""The verdict on a window."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crawlers.completeness import Kept, judge
from crawlers.contract import Window, WindowReport
from store.records import Verdict

DAY = Window.day(date(2026, 11, 18))


def report(announced: int | None, listed: int, second: int | None = None, **more: Any) -> WindowReport:
    ids = tuple(f"n{number}" for number in range(listed))
    values: dict[str, Any] = {
        "second_count": announced if second is None else second,
        "distinct": listed,
        "listed": ids,
    }
    return WindowReport(portal="be_bda", window=DAY, announced=announced, **{**values, **more})


def test_complete_is_earned_by_three_equal_numbers() -> None:
    found = judge(report(120, 120), Kept(stored=118, quarantined=2), floor=40)
    assert (found.verdict, found.missing) == (Verdict.COMPLETE, 0)


def test_what_waits_in_quarantine_is_not_missing() -> None:
    assert judge(report(3, 3), Kept(stored=0, quarantined=3)).verdict is Verdict.COMPLETE


def test_nothing_announced_is_suspect_even_without_a_floor() -> None:
    assert judge(report(0, 0), Kept(0, 0)).verdict is Verdict.SUSPECT


def test_fewer_than_the_floor_is_suspect_and_says_both_numbers() -> None:
    found = judge(report(12, 12), Kept(12, 0), floor=40)
    assert found.verdict is Verdict.SUSPECT
    assert "12" in (found.reason or "")
    assert "40" in (found.reason or "")


@pytest.mark.parametrize(
    ("announced", "listed", "stored", "missing"),
    [(105, 100, 100, 5), (105, 105, 103, 2), (105, 100, 99, 6)],
    ids=["not listed", "not stored", "both"],
)
def test_every_missing_notice_is_counted(announced: int, listed: int, stored: int, missing: int) -> None:
    found = judge(report(announced, listed), Kept(stored, 0), floor=1)
    assert (found.verdict, found.missing) == (Verdict.INCOMPLETE, missing)
    assert f"{missing} of {announced} missing" in (found.reason or "")


def test_a_second_count_that_is_higher_makes_the_window_incomplete() -> None:
    found = judge(report(10, 10, second=12), Kept(10, 0))
    assert (found.verdict, found.missing) == (Verdict.INCOMPLETE, 2)


def test_a_list_longer_than_announced_is_not_complete() -> None:
    found = judge(report(10, 11), Kept(11, 0))
    assert (found.verdict, found.missing) == (Verdict.INCOMPLETE, 0)
    assert "announced 10" in (found.reason or "")


def test_a_window_that_could_not_be_crawled_failed_with_the_reason() -> None:
    found = judge(report(None, 0, failure="The portal answers 503."), Kept(0, 0))
    assert (found.verdict, found.reason) == (Verdict.FAILED, "The portal answers 503.")


def test_a_portal_that_names_no_number_failed() -> None:
    assert judge(report(None, 0), Kept(0, 0)).verdict is Verdict.FAILED


def test_a_notice_that_could_not_be_fetched_is_named() -> None:
    found = judge(report(2, 2, missed={"n1": "GET /n1 answers 502."}), Kept(1, 0))
    assert found.missing == 1
    assert "n1" in (found.reason or "")
    assert "502" in (found.reason or "")

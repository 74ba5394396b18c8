"""Feasts that move through the year: no reason for suspicion on the days on which a country rests."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from crawlers.portals import load
from crawlers.portals.holidays import Holidays, islamic_month_and_day

MOROCCAN_FEASTS = {
    date(2023, 4, 22): "10-01",
    date(2023, 6, 29): "12-10",
    date(2024, 4, 10): "10-01",
    date(2024, 6, 17): "12-10",
    date(2024, 7, 8): "01-01",
    date(2024, 9, 16): "03-12",
    date(2025, 3, 31): "10-01",
    date(2025, 6, 7): "12-10",
    date(2025, 6, 27): "01-01",
    date(2025, 9, 5): "03-12",
}
"""As they were kept in Morocco."""


@pytest.mark.parametrize("day", MOROCCAN_FEASTS, ids=str)
def test_the_calendar_foretells_the_feasts_that_were_kept(day: date) -> None:
    assert islamic_month_and_day(day) == MOROCCAN_FEASTS[day]


def test_the_days_of_the_calendar_follow_one_another_without_gap() -> None:
    days = [islamic_month_and_day(date(2020, 1, 1) + timedelta(days=number)) for number in range(12_000)]
    for before, after in pairwise(days):
        month, day = map(int, before.split("-"))
        following = {f"{month:02d}-{day + 1:02d}", f"{month % 12 + 1:02d}-01"}
        assert after in following
    assert {day for day in days if day.endswith("-30")} >= {"01-30", "09-30"}
    assert max(days) == "12-30"


def test_a_feast_may_come_a_day_earlier_or_later_than_foretold() -> None:
    feast = Holidays.model_validate(["islamic-10-01"])
    assert [feast.includes(date(2025, 3, day)) for day in (29, 30, 31)] == [False, True, True]
    assert [feast.includes(date(2025, 4, day)) for day in (1, 2)] == [True, False]


@pytest.mark.parametrize("key", ["ma_bdc", "ma_bdc_results", "ma_pmmp_results"])
def test_a_portal_of_morocco_expects_nothing_on_the_feast_of_sacrifice(key: str) -> None:
    expected = load(key).expectations
    assert expected.floor_on(date(2026, 5, 27)) == expected.holiday_floor == 0
    assert expected.floor_on(date(2026, 6, 3)) > 0


def test_a_feast_that_no_calendar_has_is_refused() -> None:
    with pytest.raises(ValueError, match="islamic-13-01 is no day"):
        Holidays.model_validate(["islamic-13-01"])

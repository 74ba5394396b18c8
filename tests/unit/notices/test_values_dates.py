"""Dates of eForms and of portals become aware instants."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.values.dates import (
    BRUSSELS,
    CASABLANCA,
    PARIS,
    ClockChange,
    Instant,
    Precision,
    combine,
    combine_deadline,
    localise,
    parse_date,
    parse_day_first,
    parse_instant,
    parse_time,
    plausible_date,
)

CET = timezone(timedelta(hours=1))
CEST = timezone(timedelta(hours=2))
EARLIEST = datetime.combine(date(1990, 1, 1), time())
LATEST = datetime.combine(date(2037, 12, 31), time())


def _local(naive: tuple[int, int, int, int, int], zone: ZoneInfo) -> Instant:
    year, month, day, hour, minute = naive
    return localise(datetime.combine(date(year, month, day), time(hour, minute)), zone)


def _at(date_text: str | None, time_text: str | None) -> datetime:
    instant = combine(date_text, time_text, BRUSSELS)
    assert instant is not None
    return instant.at


def test_a_deadline_keeps_the_offset_of_its_time() -> None:
    assert _at("2026-11-12+01:00", "10:00:00+01:00") == datetime(2026, 11, 12, 9, 0, tzinfo=UTC)
    october_offset_on_a_november_day = _at("2026-11-12+02:00", "10:00:00+01:00")
    assert october_offset_on_a_november_day == datetime(2026, 11, 12, 10, 0, tzinfo=CET)


def test_an_offset_on_the_date_alone_counts_for_the_time() -> None:
    assert _at("2026-07-01+02:00", "10:00:00") == datetime(2026, 7, 1, 10, 0, tzinfo=CEST)
    assert _at("2026-07-01Z", "10:00:00") == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


def test_without_any_offset_the_clock_is_that_of_the_portal() -> None:
    assert _at("2026-11-12", "10:00:00") == datetime(2026, 11, 12, 10, 0, tzinfo=CET)
    assert _at("2026-07-12", "10:00:00") == datetime(2026, 7, 12, 10, 0, tzinfo=CEST)


@pytest.mark.parametrize(
    ("printed", "microsecond"),
    [("10:00:00.123Z", 123000), ("10:00:00.123456Z", 123456), ("10:00:00.1234567Z", 123456),
     ("10:00:00.123456789Z", 123456), ("10:00:00Z", 0), ("10:00Z", 0)],
)  # fmt: skip
def test_fractions_of_any_length_are_read(printed: str, microsecond: int) -> None:
    assert _at("2024-10-07Z", printed) == datetime(2024, 10, 7, 10, 0, 0, microsecond, tzinfo=UTC)


def test_a_day_without_time_says_so() -> None:
    issue = combine("2026-11-12+01:00", None, BRUSSELS)
    deadline = combine_deadline("2026-11-12", "", BRUSSELS)
    assert issue is not None
    assert deadline is not None
    assert (issue.at, issue.precision) == (datetime(2026, 11, 12, tzinfo=CET), Precision.DAY)
    assert (deadline.at, deadline.precision) == (datetime(2026, 11, 12, 23, 59, 59, tzinfo=CET), Precision.DAY)
    timed = combine_deadline("2026-11-12", "10:00:00", BRUSSELS)
    assert timed is not None
    assert (timed.at, timed.precision) == (datetime(2026, 11, 12, 10, tzinfo=CET), Precision.TIME)


def test_midnight_at_the_end_of_a_day_is_the_next_day() -> None:
    assert _at("2026-12-31", "24:00:00") == datetime(2027, 1, 1, tzinfo=CET)


@pytest.mark.parametrize("printed", ["1970-01-01", "1970-01-01Z", "1970-01-01+01:00"])
def test_a_withheld_date_is_absent(printed: str) -> None:
    assert parse_date(printed) is None
    assert combine(printed, "10:00:00Z", BRUSSELS) is None
    assert parse_instant(f"{printed[:10]}T00:00:00", BRUSSELS) is None


@pytest.mark.parametrize(
    "printed",
    ["", "-", "2026-13-01", "2026-02-30", "12/11/2026", "2026-11-12+25:00", "2026-11-12+01:75", "20261112", "NaN",
     "2026-11-12T10:00", "0000-01-01", "9999-12-31", "٢٠٢٦-١١-١٢", "September, 16 2021"],
)  # fmt: skip
def test_what_is_no_date_is_absent(printed: str) -> None:
    assert parse_date(printed) is None


@pytest.mark.parametrize("printed", ["", "25:00:00", "10:60", "10:00:60", "24:00:01", "10", "10:00:00+15:00", "midi"])
def test_what_is_no_time_is_absent(printed: str) -> None:
    assert parse_time(printed) is None


def test_naive_times_of_the_belgian_portal_are_brussels_time() -> None:
    instant = parse_instant("2026-11-12T10:10:00.123456", BRUSSELS)
    assert instant is not None
    assert instant.at == datetime(2026, 11, 12, 9, 10, 0, 123456, tzinfo=UTC)
    summer = parse_instant("2026-06-12 10:10:00", BRUSSELS)
    assert summer is not None
    assert summer.at == datetime(2026, 6, 12, 8, 10, tzinfo=UTC)
    aware = parse_instant("2015-10-30T11:00:00+01:00", PARIS)
    assert aware is not None
    assert aware.at == datetime(2015, 10, 30, 10, tzinfo=UTC)
    assert parse_instant("2026-11-12Tmidi", BRUSSELS) is None


def test_a_time_that_the_clocks_skip_moves_forward_and_is_flagged() -> None:
    skipped = _local((2026, 3, 29, 2, 30), BRUSSELS)
    assert skipped.at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert skipped.at.hour == 3
    assert skipped.clock_change is ClockChange.SKIPPED


def test_a_time_that_occurs_twice_is_the_first_one_and_is_flagged() -> None:
    repeated = _local((2026, 10, 25, 2, 30), BRUSSELS)
    assert repeated.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert repeated.clock_change is ClockChange.REPEATED
    assert _local((2026, 10, 25, 12, 0), BRUSSELS).clock_change is ClockChange.NONE


def test_morocco_keeps_its_ramadan_clock() -> None:
    usual = _local((2025, 1, 15, 10, 0), CASABLANCA)
    ramadan = _local((2025, 3, 10, 10, 0), CASABLANCA)
    assert usual.at == datetime(2025, 1, 15, 9, 0, tzinfo=UTC)
    assert ramadan.at == datetime(2025, 3, 10, 10, 0, tzinfo=UTC)
    begins = _local((2025, 2, 23, 2, 30), CASABLANCA)
    assert (begins.clock_change, begins.at) == (ClockChange.REPEATED, datetime(2025, 2, 23, 1, 30, tzinfo=UTC))
    ends = _local((2025, 4, 6, 2, 30), CASABLANCA)
    assert (ends.clock_change, ends.at) == (ClockChange.SKIPPED, datetime(2025, 4, 6, 2, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("printed", "expected"),
    [("12/11/2026 10:00 CET", datetime(2026, 11, 12, 10, tzinfo=CET)),
     ("12/11/2026", datetime(2026, 11, 12, tzinfo=CET)),
     ("1/7/2026 9:05", datetime(2026, 7, 1, 9, 5, tzinfo=CEST)),
     ("13/05/2022 à 16h00", datetime(2022, 5, 13, 16, tzinfo=CEST))],
)  # fmt: skip
def test_dates_for_people_are_read_day_first(printed: str, expected: datetime) -> None:
    instant = parse_day_first(printed, BRUSSELS)
    assert instant is not None
    assert instant.at == expected


@pytest.mark.parametrize("printed", ["13/05/22", "31/02/2026", "12/13/2026", "12/11/2026 25:00", "demain"])
def test_dates_for_people_that_cannot_be_are_absent(printed: str) -> None:
    assert parse_day_first(printed, BRUSSELS) is None


def test_a_year_of_a_typing_error_is_read_but_not_plausible() -> None:
    ancient = parse_date("0002-11-30")
    assert ancient is not None
    assert not plausible_date(ancient.day)
    assert plausible_date(date(2048, 1, 1))


@given(st.datetimes(EARLIEST, LATEST), st.sampled_from([-720, -60, 0, 60, 120, 345, 840]))
def test_an_eforms_instant_reads_back(naive: datetime, minutes: int) -> None:
    original = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    day, _, clock = original.isoformat().partition("T")
    assert _at(day, clock) == original


@given(st.datetimes(EARLIEST, LATEST, timezones=st.sampled_from([BRUSSELS, PARIS, CASABLANCA])))
def test_a_local_time_that_exists_once_reads_back(original: datetime) -> None:
    instant = localise(original.replace(tzinfo=None, fold=0), original.tzinfo or UTC)
    if instant.clock_change is ClockChange.NONE:
        assert instant.at.astimezone(UTC) == original.astimezone(UTC)
    assert instant.at.utcoffset() is not None


@given(
    st.one_of(st.text(max_size=40), st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?\Z")),
    st.one_of(st.text(max_size=40), st.from_regex(r"\A[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?\Z")),
)
def test_no_text_makes_the_parsers_raise(day: str, clock: str) -> None:
    for instant in (
        combine(day, clock, BRUSSELS),
        combine_deadline(day, clock, CASABLANCA),
        parse_instant(day, PARIS),
        parse_instant(f"{day}T{clock}", PARIS),
        parse_day_first(day, PARIS),
    ):
        if instant is not None:
            assert instant.at.astimezone(PARIS).astimezone(UTC) == instant.at


def test_times_without_a_date_are_nothing() -> None:
    assert combine(None, "10:00:00", BRUSSELS) is None
    assert parse_time("10:00:00") is not None
    assert getattr(parse_time("24:00:00"), "clock", None) == time(0, 0)

"""Dates and times of notices as aware instants.

eForms writes date and time in two elements, each with its own offset (`2026-11-12+01:00`, `10:00:00+01:00`), with `Z`,
or with none; portals write naive local times. Every instant here has a fixed offset: the printed one, or the one that
the portal's clock had then; `.astimezone(zone)` shows it on that clock. (In the hour that occurs twice, Python holds an
instant in a zone with rules unequal to the same instant in any other zone, so such a zone is no home for stored ones.)

Sentinel: 1970-01-01 (withheld in eForms), whatever its time and offset.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

BRUSSELS: Final = ZoneInfo("Europe/Brussels")
PARIS: Final = ZoneInfo("Europe/Paris")
CASABLANCA: Final = ZoneInfo("Africa/Casablanca")

#: Notices are dated between these years; qualification systems run to the 2040s.
PLAUSIBLE_YEARS: Final = range(1990, 2101)

# Nearer to the ends of the calendar, changing the zone of an instant overflows.
_READABLE_YEARS: Final = range(2, 9999)
_SENTINEL: Final = date(1970, 1, 1)
_OFFSET: Final = r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
_DATE: Final = re.compile(rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}}){_OFFSET}")
_TIME: Final = re.compile(rf"([0-9]{{2}}):([0-9]{{2}})(?::([0-9]{{2}})(?:[.,]([0-9]{{1,12}}))?)?{_OFFSET}")
_DAY_FIRST: Final = re.compile(
    r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})(?:\s*(?:à|at|om|um|,)?\s*([0-9]{1,2})\s?[:hHu]\s?([0-9]{2}))?"
    r"(?:\s*(?:CES?T|WES?T))?"
)


class Precision(StrEnum):
    """What was printed: a day alone, or a day with its time."""

    DAY = "day"
    TIME = "time"


class ClockChange(StrEnum):
    """What a naive local time met when the clocks changed."""

    NONE = "none"
    SKIPPED = "skipped"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A day with the offset printed beside it, or None."""

    day: date
    offset: tzinfo | None


@dataclass(frozen=True, slots=True)
class PrintedTime:
    """A time of day with the offset printed beside it, or None. `next_day` is the 24:00:00 of XML Schema."""

    clock: time
    offset: tzinfo | None
    next_day: bool = False


@dataclass(frozen=True, slots=True)
class Instant:
    """An aware instant, with how exactly it was printed and whether the clocks changed over it."""

    at: datetime
    precision: Precision = Precision.TIME
    clock_change: ClockChange = ClockChange.NONE


@lru_cache(maxsize=4096)
def parse_date(printed: str) -> PrintedDate | None:
    """`2026-11-12`, `2026-11-12+01:00`, `2026-11-12Z`. None for junk, the sentinel 1970-01-01, and the year 9999."""
    match = _DATE.fullmatch(printed.strip())
    if match is None:
        return None
    year, month, day_, offset = match.groups()
    try:
        parsed = PrintedDate(date(int(year), int(month), int(day_)), _offset(offset))
    except ValueError:
        return None
    return None if parsed.day == _SENTINEL or parsed.day.year not in _READABLE_YEARS else parsed


@lru_cache(maxsize=4096)
def parse_time(printed: str) -> PrintedTime | None:
    """`10:00:00+01:00`, `10:00`, `10:00:00.1234567Z`. Digits of a second beyond microseconds are cut."""
    match = _TIME.fullmatch(printed.strip())
    if match is None:
        return None
    hour, minute, second, fraction, offset = match.groups()
    microsecond = int((fraction or "").ljust(6, "0")[:6])
    next_day = (hour, minute, second or "00", microsecond) == ("24", "00", "00", 0)
    try:
        clock = time(0 if next_day else int(hour), int(minute), int(second or 0), microsecond)
        return PrintedTime(clock, _offset(offset), next_day)
    except ValueError:
        return None


def combine(date_text: str | None, time_text: str | None, zone: tzinfo) -> Instant | None:
    """Joins the two elements of eForms. The offset of the time wins, else that of the date, else `zone`.

    Without a time (absent or unreadable) the instant is the start of the day, with precision `DAY`; deadlines use
    `combine_deadline`. None when there is no readable date, or for the sentinel.
    """
    return _combine(date_text, time_text, zone, time(0, 0))


def combine_deadline(date_text: str | None, time_text: str | None, zone: tzinfo) -> Instant | None:
    """Like `combine`, but a day without time means its last second (23:59:59): until then nobody is late."""
    return _combine(date_text, time_text, zone, time(23, 59, 59))


def parse_instant(printed: str, zone: tzinfo) -> Instant | None:
    """An ISO date and time in one text: `2026-11-12T10:10:00.123456`, with or without offset; naive means `zone`.

    A day alone is the start of that day with precision `DAY`.
    """
    day, separator, clock = printed.strip().replace(" ", "T", 1).replace(" ", "").partition("T")
    if separator and parse_time(clock) is None:
        return None
    return combine(day, clock if separator else None, zone)


def parse_day_first(printed: str, zone: tzinfo) -> Instant | None:
    """Dates as people print them, day first: `12/11/2026`, `12/11/2026 10:00 CET`.

    None for years of two digits. The abbreviation of a zone is ignored in favour of `zone`: portals print CET in
    summer too.
    """
    match = _DAY_FIRST.fullmatch(printed.strip())
    if match is None:
        return None
    day_, month, year, hour, minute = match.groups()
    clock = None if hour is None else f"{int(hour):02d}:{minute}"
    if clock is not None and parse_time(clock) is None:
        return None
    return combine(f"{year}-{int(month):02d}-{int(day_):02d}", clock, zone)


def localise(naive: datetime, zone: tzinfo) -> Instant:
    """A naive local time on the clock of `zone`.

    A time that the clocks skip in spring moves forward by the hour that is missing (02:30 becomes 03:30). A time that
    occurs twice in autumn is its first occurrence: for a deadline the earlier one is the safe one. Both are flagged.
    Raises OverflowError within a day of the years 1 and 9999.
    """
    first, second = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return Instant(_with_fixed_offset(first))
    back = first.astimezone(UTC).astimezone(zone)
    if back.replace(tzinfo=None, fold=0) != naive.replace(fold=0):
        return Instant(_with_fixed_offset(back), clock_change=ClockChange.SKIPPED)
    return Instant(_with_fixed_offset(first), clock_change=ClockChange.REPEATED)


def plausible_date(day: date) -> bool:
    """Whether a notice can carry this day: from 1990 to 2100. French data holds the year 0002."""
    return day.year in PLAUSIBLE_YEARS


def _combine(date_text: str | None, time_text: str | None, zone: tzinfo, without_time: time) -> Instant | None:
    printed_day = parse_date(date_text or "")
    if printed_day is None:
        return None
    printed_time = parse_time(time_text or "")
    clock = without_time if printed_time is None else printed_time.clock
    offset = (None if printed_time is None else printed_time.offset) or printed_day.offset
    naive = datetime.combine(printed_day.day, clock)
    if printed_time is not None and printed_time.next_day:
        naive += timedelta(days=1)
    instant = localise(naive, zone) if offset is None else Instant(naive.replace(tzinfo=offset))
    if printed_time is not None:
        return instant
    return Instant(instant.at, Precision.DAY, instant.clock_change)


def _with_fixed_offset(local: datetime) -> datetime:
    offset = local.utcoffset()
    if offset is None:
        raise ValueError("a zone that knows no offset from UTC")
    return local.replace(tzinfo=timezone(offset), fold=0)


def _offset(printed: str | None) -> tzinfo | None:
    """Raises ValueError for an offset beyond what XML Schema allows (14 hours)."""
    if printed is None:
        return None
    if printed == "Z":
        return UTC
    hours, minutes = int(printed[1:3]), int(printed[-2:])
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        raise ValueError(f"no such offset from UTC: {printed}")
    distance = timedelta(hours=hours, minutes=minutes)
    return timezone(-distance if printed[0] == "-" else distance)

"""Dates as AWS prints them: years of two digits, hours with an h."""

from __future__ import annotations

import re
from decimal import Decimal

from notices.model import Period
from notices.values.dates import PARIS, Instant, combine, combine_deadline
from notices.values.text import fold

_DATE = r"([0-9]{1,2})/([0-9]{2})/([0-9]{4}|[0-9]{2})"
_DAY = re.compile(_DATE)
_MOMENT = re.compile(_DATE + r"(?:\s*à\s*([0-9]{1,2})\s?[h:]\s?([0-9]{2})?)?")
_DURATION = re.compile(r"\b([0-9]{1,4})\s*(jours?|semaines?|mois|ans?|annees?)\b")
_UNITS = {"jour": "DAY", "semaine": "WEEK", "mois": "MONTH", "an": "YEAR", "annee": "YEAR"}
_BETWEEN = re.compile(rf"du\s+{_DATE}\s+(?:jusqu'au|au)\s+{_DATE}")


def full_year(printed: str) -> str:
    """A year of two digits belongs to this century: the portal's oldest notices are of 2005."""
    return f"20{printed}" if len(printed) == 2 else printed


def day(printed: str | None) -> Instant | None:
    """The first date of a text (`12/04/22`, `12/04/2022`), as the start of that day in Paris."""
    found = _DAY.search(printed or "")
    return None if found is None else combine(_iso(*found.groups()), None, PARIS)


def deadline(printed: str | None) -> Instant | None:
    """The first date of a text with its hour (`13/05/22 à 16h00`, `27/05/24 à 12h`); without one the day's end."""
    found = _MOMENT.search(printed or "")
    if found is None:
        return None
    number, month, year, hour, minute = found.groups()
    clock = None if hour is None else f"{int(hour):02d}:{minute or '00'}"
    return combine_deadline(_iso(number, month, year), clock, PARIS)


def _iso(number: str, month: str, year: str) -> str:
    return f"{full_year(year)}-{month}-{int(number):02d}"


def duration(printed: str | None) -> Period | None:
    """`12 mois`, `1 an`, or a span of days."""
    words = fold(printed or "").replace("’", "'")
    between = _BETWEEN.search(words)
    if between:
        start, end = (combine(_iso(*between.groups()[n : n + 3]), None, PARIS) for n in (0, 3))
        if start and end and start.at <= end.at:
            return Period(start=start.at.date(), end=end.at.date())
    found = _DURATION.search(words)
    if found is None:
        return None
    unit = found[2] if found[2] == "mois" else found[2].rstrip("s")
    return Period(amount=Decimal(found[1]), unit=_UNITS[unit])

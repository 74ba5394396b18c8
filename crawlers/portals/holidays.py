"""Public holidays as `portal.yml` writes them: `07-21`, `easter+39`, `islamic-10-01`.

Feasts of the Islamic calendar are announced by sight of the moon. The tabular calendar foretells them within a day (it
gave all of Morocco's feasts of 2023 to 2025), so the day before and the day after count as the feast as well: on such a
day few notices are no reason for suspicion.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, RootModel

_FIXED = re.compile(r"(0[1-9]|1[0-2])-([0-2][0-9]|3[01])")
_MOVABLE = re.compile(r"easter([+-][0-9]{1,3})")
_ISLAMIC = re.compile(r"islamic-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|30)")
_FIRST_ISLAMIC_DAY = date(622, 7, 19).toordinal()
"""1 Muharram of the year 1 (16 July 622 of the Julian calendar), as the Gregorian calendar counts backwards."""
_UNCERTAIN = timedelta(days=1)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the algorithm of Meeus, Jones and Butcher)."""
    golden, century, rest = year % 19, year // 100, year % 100
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - correction + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def islamic_month_and_day(day: date) -> str:
    """Month and day of the tabular Islamic calendar (eleven leap years in thirty), such as `10-01` for 1 Shawwal."""
    since = day.toordinal() - _FIRST_ISLAMIC_DAY
    year = (30 * since + 10646) // 10631
    in_year = since - 354 * (year - 1) - (3 + 11 * year) // 30
    month = min(12, (2 * in_year + 60) // 59)
    while month > 1 and _days_before(month) > in_year:
        month -= 1
    return f"{month:02d}-{in_year - _days_before(month) + 1:02d}"


def _days_before(month: int) -> int:
    """Days of an Islamic year before a month: months have thirty days and twenty-nine in turn."""
    return 29 * (month - 1) + month // 2


def _known_form(value: str) -> str:
    if not any(form.fullmatch(value) for form in (_FIXED, _MOVABLE, _ISLAMIC)):
        raise ValueError(f"{value} is no day such as 07-21, and none such as easter+39 or islamic-10-01")
    return value


class Holidays(RootModel[tuple[Annotated[str, AfterValidator(_known_form)], ...]]):
    """The holidays of a portal's country."""

    model_config = ConfigDict(frozen=True)

    def includes(self, day: date) -> bool:
        """Whether `day` is one of them."""
        distance = (day - easter(day.year)) // timedelta(days=1)
        near = (day - _UNCERTAIN, day, day + _UNCERTAIN)
        names = (f"{day:%m-%d}", f"easter{distance:+d}", *(f"islamic-{islamic_month_and_day(item)}" for item in near))
        return any(name in self.root for name in names)

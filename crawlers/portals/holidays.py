"""Public holidays as `portal.yml` writes them: `07-21`, `easter+39`."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, RootModel

_FIXED = re.compile(r"(0[1-9]|1[0-2])-([0-2][0-9]|3[01])")
_MOVABLE = re.compile(r"easter([+-][0-9]{1,3})")


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the algorithm of Meeus, Jones and Butcher)."""
    golden, century, rest = year % 19, year // 100, year % 100
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - correction + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _known_form(value: str) -> str:
    if not _FIXED.fullmatch(value) and not _MOVABLE.fullmatch(value):
        raise ValueError(f"{value} is neither a day such as 07-21 nor one such as easter+39")
    return value


class Holidays(RootModel[tuple[Annotated[str, AfterValidator(_known_form)], ...]]):
    """The holidays of a portal's country."""

    model_config = ConfigDict(frozen=True)

    def includes(self, day: date) -> bool:
        """Whether `day` is one of them."""
        distance = (day - easter(day.year)) // timedelta(days=1)
        return f"{day:%m-%d}" in self.root or f"easter{distance:+d}" in self.root

"""Dates as achatpublic prints them: `24 Sept. 2026 12 : 00`, `27 juillet 2026 16:23 (heure de Paris)`."""

from __future__ import annotations

import re

from notices.values.dates import PARIS, Instant, combine_deadline
from notices.values.text import fold

_MONTHS = ("jan", "fev", "mar", "avr", "mai", "juin", "juil", "aou", "sep", "oct", "nov", "dec")
_FULL = re.compile(r"\b([0-9]{1,2})\s+([a-z]{3,9})\.?\s+([0-9]{4})(?:\s+(?:a\s+)?([0-9]{1,2})\s*[:h]\s*([0-9]{2}))?")


def moment(printed: str | None) -> Instant | None:
    """The first date of a text; a day without an hour is its last second."""
    found = _FULL.search(fold(printed or ""))
    if found is None:
        return None
    number, name, year, hour, minute = found.groups()
    month = next((n for n, start in enumerate(_MONTHS, 1) if name.startswith(start)), None)
    if month is None:
        return None
    clock = None if hour is None else f"{int(hour):02d}:{minute}"
    return combine_deadline(f"{year}-{month:02d}-{int(number):02d}", clock, PARIS)

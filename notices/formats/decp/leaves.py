"""Single values of French award data, however they were spelled. Pure functions; junk never raises.

Sentinels (dossier France 3.4): `CDL` (conditional, left out), `NC` (not communicated), `MQ` (missing) alone or together
(`MQ NC`), `nan`, and what is empty. An amount of 0 or 1 and an offer count of 0 stand for nothing said.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from notices.values.dates import PARIS, parse_date, parse_day_first, parse_instant, plausible_date
from notices.values.money import parse_amount
from notices.values.text import clean_line, fold

_SENTINEL_WORDS: Final = frozenset({"cdl", "nc", "mq", "md", "inx", "nd", "nan", "null", "none", "n/c", "n/a", "na"})
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("january janvier jan", "february fevrier feb fev", "march mars mar", "april avril apr avr", "may mai",
         "june juin jun", "july juillet jul", "august aout aug", "september septembre sep sept",
         "october octobre oct", "november novembre nov", "december decembre dec"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_IN_WORDS: Final = re.compile(
    r"([a-z]+)\W+(\d{1,2})\W+(\d{4})(?:\W.*)?|(\d{1,2})\W+([a-z]+)\W+(\d{4})(?:\W.*)?", re.DOTALL
)
_NEITHER_LETTER_NOR_DIGIT: Final = re.compile(r"[^a-z0-9]+")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WHOLE_FLOAT: Final = re.compile(r"(\d+)\.0+")
_C1: Final = re.compile("[\x80-\x9f]")
_LOST_APOSTROPHE: Final = re.compile(r"(?<=[^\W\d_])¿(?=[^\W\d_])")
_YES: Final = frozenset({"oui", "true", "vrai", "1", "yes", "o"})
_NO: Final = frozenset({"non", "false", "faux", "0", "no", "n"})


def is_blank(value: object) -> bool:
    """Whether a value says nothing: absent, NaN, empty, or made of sentinels only."""
    if value is None or value == [] or value == {}:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    if not isinstance(value, str):
        return False
    return all(word in _SENTINEL_WORDS or not _says(word) for word in value.casefold().split())


def _says(word: str) -> bool:
    return word[0].isalnum() or any(char.isalnum() for char in word)


def text_of(value: object) -> str | None:
    """A value on one line; numbers as they are written, without the `.0` that a table program added."""
    if is_blank(value) or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return "oui" if value else "non"
    line = clean_line(repaired(str(value)).replace("\\n", " "))
    whole = _WHOLE_FLOAT.fullmatch(line)
    return (whole[1] if whole and isinstance(value, float) else line) or None


def repaired(text: str) -> str:
    """Two accidents of encoding put right: Windows-1252 that was read as Latin-1, and `¿` in place of an apostrophe.

    About one title in a hundred shows one of them. A control character has no business in a title, and the table of
    Windows-1252 says which letter was meant.
    """
    return _LOST_APOSTROPHE.sub("’", _C1.sub(_from_cp1252, text))


def _from_cp1252(char: re.Match[str]) -> str:
    return char[0].encode("latin-1").decode("cp1252", errors="ignore") or char[0]


def key_of(text: str) -> str:
    """What is compared of a code: `PROCEDURE_ADAPTEE` and `Procédure adaptée` are one."""
    return _NEITHER_LETTER_NOR_DIGIT.sub(" ", fold(text)).strip()


def amount_of(value: object) -> Decimal | None:
    """An amount, sentinels included; None when it cannot be read."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, float) and abs(value) >= 1e16:
        return Decimal(int(value))  # its repr has an exponent, which no amount is written with
    return parse_amount(value) if isinstance(value, str | int | float | Decimal) else None


def day_of(value: object) -> date | None:
    """A day: ISO with or without offset or time, day first, compact, or in words (`September, 16 2021`).

    The year 0002 and its like are None.
    """
    line = text_of(value)
    if line is None:
        return None
    found = _day(line)
    return found if found is not None and plausible_date(found) else None


def _day(line: str) -> date | None:
    printed = parse_date(line)
    if printed is not None:
        return printed.day
    if "T" in line[:11] or ":" in line:
        instant = parse_instant(line, PARIS)
        if instant is not None:
            return instant.at.astimezone(PARIS).date()
    day_first = parse_day_first(line, PARIS)
    if day_first is not None:
        return day_first.at.astimezone(PARIS).date()
    return _compact(line) or _in_words(line)


def _compact(line: str) -> date | None:
    found = _COMPACT.fullmatch(line)
    return None if found is None else _date(int(found[1]), int(found[2]), int(found[3]))


def _in_words(line: str) -> date | None:
    found = _IN_WORDS.fullmatch(fold(line))
    if found is None:
        return None
    month, day, year = (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
    return _date(int(year), _MONTHS.get(month, 0), int(day))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return datetime(year, month, day, tzinfo=PARIS).date()
    except ValueError:
        return None


def flag_of(value: object) -> bool | None:
    """Yes or no, as a boolean, a number or a word; None when it is neither."""
    if isinstance(value, bool):
        return value
    word = (text_of(value) or "").casefold()
    return True if word in _YES else False if word in _NO else None


def count_of(value: object) -> int | None:
    """A whole number; None for what is none."""
    amount = amount_of(value) if not isinstance(value, bool) else None
    return int(amount) if amount is not None and amount == amount.to_integral_value() else None

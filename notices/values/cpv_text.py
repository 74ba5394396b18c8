"""CPV codes as portals and people write them: `45000000-7`, `45 00 00 00`, `[71200000-0] : label`, `4521`.

A check digit that does not fit is reported, never a reason to refuse: the published rule for it is wrong. Codes that
are not in CPV 2008 are reported with `known` False. Sentinels: texts without digits, and a code of zeros only.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from notices.vocabularies import cpv

_LONGEST: Final = 500
_PRINTED: Final = re.compile(r"\[?([0-9]{2,9})(?:[-–]([0-9]))?\]?(?::.*|[–-](?![0-9]).*)?", re.DOTALL)
_LABELLED: Final = re.compile(r"([0-9]{8})(?:[-–]([0-9]))?\s+[^\W\d_].*", re.DOTALL)
_BLANKS: Final = re.compile(r"(?<=[0-9])[\s.]+(?=[0-9])|\s*([-–:\[\]])\s*")


class Repair(StrEnum):
    """What was done to reach eight digits."""

    NONE = "none"
    PADDED_RIGHT = "padded_right"
    PADDED_LEFT = "padded_left"


@dataclass(frozen=True, slots=True)
class CpvReading:
    """A code read from text. `check_digit_fits` is None when no check digit was printed or the code is unknown."""

    code: str
    known: bool
    check_digit_fits: bool | None = None
    repair: Repair = Repair.NONE


@lru_cache(maxsize=4096)
def parse_cpv(printed: str | None) -> CpvReading | None:
    """The one code of a printed text, or None.

    Fewer than eight digits are a branch with its zeros left out (`4521` is 45210000), except seven digits that could as
    well have lost a leading zero: those are None. Supplementary codes (`AB12-3`) are None.
    """
    text = _BLANKS.sub(r"\1", (printed or "")[:_LONGEST]).strip()
    match = _PRINTED.fullmatch(text) or _LABELLED.fullmatch(text)
    if match is None or not match[1].strip("0"):
        return None
    digits, check = match[1], match[2]
    if len(digits) == 9:
        digits, check = _split_ninth(digits, check)
    if len(digits) > 8:
        return None
    if len(digits) == 7 and cpv.get(f"0{digits}") and cpv.get(f"{digits}0"):
        return None
    repair = Repair.NONE if len(digits) == 8 else Repair.PADDED_RIGHT
    return _reading(digits.ljust(8, "0"), check, repair)


def parse_cpv_number(number: int) -> CpvReading | None:
    """A code that was stored as a number and so lost the leading zero of divisions 03 and 09."""
    if not 10**6 <= number < 10**8:
        return None
    digits = str(number)
    return _reading(digits.zfill(8), None, Repair.NONE if len(digits) == 8 else Repair.PADDED_LEFT)


def _split_ninth(digits: str, check: str | None) -> tuple[str, str | None]:
    """Nine digits are a code and its check digit without the dash, when the table agrees."""
    known = cpv.get(digits[:8])
    if check is None and known is not None and known.check_digit == digits[8]:
        return digits[:8], digits[8]
    return digits, check


def _reading(code: str, check: str | None, repair: Repair) -> CpvReading:
    known = cpv.get(code)
    fits = None if known is None or check is None else known.check_digit == check
    return CpvReading(code, known is not None, fits, repair)

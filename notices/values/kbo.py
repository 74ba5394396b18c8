"""Belgian organisation numbers (KBO/BCE) out of the dirty field BT-501.

Rule: drop blanks, cut at `_`, drop `BE`, keep the digits, put a 0 before nine of them; ten digits beginning with 0 or
1; `97 - (first eight mod 97)` gives the last two. Establishment-unit numbers begin with 2 to 8, pass the same check,
are a register of their own and are printed by mistake in place of the enterprise number.

Sentinels: `0000000000`, `nihil`, `-`, and everything without nine or ten digits (`BE001`, post codes, names).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_LONGEST: Final = 100
_NUMBER: Final = re.compile(r"[0-9]{9,10}")
# A number in its full shape followed by a rank that is no part of it: 0248.399.380-1.
_RANKED: Final = re.compile(r"([01]?[0-9]{3}\.[0-9]{3}\.[0-9]{3})-[0-9]{1,3}")


class KboKind(StrEnum):
    """Which register a number belongs to."""

    ENTERPRISE = "enterprise"
    ESTABLISHMENT = "establishment"


@dataclass(frozen=True, slots=True)
class OrganisationNumber:
    """Ten digits, whether the check digits fit, and what was printed after `_`.

    In notices entered on the federal platform that suffix is the platform's own organisation id (`0203963680_780`).
    Keep a number that is not valid, with its flag: even official ones have digits swapped.
    """

    digits: str
    kind: KboKind
    valid: bool
    suffix: str | None = None

    @property
    def formatted(self) -> str:
        """`0931.814.266`; for an establishment unit `2.180.285.232`."""
        head = self.digits[:4] if self.kind is KboKind.ENTERPRISE else f"{self.digits[0]}.{self.digits[1:4]}"
        return f"{head}.{self.digits[4:7]}.{self.digits[7:]}"


def parse_kbo(printed: str | None) -> OrganisationNumber | None:
    """The number in a printed text, valid or not, or None when the text holds no such number."""
    text = re.sub(r"\s+", "", (printed or "")[:_LONGEST])
    text, _, suffix = text.partition("_")
    ranked = _RANKED.fullmatch(text.upper().removeprefix("BE"))
    digits = re.sub(r"[^0-9]", "", ranked[1] if ranked else text.upper().replace("BE", ""))
    if not _NUMBER.fullmatch(digits):
        return None
    digits = digits.zfill(10)
    if digits[0] == "9" or not digits.strip("0"):
        return None
    kind = KboKind.ENTERPRISE if digits[0] in "01" else KboKind.ESTABLISHMENT
    return OrganisationNumber(digits, kind, has_valid_check(digits), suffix or None)


def has_valid_check(digits: str) -> bool:
    """Whether the last two of ten digits are 97 minus the rest of the first eight divided by 97."""
    return len(digits) == 10 and digits.isascii() and digits.isdigit() and check_digits(digits[:8]) == digits[8:]


def check_digits(first_eight: str) -> str:
    """The two check digits that belong to the first eight digits."""
    return f"{97 - int(first_eight) % 97:02d}"

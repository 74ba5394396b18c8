"""French organisation numbers: SIREN (9 digits, the organisation) and SIRET (14 digits, one of its establishments).

Both pass the Luhn check. La Poste (SIREN 356000000) numbers its establishments by another rule: the sum of the digits
is a multiple of five. Sentinels: only zeros or only nines.
"""

import re
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 100
_LA_POSTE: Final = "356000000"
_SEPARATORS: Final = re.compile(r"[\s.\u200b-]+")
_NUMBER: Final = re.compile(r"[0-9]{9}(?:[0-9]{5})?")


@dataclass(frozen=True, slots=True)
class FrenchNumber:
    """The organisation's SIREN, the establishment's SIRET when printed, and whether the check digits fit."""

    siren: str
    siret: str | None
    valid: bool


def parse_siret(printed: str | None) -> FrenchNumber | None:
    """The SIRET or SIREN of a printed text, valid or not, or None. French VAT numbers are not read here."""
    digits = _SEPARATORS.sub("", (printed or "")[:_LONGEST])
    if not _NUMBER.fullmatch(digits) or not digits.strip("0") or not digits.strip("9"):
        return None
    siret = digits if len(digits) == 14 else None
    return FrenchNumber(digits[:9], siret, _is_valid(digits))


def parse_siret_number(number: int) -> FrenchNumber | None:
    """A SIRET stored as a number, which lost its leading zeros: filled up to 14 digits."""
    return parse_siret(f"{number:014d}") if 0 < number < 10**14 else None


def _is_valid(digits: str) -> bool:
    if digits.startswith(_LA_POSTE) and len(digits) == 14:
        return passes_luhn(digits) or sum(map(int, digits)) % 5 == 0
    return passes_luhn(digits[:9]) and passes_luhn(digits)


def passes_luhn(digits: str) -> bool:
    """Whether the weighted sum of the digits is a multiple of ten."""
    total = 0
    for position, char in enumerate(reversed(digits)):
        value = int(char) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0

"""Registration numbers of organisations (BT-501), whose scheme no sender states: the country and the shape decide."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from notices.model import Identifier
from notices.values.kbo import KboKind, parse_kbo
from notices.values.siret import parse_siret
from notices.values.text import is_sentinel_text

_BELGIAN: Final = re.compile(r"\s*BE[\s.0-9]", re.IGNORECASE)
_FRENCH_VAT: Final = re.compile(r"FR[0-9A-Z]{2}([0-9]{9})")


_LONGEST: Final = 100


def read_identifier(printed: str, country: str | None) -> Identifier | None:
    """The identifier of an organisation seated in `country` (alpha-2), or None for a sentinel such as `-` or `nihil`.

    What is not a Belgian or French number is kept as printed, with scheme UNKNOWN and not valid.
    """
    if len(printed) > _LONGEST:
        return _unknown(printed)
    return _read_identifier(printed, country)


@lru_cache(maxsize=4096)
def _read_identifier(printed: str, country: str | None) -> Identifier | None:
    if is_sentinel_text(printed) or not printed.strip("0-. "):
        return None
    if country == "BE" or (country is None and _BELGIAN.match(printed)):
        return _belgian(printed) or _unknown(printed)
    if country == "FR":
        return _french(printed) or _unknown(printed)
    return _unknown(printed)


def _belgian(printed: str) -> Identifier | None:
    number = parse_kbo(printed)
    if number is None:
        return None
    scheme = "KBO" if number.kind is KboKind.ENTERPRISE else "BE-ESTABLISHMENT"
    return Identifier(scheme=scheme, value=number.digits, valid=number.valid, printed=printed)


def _french(printed: str) -> Identifier | None:
    vat = _FRENCH_VAT.fullmatch(re.sub(r"[\s.-]", "", printed.upper()))
    number = parse_siret(vat[1] if vat else printed)
    if number is None:
        return None
    if number.siret is not None:
        return Identifier(scheme="SIRET", value=number.siret, valid=number.valid, printed=printed)
    return Identifier(scheme="SIREN", value=number.siren, valid=number.valid, printed=printed)


def _unknown(printed: str) -> Identifier:
    return Identifier(scheme="UNKNOWN", value=printed, valid=False, printed=printed)

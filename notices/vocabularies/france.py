"""French départements: code, name, region and NUTS 3, found by whatever a portal printed.

Portals print `94`, `1` (a lost leading zero), `2a`, `(94) Val-de-Marne`, `Val de Marne` or a postal code; notices from
before 2018 carry NUTS codes of the 2006 to 2013 versions (`FR714` is Isère, `FRK24` today). The overseas collectivities
have a code of the same series and no NUTS region.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from notices.vocabularies import tables
from notices.vocabularies.label_search import words_of

_LONGEST: Final = 200
_CODE: Final = re.compile(r"0*([0-9]{1,2}|2[AB]|9[78][0-9])", re.IGNORECASE)
_CODE_BESIDE_NAME: Final = re.compile(r"\(?\b(\d{1,3}|2[abAB])\b\)?")
_POSTAL: Final = re.compile(r"(?:FR?\s*-\s*)?(\d{2}\s?\d{3}|\d{4})(?!\d)", re.IGNORECASE)
_NAMES_BEGIN_WITH: Final = frozenset(
    ("departement", "conseil", "departemental", "general", "du", "de", "des", "la", "le", "les", "l", "d")
)
_OTHER_CODES: Final = {"69D": "69", "69M": "69", "20A": "2A", "20B": "2B"}
"""The two halves of the Rhône since 2015, as INSEE codes them, and the halves of Corsica as BOAMP does."""

# Bastia's half of the island has 202 and its CEDEX codes 204 and 206, Ajaccio's all the others.
_UPPER_CORSICA: Final = ("202", "204", "206")
_ISLANDS: Final = {"97133": "977", "97150": "978"}
"""Saint-Barthélemy and Saint-Martin kept their postal codes of Guadeloupe when they left it in 2007."""


@dataclass(frozen=True, slots=True)
class Departement:
    """A département or an overseas collectivity. `nuts` and the region are None for the latter."""

    code: str
    name: str
    nuts: str | None
    region_code: str | None
    region: str | None


def departement(code_or_name: str | int) -> Departement | None:
    """The département of a code, of a name, or of both together; None when it is not sure.

    `1`, `01`, `001` and `Ain` are one; `2A` and `2B` are told apart, `20` (Corsica before 1976) is neither. Names are
    read without regard to case, accents, hyphens and articles. A code that contradicts the name beside it gives None.
    Postal codes have `of_postal_code`.
    """
    printed = str(code_or_name).strip()[:_LONGEST]
    code = _code(printed)
    if code is not None:
        return _by_code().get(code)
    rest, count = _CODE_BESIDE_NAME.subn(" ", printed, count=1)
    by_name = _by_name().get(_key(rest))
    if count == 0 or by_name is None:
        return by_name
    beside = _CODE_BESIDE_NAME.search(printed)
    return by_name if beside is not None and _code(beside[1]) == by_name.code else None


def of_postal_code(printed: str | int) -> Departement | None:
    """The département in which a postal code lies, `94000`, `1000` (a lost zero), `F-75013` or `69 003 Lyon`.

    A few dozen villages at the borders of a département are served by a post office of the next one, so the answer is
    the post office's. None for Monaco (`98000`), military and malformed codes.
    """
    found = _POSTAL.match(str(printed).strip()[:_LONGEST])
    if found is None:
        return None
    code = re.sub(r"\s", "", found[1]).zfill(5)
    if code.startswith("20"):
        return _by_code()["2B" if code[:3] in _UPPER_CORSICA else "2A"]
    if code.startswith(("97", "98")):
        return _by_code().get(_ISLANDS.get(code, code[:3]))
    return _by_code().get(code[:2])


def of_nuts(code: str) -> Departement | None:
    """The département of a NUTS 3 code of any version since 2006; None for a wider region or an unknown code."""
    return _by_nuts().get(code.strip().upper())


def all_departements() -> tuple[Departement, ...]:
    """All of them, in the order of their codes."""
    return tuple(_by_code().values())


def _code(printed: str) -> str | None:
    upper = printed.upper()
    if upper in _OTHER_CODES:
        return _OTHER_CODES[upper]
    found = _CODE.fullmatch(upper)
    return None if found is None else found[1].zfill(2)


def _key(name: str) -> str:
    """`Val-d'Oise`, `VAL D’OISE` and `Conseil départemental du Val d'Oise` are one."""
    words = words_of(name)
    while words and words[0] in _NAMES_BEGIN_WITH:
        words = words[1:]
    return " ".join(word for word in words if word not in ("et", "saint", "st"))


@cache
def _rows() -> tuple[tuple[Departement, tuple[str, ...]], ...]:
    return tuple(
        (Departement(code, name, nuts or None, region_code or None, region or None), tuple(before.split()))
        for code, name, nuts, region_code, region, before in tables.rows("france_departements.csv")
    )


@cache
def _by_code() -> Mapping[str, Departement]:
    return {found.code: found for found, _before in _rows()}


@cache
def _by_name() -> Mapping[str, Departement]:
    return {_key(found.name): found for found, _before in _rows()}


@cache
def _by_nuts() -> Mapping[str, Departement]:
    return {code: found for found, before in _rows() for code in (found.nuts, *before) if code is not None}

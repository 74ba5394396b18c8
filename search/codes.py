"""Codes as people and portals write them, brought to the spelling of the index. Unknown codes are refused.

A code that does not exist would find nothing for ever, in silence; so it is a `QueryError`.
"""

from __future__ import annotations

import re
from typing import Final

from notices.vocabularies import countries, cpv, procedures, regions
from search.errors import QueryError

_CPV: Final = re.compile(r"^(\d{2,8})(?:-\d)?$")
_PLACE: Final = re.compile(r"^[A-Z]{2}(?:[A-Z0-9]{0,3}|-[A-Z0-9]{1,3})$")
_NUTS_COUNTRIES: Final = {"GR": "EL", "GB": "UK"}


def cpv_branch(code: str, parameter: str = "cpv") -> str:
    """The significant digits of a CPV code given with or without check digit, complete or as a branch: at least two."""
    found = _CPV.match(code.strip().replace(" ", ""))
    if not found or ("-" in code and len(found.group(1)) != 8):
        raise QueryError(
            "« {code} » n’est pas un code CPV : attendu 2 à 8 chiffres, et le chiffre de contrôle après un trait "
            "d’union seulement sur un code complet.",
            code=code, parameter=parameter,
        )  # fmt: skip
    branch = cpv.significant_prefix(found.group(1))
    if cpv.get(branch.ljust(8, "0")) is None and not cpv.search(branch, "en", 1):
        raise QueryError("« {code} » n’existe pas dans le vocabulaire CPV.", code=code, parameter=parameter)
    return branch


def procedure_code(printed: str) -> str:
    """The eForms code of a procedure, from the code itself or a spelling that portals use for it."""
    code = procedures.normalise(printed)
    if code is None:
        raise QueryError(
            "« {given} » n’est pas une valeur du champ « {name} » : attendu {expected}.", given=printed,
            name="procedures", expected=", ".join(procedures.entries()), parameter="procedures",
        )  # fmt: skip
    return code


def place_code(code: str) -> str:
    """A NUTS or ISO 3166 code in the spelling of the index: upper case, Greece EL and the United Kingdom UK."""
    plain = code.strip().upper()
    plain = _NUTS_COUNTRIES.get(plain, plain)
    if not _PLACE.match(plain) or not _exists(plain):
        raise QueryError(
            "« {code} » n’est pas un code de lieu : attendu un code NUTS (BE, BE21, BE211) ou ISO 3166 (MA-CAS).",
            code=code, parameter="places",
        )  # fmt: skip
    return plain


def _exists(place: str) -> bool:
    """Whether the country is known, and the region where there is a table of regions."""
    if countries.get(place[:2]) is None:
        return False
    if len(place) == 2 or place.startswith("UK"):  # the table of 2024 no longer has British regions
        return True
    return regions.is_known(place) or ("-" in place and not place.startswith("MA"))


def country_code(code: str) -> str:
    """The ISO 3166-1 alpha-2 code of a country, from any code in use for it."""
    known = countries.alpha2(code)
    if known is None:
        raise QueryError("« {given} » n’est pas un code de pays.", given=code, parameter="countries")
    return known

"""Places as the platforms print them: `(94) Val-de-Marne`, `GUADELOUPE`, `FRANCE`, a country; and seats of buyers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from notices.model import Place
from notices.values.text import fold
from notices.vocabularies import countries
from notices.vocabularies.france import departement, of_postal_code

_COUNTRY: Final = "FR"
_SEAT = re.compile(r"(?P<name>.*\S)\s*\((?P<code>\d{5})\s*(?:[-–]\s*(?P<town>[^()]*\S))?\s*\)", re.DOTALL)
_ANYWHERE_IN_THE_COUNTRY = "anyw-cou"
_FRANCE = frozenset({"france", "france entiere", "france metropolitaine", "toute la france"})
_OTHER_NAMES = {"guyane francaise": "973", "terres australes francaises": "984", "saint martin": "978"}
_NUTS = re.compile(r"\bFR[0-9A-Z]{0,3}\b")
MOST_PLACES = 200
"""There are 101 départements; a longer list is none."""


def places_of(printed: str) -> tuple[list[Place], list[str]]:
    """The places of a list separated by commas, each once; and the names that are neither French nor a country."""
    found: dict[str, Place] = {}
    unknown: list[str] = []
    for part in printed.split(",")[:MOST_PLACES]:
        name = " ".join(part.split()).strip(" .…")
        if not name or name in found:
            continue
        place = _place(name)
        if place is None:
            unknown.append(name)
        found[name] = place or Place(printed=name)
    return list(found.values()), unknown


@lru_cache(maxsize=4096)
def _place(name: str) -> Place | None:
    known = departement(_OTHER_NAMES.get(fold(name), name))
    if known is not None:
        return Place(country=_COUNTRY, nuts=known.nuts, printed=name)
    key = fold(name)
    if key in _FRANCE:
        return Place(country=_COUNTRY, anywhere=_ANYWHERE_IN_THE_COUNTRY, printed=name)
    country = countries.named(name)
    return None if country is None else Place(country=country.alpha2, printed=name)


def nuts_of(printed: str) -> list[Place]:
    """The places of printed NUTS codes."""
    return [Place(country=_COUNTRY, nuts=code, printed=code) for code in dict.fromkeys(_NUTS.findall(printed))]


def name_and_seat(printed: str) -> tuple[str, Place | None]:
    """`Ville de Paris (75004 - Paris)` as its name and its seat."""
    found = _SEAT.fullmatch(printed)
    if found is None:
        return printed, None
    known = of_postal_code(found["code"])
    seat = Place(
        country=_COUNTRY,
        nuts=None if known is None else known.nuts,
        postal_code=found["code"],
        locality=found["town"],
        printed=printed[found.end("name") :].strip(),
    )
    return found["name"], seat

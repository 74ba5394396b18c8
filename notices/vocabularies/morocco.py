"""Morocco: the 12 regions and 75 provinces and prefectures of ISO 3166-2, and the procedures of the national portal.

The national portal prints provinces in capitals without accents, several with commas between, beside older free values
(`Wialaya de Casablanca Anfa`, `Province d'Al Hoceima`), `MAROC` and foreign countries. Case, accents, apostrophes,
hyphens and the words *province de*, *préfecture de*, *wilaya de* do not matter here; spellings that differ by more are
in `data/morocco_spellings.csv`, each with its reason.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from notices.model import DeadlineKind, Place
from notices.values.text import clean_line, fold
from notices.vocabularies import countries, tables

COUNTRY: Final = "MA"
_LONGEST: Final = 200
_KINGDOM: Final = frozenset({"maroc", "royaume du maroc", "tout le maroc", "territoire national"})
_MARKS: Final = re.compile("['\u2018\u2019\u02bc`\u00b4]")
_DASHES: Final = re.compile("[\\s\u2010-\u2015_-]+")
_OFFICE: Final = re.compile(
    r"^(?:wilaya|wialaya|wialya|province|prefecture|region)s? (?:de la |de l |des |de |du |d )?"
)


@dataclass(frozen=True, slots=True)
class Territory:
    """A region, or a province or prefecture. `region` is the code of the region, a region's own included."""

    code: str
    kind: Literal["region", "province"]
    region: str
    name: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure of the national portal: its number and label there, the eForms code, what its deadline is for."""

    portal_code: str
    label: str
    code: str
    deadline: DeadlineKind


@cache
def _territories() -> Mapping[str, Territory]:
    found = {}
    for code, kind, region, name in tables.rows("morocco.csv"):
        found[code] = Territory(code, "region" if kind == "region" else "province", region, name)
    return found


@cache
def _spellings() -> Mapping[str, Territory]:
    own = {_key(territory.name): territory for territory in _territories().values()}
    return own | {_key(printed): _territories()[code] for printed, code, _ in tables.rows("morocco_spellings.csv")}


@cache
def _procedures() -> Mapping[str, Procedure]:
    """Procedures by label and by abbreviation."""
    found: dict[str, Procedure] = {}
    for number, abbreviation, label, code, deadline, _ in tables.rows("morocco_procedures.csv"):
        procedure = Procedure(number, label, code, DeadlineKind(deadline))
        found[_key(label)] = procedure
        if abbreviation:
            found[_key(abbreviation)] = procedure
    return found


def _key(printed: str) -> str:
    # An apostrophe stands for nothing in names (M'diq, MDIQ) and for a blank after an article (d'Al Hoceima).
    text = re.sub(r"\b([dl])['\u2018\u2019\u02bc]", r"\1 ", fold(printed[:_LONGEST]))
    return " ".join(_DASHES.sub(" ", _MARKS.sub("", text)).split())


def get(code: str) -> Territory | None:
    """The region or province of exactly this ISO 3166-2 code, or None."""
    return _territories().get(code)


def regions() -> tuple[Territory, ...]:
    """The 12 regions, by code."""
    return tuple(territory for territory in _territories().values() if territory.kind == "region")


def provinces(region: str | None = None) -> tuple[Territory, ...]:
    """The provinces and prefectures of a region, or all 75, by code."""
    wanted = (territory for territory in _territories().values() if territory.kind == "province")
    return tuple(territory for territory in wanted if region in (None, territory.region))


def territory(printed: str) -> Territory | None:
    """The region or province of a printed name, or None when the spelling is not known."""
    key = _key(printed)
    known = _spellings()
    return known.get(key) or known.get(_OFFICE.sub("", key)) or known.get(f"l {key}")


def place(printed: str) -> Place:
    """One printed place. `nuts` is the ISO 3166-2 code of the province (`MA-SET`) or region (`MA-06`), `locality` a
    province's name; None what is not known. The region of a province: `get(code).region`.

    `MAROC` is anywhere in the country; a foreign country has its own code. What was printed is always kept.
    """
    text = clean_line(printed)
    if _key(text) in _KINGDOM:
        return Place(country=COUNTRY, anywhere="anyw-cou", printed=text)
    found = territory(text)
    if found is not None:
        locality = found.name if found.kind == "province" else None
        return Place(country=COUNTRY, nuts=found.code, locality=locality, printed=text)
    return Place(country=_foreign(text), printed=text)


def places(printed: str | None) -> tuple[Place, ...]:
    """The places of a text with commas between them, each once; what stands for *not said* is left out."""
    parts = (clean_line(part) for part in (printed or "").split(","))
    return tuple(place(part) for part in dict.fromkeys(part for part in parts if any(map(str.isalnum, part))))


def procedure(printed: str) -> Procedure | None:
    """The procedure of a label or an abbreviation (`AOO ...`) of the portal, or None when it is not known."""
    return _procedures().get(_key(printed.replace("...", " ")))


@cache
def _countries() -> Mapping[str, str]:
    return {_key(tables.pick(country.labels, "fr")): country.alpha2 for country in countries.entries()}


def _foreign(printed: str) -> str | None:
    return _countries().get(_key(printed))

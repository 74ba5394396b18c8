"""Values as the federal platform prints them: naive Brussels times, CPV codes with check digit, contractor classes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from crawlers.engines.record import Account, Record
from notices.model import Accreditation, Classification, Nature, Place
from notices.values.cpv_text import parse_cpv
from notices.values.dates import BRUSSELS, parse_date, parse_instant
from notices.vocabularies import nuts

LEGAL_BASES = {"D23": "32014L0023", "D24": "32014L0024", "D25": "32014L0025", "D81": "32009L0081"}
"""CELEX number by the portal's word in search answers (dossier 2.2)."""
HIGHEST_CLASS = 8
"""Contractors are recognised in classes 1 to 8 (royal decree of 26 September 1991)."""


def instant(text: str | None) -> datetime | None:
    """A naive time on Brussels' clock."""
    found = parse_instant(text, BRUSSELS) if text else None
    return found.at if found else None


def instants(texts: Iterable[str]) -> list[datetime]:
    """Those that can be read, oldest first: the portal prints them unsorted."""
    return sorted(found for text in texts if (found := instant(text)))


def day(text: str | None) -> date | None:
    """A day."""
    found = parse_date(text) if text else None
    return found.day if found else None


def classifications(row: Record) -> tuple[Classification, ...]:
    """Main code first, each code once: the additional ones often repeat the main one."""
    main = parse_cpv(_cpv(row.record("cpvMainCode")))
    found = {main.code: Classification(code=main.code, main=True)} if main else {}
    for record in row.records("cpvAdditionalCodes"):
        if code := parse_cpv(_cpv(record)):
            found.setdefault(code.code, Classification(code=code.code))
    return tuple(found.values())


def _cpv(record: Record) -> str | None:
    record.ignore("descriptions")
    return record.string("code")


def places(row: Record) -> tuple[Place, ...]:
    """Places of performance."""
    return tuple(_place(code) for code in row.strings("nutsCodes"))


def _place(code: str) -> Place:
    found = nuts.resolve(code)
    if found is None:
        return Place(printed=code)
    country = "GR" if found.region.code.startswith("EL") else found.region.code[:2]
    return Place(country=country, nuts=code)


def natures(row: Record) -> tuple[Nature, ...]:
    """Contract natures; the first is the main one."""
    known = {nature.value.upper(): nature for nature in Nature}
    return tuple(known[text] for text in row.strings("natures") if text in known)


def accreditations(dossier: Record, account: Account) -> tuple[Accreditation, ...]:
    """Recognition asked of contractors: `{"D": 8, "D5": 1}`, category to class."""
    levels: dict[str, int] = {}
    for record in dossier.records("enterpriseCategories"):
        category, classes = record.string("categoryCode"), record.value("levels")
        if category and isinstance(classes, list):
            levels[category] = max((level for level in classes if isinstance(level, int)), default=0)
    printed = dossier.record("accreditations")
    for category in tuple(printed.data):
        levels[category] = printed.number(category) or 0
    found = []
    for category, level in sorted(levels.items()):
        if 1 <= level <= HIGHEST_CLASS:
            found.append(Accreditation(category=category, level=level))
        else:
            account.note(
                f"{dossier.path}.accreditations.{category}", "There is no such class of contractors.", str(level)
            )
    return tuple(found)

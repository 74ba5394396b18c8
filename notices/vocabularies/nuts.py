"""NUTS 2024, the statistical regions of Europe, and the Belgian codes that were in force before 2021.

Level is the length minus two: 0 country (`EL` for Greece), 1 to 3 regions. Labels are those of the Publications Office,
which gives Belgian regions in their own language only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from notices.vocabularies import tables
from notices.vocabularies.label_search import LabelIndex
from notices.vocabularies.tables import Labels

_SHAPE: Final = re.compile(r"[A-Z]{2}[0-9A-Z]{0,3}")


@dataclass(frozen=True, slots=True)
class NutsRegion:
    """One region. A historic one says in `note` what became of it and in `successor` which code to use today."""

    code: str
    level: int
    parent: str | None
    labels: Labels
    note: str | None = None
    successor: str | None = None

    @property
    def historic(self) -> bool:
        """Whether the code is no longer in force."""
        return self.successor is not None


class Match(StrEnum):
    """How a printed code was found."""

    EXACT = "exact"
    HISTORIC = "historic"
    PREFIX = "prefix"


@dataclass(frozen=True, slots=True)
class Resolution:
    """The region that stands for a printed code, and how sure that is."""

    region: NutsRegion
    match: Match


@cache
def _regions() -> Mapping[str, NutsRegion]:
    regions = {
        code: NutsRegion(code, int(level), parent or None, tables.labels(rest))
        for code, level, parent, *rest in tables.rows("nuts.csv")
    }
    for code, level, parent, successor, name, note in tables.rows("nuts_historic.csv"):
        labels = tables.labels([name] * len(tables.LANGUAGES))
        regions[code] = NutsRegion(code, int(level), parent, labels, note, successor)
    return regions


@cache
def _children() -> Mapping[str, tuple[str, ...]]:
    children: dict[str, list[str]] = {}
    for region in _regions().values():
        if not region.historic:
            children.setdefault(region.parent or "", []).append(region.code)
    return {parent: tuple(sorted(codes)) for parent, codes in children.items()}


@cache
def _index(language: str) -> LabelIndex:
    current = sorted((r for r in _regions().values() if not r.historic), key=lambda r: (r.level, r.code))
    return LabelIndex((region.code, tables.pick(region.labels, language)) for region in current)


def get(code: str) -> NutsRegion | None:
    """The region of exactly this code, historic ones included, or None."""
    return _regions().get(code)


def label(code: str, language: str) -> str | None:
    """The label in `language` (ISO 639-1), or None for an unknown code."""
    region = get(code)
    return None if region is None else tables.pick(region.labels, language)


def level(code: str) -> int | None:
    """0 (country) to 3, or None for an unknown code."""
    region = get(code)
    return None if region is None else region.level


def parents(code: str) -> tuple[str, ...]:
    """The codes above, nearest first, up to the country. Empty for an unknown code."""
    found = []
    region = get(code)
    while region is not None and region.parent is not None:
        found.append(region.parent)
        region = get(region.parent)
    return tuple(found)


def children(code: str | None = None) -> tuple[str, ...]:
    """The codes in force directly below, sorted; of None, the countries."""
    return _children().get(code or "", ())


def resolve(code: str) -> Resolution | None:
    """The region of a printed code, else of its longest known prefix.

    Old notices carry codes of NUTS 2013 to 2021 that are gone. None when not even the country is known, and for the
    special places of TED (`00`, `anyw`, `anyw-eea`).
    """
    printed = code.strip().upper()
    if not _SHAPE.fullmatch(printed):
        return None
    for length in range(len(printed), 1, -1):
        region = get(printed[:length])
        if region is not None:
            return Resolution(region, _match(region, printed))
    return None


def _match(region: NutsRegion, printed: str) -> Match:
    if region.code != printed:
        return Match.PREFIX
    return Match.HISTORIC if region.historic else Match.EXACT


def search(words: str, language: str, limit: int = 20) -> list[NutsRegion]:
    """Regions in force whose label holds all words, or whose code begins with what was typed."""
    typed = words.strip().upper()
    codes = _index(language).find(words, limit)
    if _SHAPE.fullmatch(typed):
        by_code = sorted(code for code, region in _regions().items() if code.startswith(typed) and not region.historic)
        codes = list(dict.fromkeys([*by_code, *codes]))[: max(limit, 0)]
    return [_regions()[code] for code in codes]

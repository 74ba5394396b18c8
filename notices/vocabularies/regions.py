"""Regions of every country that has a table: NUTS in Europe, ISO 3166-2 in Morocco, under one roof.

A code is known by its form: NUTS codes grow by a letter or digit a level (`BE`, `BE3`, `BE35`); those of Morocco are
`MA-04` for a region and `MA-RAB` for a province or prefecture.
"""

from __future__ import annotations

from notices.vocabularies import morocco, nuts


def is_known(code: str) -> bool:
    """Whether a table has this code."""
    return nuts.get(code) is not None or morocco.get(code) is not None


def label(code: str, language: str) -> str | None:
    """The name of a region; None when no table has the code."""
    found = morocco.get(code)
    return found.name if found is not None else nuts.label(code, language)


def above(code: str) -> tuple[str, ...]:
    """The codes of what holds a region, from the country down, without the code itself; also of codes no table has."""
    if "-" not in code:
        return tuple(code[:length] for length in range(2, len(code)))
    found = morocco.get(code)
    country = code.partition("-")[0]
    return (country,) if found is None or found.region == code else (country, found.region)

"""Currencies (ISO 4217): those of the EU authority list, and the ones that notices since 2014 used before the euro."""

from collections.abc import Mapping
from functools import cache

from notices.vocabularies import tables
from notices.vocabularies.tables import Labels


@cache
def _labels() -> Mapping[str, Labels]:
    languages = (*tables.LANGUAGES, "ar")
    current = {code: tables.labels(rest, languages) for code, *rest in tables.rows("currencies.csv")}
    historic = {code: tables.labels(rest) for code, _, *rest in tables.rows("currencies_historic.csv")}
    return current | historic


def is_known(code: str) -> bool:
    """Whether `code` is a currency: three upper-case letters, exactly."""
    return code in _labels()


def label(code: str, language: str) -> str | None:
    """The name in `language` (ISO 639-1), or None for an unknown code."""
    known = _labels().get(code)
    return None if known is None else tables.pick(known, language)


def entries() -> tuple[str, ...]:
    """All currency codes, sorted."""
    return tuple(sorted(_labels()))

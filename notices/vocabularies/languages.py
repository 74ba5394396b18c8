"""Languages: ISO 639-2/T in upper case (eForms: `NLD`), ISO 639-1 in lower case (`nl`), labels also in Arabic."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from notices.vocabularies import tables
from notices.vocabularies.tables import Labels

# Bibliographic codes (ISO 639-2/B) that some e-senders write instead of the terminological ones.
_BIBLIOGRAPHIC: Final = {
    "CZE": "CES",
    "DUT": "NLD",
    "FRE": "FRA",
    "GER": "DEU",
    "GRE": "ELL",
    "RUM": "RON",
    "SLO": "SLK",
}


@dataclass(frozen=True, slots=True)
class Language:
    """One language. `iso1` is None for the few that ISO 639-1 does not have."""

    alpha3: str
    iso1: str | None
    labels: Labels


@cache
def _by_alpha3() -> Mapping[str, Language]:
    names = (*tables.LANGUAGES, "ar")
    return {
        alpha3: Language(alpha3, short or None, tables.labels(rest, names))
        for alpha3, short, *rest in tables.rows("languages.csv")
    }


@cache
def _by_iso1() -> Mapping[str, Language]:
    return {language.iso1: language for language in _by_alpha3().values() if language.iso1}


def get(code: str) -> Language | None:
    """The language of a two- or three-letter code in any case, or None."""
    printed = code.strip()
    if len(printed) == 2:
        return _by_iso1().get(printed.lower())
    upper = printed.upper()
    return _by_alpha3().get(_BIBLIOGRAPHIC.get(upper, upper))


def iso1(code: str) -> str | None:
    """`NLD` gives `nl`; None when the code is unknown or ISO 639-1 has none."""
    language = get(code)
    return None if language is None else language.iso1


def alpha3(code: str) -> str | None:
    """`nl` gives `NLD`; None for an unknown code."""
    language = get(code)
    return None if language is None else language.alpha3


def label(code: str, language: str) -> str | None:
    """The name of a language in `language` (ISO 639-1), or None for an unknown code."""
    known = get(code)
    return None if known is None else tables.pick(known.labels, language)

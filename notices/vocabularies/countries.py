"""Countries of the EU authority list: alpha-3 (eForms, TED API), alpha-2, labels in fr, nl, en, de and ar."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from notices.vocabularies import tables
from notices.vocabularies.label_search import words_of
from notices.vocabularies.tables import Labels

# TED_EXPORT and NUTS write the United Kingdom and Greece in their own way.
_ALPHA2_VARIANTS: Final = {"UK": "GB", "EL": "GR"}
_LONGEST_NAME: Final = 100
_FRENCH_VARIANTS: Final = {
    "angleterre": "GBR",
    "ecosse": "GBR",
    "etats unis d amerique": "USA",
    "grande bretagne": "GBR",
    "hollande": "NLD",
    "pays bas": "NLD",
    "republique tcheque": "CZE",
    "usa": "USA",
}
"""Names beside those of the authority list, as people write them in French."""


@dataclass(frozen=True, slots=True)
class Country:
    """One country or territory. Kosovo has the user-assigned codes `XKX` and `XK`."""

    alpha3: str
    alpha2: str
    labels: Labels


@cache
def _by_alpha3() -> Mapping[str, Country]:
    languages = (*tables.LANGUAGES, "ar")
    return {
        alpha3: Country(alpha3, alpha2, tables.labels(rest, languages))
        for alpha3, alpha2, *rest in tables.rows("countries.csv")
    }


@cache
def _by_alpha2() -> Mapping[str, Country]:
    return {country.alpha2: country for country in _by_alpha3().values()}


def get(code: str) -> Country | None:
    """The country of an alpha-3 or alpha-2 code in any case (`UK` and `EL` included), or None."""
    printed = code.strip().upper()
    if len(printed) == 2:
        return _by_alpha2().get(_ALPHA2_VARIANTS.get(printed, printed))
    return _by_alpha3().get(printed)


def alpha2(code: str) -> str | None:
    """`BEL` gives `BE`; None for an unknown code."""
    country = get(code)
    return None if country is None else country.alpha2


def alpha3(code: str) -> str | None:
    """`BE` gives `BEL`; None for an unknown code."""
    country = get(code)
    return None if country is None else country.alpha3


def label(code: str, language: str) -> str | None:
    """The name in `language` (ISO 639-1), or None for an unknown code."""
    country = get(code)
    return None if country is None else tables.pick(country.labels, language)


def named(name: str) -> Country | None:
    """The country of a French name, whatever its case, accents and hyphens; None for anything else."""
    key = _key(name[:_LONGEST_NAME])
    return _by_alpha3().get(_FRENCH_VARIANTS[key]) if key in _FRENCH_VARIANTS else _by_french_name().get(key)


@cache
def _by_french_name() -> Mapping[str, Country]:
    return {
        _key(name): country
        for country in _by_alpha3().values()
        if (name := tables.pick(country.labels, "fr")) is not None
    }


def _key(name: str) -> str:
    return " ".join(words_of(name))


def entries() -> tuple[Country, ...]:
    """All countries, by alpha-3 code."""
    return tuple(_by_alpha3().values())

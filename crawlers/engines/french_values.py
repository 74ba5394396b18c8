"""Values as French platforms print them: procedures in words, places by postal code, SIRET, CPV."""

from __future__ import annotations

from notices.model import Classification, Identifier, Nature, Place
from notices.values.cpv_text import parse_cpv
from notices.values.siret import parse_siret
from notices.values.text import fold
from notices.vocabularies import countries, france, procedures

_PROCEDURES = (
    # The most telling words first. An adapted procedure has no eForms code of its own: a single stage is `oth-single`.
    ("dialogue competitif", "comp-dial"),
    ("partenariat d'innovation", "innovation"),
    ("adaptee", "oth-single"),
    ("sans publicite", "neg-wo-call"),
    ("sans mise en concurrence", "neg-wo-call"),
    ("avec negociation", "neg-w-call"),
    ("concurrentielle", "neg-w-call"),
    ("ouvert", "open"),
    ("restreint", "restricted"),
)


def nature(printed: str | None) -> Nature | None:
    """Works, supplies or services, where a text names exactly one."""
    words = fold(printed or "")
    named = [
        kind
        for sign, kind in (("travaux", Nature.WORKS), ("fourniture", Nature.SUPPLIES), ("service", Nature.SERVICES))
        if sign in words
    ]
    return named[0] if len(named) == 1 else None


def procedure(printed: str) -> str | None:
    """The eForms code of a procedure printed in French; None when its words are not known."""
    known = procedures.normalise(printed)
    if known is not None:
        return known
    words = fold(printed).replace("’", "'")
    if "concours" in words:
        return "restricted" if "restreint" in words else "open" if "ouvert" in words else None
    return next((code for sign, code in _PROCEDURES if sign in words), None)


def place(postal_code: str | None, printed: str | None = None, locality: str | None = None) -> Place | None:
    """A French place, unless its words are the name of another country.

    The NUTS 3 region is that of the département in which the postal code lies.
    """
    if not (postal_code or printed or locality):
        return None
    if abroad := country_abroad(printed) or country_abroad(locality):
        return Place(country=abroad, postal_code=postal_code, locality=locality, printed=printed or postal_code)
    found = france.of_postal_code(postal_code) if postal_code else None
    nuts = found.nuts if found else None
    return Place(country="FR", nuts=nuts, locality=locality, postal_code=postal_code, printed=printed or postal_code)


def country_abroad(printed: str | None) -> str | None:
    """The country that a text names and nothing else, where it is not France or a part of it."""
    if not printed or france.departement(printed):
        return None
    found = countries.named(printed)
    return None if found is None or found.alpha2 == "FR" else found.alpha2


def siret(printed: str | None) -> tuple[Identifier, ...]:
    """The SIRET or SIREN of a text, valid or not."""
    found = parse_siret(printed)
    if found is None or printed is None:
        return ()
    scheme, value = ("SIRET", found.siret) if found.siret else ("SIREN", found.siren)
    return (Identifier(scheme=scheme, value=value, valid=found.valid, printed=printed),)


def classifications(main: tuple[str, ...], others: tuple[str, ...]) -> tuple[Classification, ...]:
    """CPV codes, the main one first, each once."""
    found: dict[str, Classification] = {}
    for printed, is_main in [*((code, True) for code in main), *((code, False) for code in others)]:
        read = parse_cpv(printed)
        if read is not None:
            found.setdefault(read.code, Classification(code=read.code, main=is_main and not found))
    return tuple(found.values())

"""Organisations and places of French award data."""

from __future__ import annotations

import re
from typing import Final

from notices.formats.decp import codes
from notices.formats.decp.fields import Fields, Log
from notices.formats.decp.leaves import key_of, text_of
from notices.model import Identifier, Organisation, Place
from notices.values.siret import FrenchNumber, parse_siret
from notices.vocabularies import countries, france

_LOST_ZEROS: Final = re.compile(r"[0-9]{10,13}")
_BLANKS: Final = re.compile(r"[\s.\u200b]+")
_COUNTRY: Final = "FR"


def winner(fields: Fields) -> Organisation | None:
    """A winner, concessionaire or subcontractor; None, with a note, where nothing names it."""
    found = organisation(fields, fields.text("typeIdentifiant"), fields.text("denominationSociale"))
    size = fields.text("categorie")
    seat = _seat(fields)
    if found is None:
        fields.log.note(fields.path, "A party without identifier and name is left out.")
        return None
    if seat is not None and seat.nuts is None and not _is_registered_in_france(found):
        seat = seat.model_copy(update={"country": None})
    return found.model_copy(update={"size": codes.SIZES.get(key_of(size or "")), "place": seat})


def _is_registered_in_france(party: Organisation) -> bool:
    """Whether its number is of the French register; a town beside another one (TVA, HORS-UE) may be anywhere."""
    return any(number.scheme in ("SIRET", "SIREN") for number in party.identifiers)


def organisation(fields: Fields, scheme: str | None, name: str | None) -> Organisation | None:
    """An organisation by its identifier and its name; None without either."""
    number = identifier(text_of(fields.raw("id")), scheme, fields.log, f"{fields.path}.id")
    if number is None and name is None:
        return None
    return Organisation(name={} if name is None else {"fr": name}, identifiers=() if number is None else (number,))


def buyer(fields: Fields) -> Organisation | None:
    """The buyer or the conceding authority."""
    found = organisation(fields, "SIRET", fields.text("nom"))
    return None if found is None else found.model_copy(update={"place": _seat(fields)})


def _seat(fields: Fields) -> Place | None:
    """The seat, which only consolidated tables add."""
    town, departement = fields.text("communeNom"), fields.text("departementCode")
    found = None if departement is None else france.departement(departement)
    if town is None and found is None:
        return None
    return Place(country=_COUNTRY, locality=town, nuts=None if found is None else found.nuts)


def identifier(printed: str | None, scheme: str | None, log: Log, path: str) -> Identifier | None:
    """A registration number; foreign and overseas schemes (TVA, TAHITI, RIDET, …) are kept under their own name."""
    if printed is None:
        return None
    declared = key_of(scheme or "SIRET").upper().replace(" ", "-")
    if declared in ("SIRET", "SIREN"):
        return _french(printed, log, path)
    value = _BLANKS.sub("", printed).upper()
    if declared.startswith("TVA"):
        return Identifier(scheme="VAT", value=value, valid=_is_french_vat(value), printed=printed)
    return Identifier(scheme=declared, value=value, valid=False, printed=printed)


def french_number(printed: str) -> tuple[FrenchNumber | None, bool]:
    """The SIRET or SIREN of a text, and whether leading zeros had to be put back for its check digits to fit."""
    found = parse_siret(printed)
    digits = _BLANKS.sub("", printed)
    if found is not None or not _LOST_ZEROS.fullmatch(digits):
        return found, False
    padded = parse_siret(digits.zfill(14))
    return (padded, True) if padded is not None and padded.valid else (None, False)


def _french(printed: str, log: Log, path: str) -> Identifier:
    number, padded = french_number(printed)
    if number is None:
        log.note(path, "This is no SIRET: it has not 14 digits.", printed)
        return Identifier(scheme="UNKNOWN", value=printed, valid=False, printed=printed)
    if padded:
        log.note(path, "Leading zeros that a table program had taken away were put back.", printed)
    scheme = "SIREN" if number.siret is None else "SIRET"
    return Identifier(scheme=scheme, value=number.siret or number.siren, valid=number.valid, printed=printed)


def _is_french_vat(value: str) -> bool:
    """FR, a key of two digits, the SIREN: the key is 12 plus three times the SIREN modulo 97, modulo 97."""
    found = re.fullmatch(r"FR([0-9]{2})([0-9]{9})", value)
    return found is not None and int(found[1]) == (12 + 3 * (int(found[2]) % 97)) % 97


def place_of_performance(fields: Fields) -> Place | None:
    """Where the contract is carried out: the code means what its type says, and is often written without its zeros."""
    code, kind, name = fields.text("code"), fields.text("typeCode"), fields.text("nom")
    if code is None and name is None:
        return None
    told = key_of(kind or "")
    other = None if name is None or key_of(name) == told else name
    printed = " ".join(part for part in (code, f"({kind})" if kind else None, other) if part)
    locality = other if ("postal" in told or "commune" in told) and not (other or "").startswith("(") else None
    found = _resolved(code or "", told)
    if found is None:
        fields.log.note(fields.path, "The code of the place is not known.", printed)
        return Place(locality=locality, printed=printed)
    return found.model_copy(update={"locality": locality, "printed": printed})


def _resolved(code: str, kind: str) -> Place | None:
    bare = _BLANKS.sub("", code).upper()
    if "pays" in kind or (bare.isalpha() and len(bare) in (2, 3)):
        country = countries.get(bare)
        return None if country is None else Place(country=country.alpha2)
    if "region" in kind:
        nuts = codes.REGIONS.get(bare.removeprefix("R").zfill(2))
        return None if nuts is None else Place(country=_COUNTRY, nuts=nuts)
    if "departement" in kind or len(bare) <= 3:
        return _in(france.departement(bare))
    if "postal" in kind or not kind:
        found = france.of_postal_code(bare)
        return None if found is None else _in(found, bare.zfill(5))
    return _in(_of_insee_code(bare))


def _in(found: france.Departement | None, postal_code: str | None = None) -> Place | None:
    return None if found is None else Place(country=_COUNTRY, nuts=found.nuts, postal_code=postal_code)


def _of_insee_code(code: str) -> france.Departement | None:
    """The département of a commune, canton or arrondissement: its code begins with it."""
    padded = code.zfill(5) if code.isdigit() and len(code) == 4 else code
    return france.departement(padded[:3] if padded.startswith(("97", "98")) else padded[:2])

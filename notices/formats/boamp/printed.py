"""Values as the bulletin prints them: times of Paris, codes of places and goods, amounts, flags by name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Final

from notices.formats.boamp.node import Node
from notices.formats.eforms.identifiers import read_identifier
from notices.model import AmountKind, Classification, Deadline, DeadlineKind, Identifier, Money, Nature, Place, TaxBasis
from notices.values.cpv_text import parse_cpv
from notices.values.dates import Precision, localise, parse_date, parse_day_first, parse_instant
from notices.values.money import known_amount, parse_amount, plausible_amount
from notices.vocabularies import france, nuts, procedures

FRENCH: Final = "fr"
COUNTRY: Final = "FR"
EURO: Final = "EUR"
_MAINLAND: Final = frozenset({timedelta(hours=1), timedelta(hours=2)})
_ADAPTED: Final = "oth-single"
"""eForms has no code for the adapted procedure of article R. 2123-1 of the code de la commande publique."""
_PROCEDURES: Final = {
    "OUVERT": "open",
    "RESTREINT": "restricted",
    "PROCEDURE_ADAPTE": _ADAPTED,
    "PROCEDURE_ADAPTEE": _ADAPTED,
    "PROCEDUREADAPTEE": _ADAPTED,
    "PROCEDUREADAPTEEO": _ADAPTED,
    "DIALOGUE_COMPETITIF": "comp-dial",
    "CONCOURS_OUVERT": "open",
    "CONCOURS_RESTREINT": "restricted",
    "PARTENARIAT_INNOVATION": "innovation",
    "PROCEDUREOUVERTE": "open",
    "PROCEDURERESTREINTE": "restricted",
    "ATTRIBUE_SANS_PUB_JOUE": "neg-wo-call",
}
_NATURES: Final = {
    "TRAVAUX": Nature.WORKS,
    "FOURNITURES": Nature.SUPPLIES,
    "FOURNITURE": Nature.SUPPLIES,
    "SERVICES": Nature.SERVICES,
    "SERVICE": Nature.SERVICES,
}
_LEGAL_BASES: Final = {
    "DIRECTIVE_17": "32004L0017",
    "DIRECTIVE_18": "32004L0018",
    "DIRECTIVE_23": "32014L0023",
    "DIRECTIVE_24": "32014L0024",
    "DIRECTIVE_25": "32014L0025",
    "DIRECTIVE_81": "32009L0081",
}


def in_french(text: str | None) -> dict[str, str]:
    """A text of the bulletin, which is in French."""
    return {FRENCH: text} if text else {}


def instant(printed: str | None, zone: tzinfo, node: Node) -> datetime | None:
    """An instant; without offset it is on the clock of `zone`.

    Some senders print winter time all year round (`+01:00` in April). The hour is then the one of the clock on the
    wall, unless that would make it later: for a deadline the earlier reading is the safe one.
    """
    if not printed:
        return None
    found = parse_instant(printed, zone) or parse_day_first(printed, zone)
    if found is None:
        node.note("This time cannot be read.", printed)
        return None
    at, offset = found.at, found.at.utcoffset()
    local = localise(at.replace(tzinfo=None), zone).at
    if offset in _MAINLAND and local.utcoffset() != offset:
        node.note("The offset printed is not that of Paris on that day; the earlier reading is taken.", printed)
        return min(at, local)
    return at


def deadline(printed: str | None, kind: DeadlineKind, zone: tzinfo, node: Node) -> Deadline | None:
    """A deadline. A day without hour, or at midnight of the clock of Greenwich, lasts until its end."""
    at = instant(printed, zone, node)
    if at is None or printed is None:
        return None
    known = parse_instant(printed, zone) or parse_day_first(printed, zone)
    alone = known is not None and known.precision is Precision.DAY
    if alone or (at.utcoffset() == timedelta(0) and at.time() == time(0, 0)):
        end = localise(datetime.combine(at.date(), time(23, 59, 59)), zone).at
        return Deadline(kind=kind, at=end, date_only=True)
    return Deadline(kind=kind, at=at)


def day(printed: str | None, zone: tzinfo, node: Node) -> date | None:
    """A day, of which an hour may be printed too."""
    if not printed:
        return None
    found = parse_date(printed)
    if found is not None:
        return found.day
    at = parse_instant(printed, zone) or parse_day_first(printed, zone)
    if at is None:
        node.note("This day cannot be read.", printed)
        return None
    return at.at.date()


def procedure_code(words: Iterable[str]) -> str | None:
    """The eForms code of the first spelling that has one. `NEGOCIE` alone does not say whether there was a call."""
    for word in words:
        if code := _PROCEDURES.get(word.strip().upper().replace(" ", "_")) or procedures.normalise(word):
            return code
    return None


def natures(words: Iterable[str]) -> tuple[Nature, ...]:
    """Natures of the contract, the main one first."""
    return tuple(dict.fromkeys(_NATURES[word.upper()] for word in words if word.upper() in _NATURES))


def legal_basis(perimeter: str | None) -> str | None:
    """The directive of a perimeter such as `DIRECTIVE-24`; None for French law."""
    return _LEGAL_BASES.get((perimeter or "").upper().replace("-", "_"))


def place_of_nuts(printed: str | None, node: Node, locality: str | None = None) -> Place | None:
    """A NUTS code of any version since 2006; the code printed stays where it is another than today's."""
    code = (printed or "").strip().upper()
    if not code:
        return Place(country=COUNTRY, printed=locality) if locality else None
    current = france.of_nuts(code)
    if current is not None and current.nuts:
        told = "\n".join(filter(None, (code if code != current.nuts else None, locality)))
        return Place(country=COUNTRY, nuts=current.nuts, printed=told or None)
    found = nuts.get(code)
    if found is not None:
        country = "GR" if code.startswith("EL") else code[:2]
        return Place(country=country, nuts=code, printed=locality)
    node.note("This NUTS code is unknown.", code)
    return Place(printed="\n".join(filter(None, (code, locality))))


def place_of_address(postal_code: str | None, town: str | None, rest: str | None = None) -> Place | None:
    """A place from its address; the postal code says the département."""
    if not (postal_code or town or rest):
        return None
    found = france.of_postal_code(postal_code) if postal_code else None
    return Place(
        country=COUNTRY if found else None,
        nuts=found.nuts if found else None,
        locality=town,
        postal_code=postal_code,
        printed=rest,
    )


def place_of_departement(code: str, said: str) -> Place:
    """A département as the bulletin numbers it (`94`, `1` for Ain, `20A` for Corse-du-Sud)."""
    usual = f"2{code[2]}" if code.upper() in ("20A", "20B") else code
    found = france.departement(usual)
    if found is None:
        return Place(country=COUNTRY, printed=f"{said} {code}")
    return Place(country=COUNTRY, nuts=found.nuts, printed=f"{found.name} ({found.code}), {said}")


def classification(printed: str | None, node: Node, *, main: bool) -> Classification | None:
    """A CPV code."""
    if not printed:
        return None
    code = parse_cpv(printed)
    if code is None:
        node.note("This is no CPV code.", printed)
        return None
    if not code.known:
        node.note("This code is not in CPV 2008.", printed)
    return Classification(code=code.code, main=main)


def once(found: Iterable[Classification | None]) -> tuple[Classification, ...]:
    """Each code once, the first time it is said; one main code at most."""
    by_code: dict[str, Classification] = {}
    for item in found:
        if item is not None:
            lead = item.main and not any(known.main for known in by_code.values())
            by_code.setdefault(item.code, item.model_copy(update={"main": lead}))
    return tuple(by_code.values())


def amount(node: Node, kind: AmountKind, tax: TaxBasis) -> Money | None:
    """The amount of an element with its currency; None for one that stands for no value (0, 1)."""
    text, currency = node.line(), (node.attribute("devise") or EURO).upper()
    if not text:
        return None
    value = known_amount(text)
    if value is None:
        if parse_amount(text) is None:
            node.note("This amount cannot be read.", text)
        return None
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        node.note("This currency is unknown; the amount is left out.", f"{text} {currency}")
        return None
    if not plausible_amount(value):
        node.note("This amount cannot be that of a contract; it is left out.", text)
        return None
    spelt = None if text.replace(".", "", 1).isdigit() else text
    return Money(amount=value, currency=currency, kind=kind, tax_basis=tax, printed=spelt)


def range_of(low: Node, high: Node, kind: AmountKind, tax: TaxBasis) -> Money | None:
    """The upper end of a range, with both ends as the text it was read from."""
    least, most = amount(low, kind, tax), amount(high, kind, tax)
    if least is None or most is None:
        return most or least
    told = f"{least.amount} - {most.amount} {most.currency}"
    return most.model_copy(update={"printed": told})


def count(printed: str | None, node: Node) -> int | None:
    """A number of things."""
    if not printed:
        return None
    if printed.isascii() and printed.isdigit() and len(printed) < 7:
        return int(printed)
    node.note("This number cannot be read.", printed)
    return None


def decimal(printed: str | None, node: Node) -> Decimal | None:
    """A number such as a weight or a length: `60`, `12,5`, `40 %`."""
    if not printed:
        return None
    value = parse_amount(printed.replace("%", " ").strip())
    if value is None or value < 0:
        node.note("This number cannot be read.", printed)
        return None
    return value


def identifiers(printed: Iterable[str | None]) -> tuple[Identifier, ...]:
    """SIRET, SIREN or VAT numbers of a French organisation, each once."""
    read = (read_identifier(text, COUNTRY) for text in dict.fromkeys(filter(None, printed)))
    return tuple(identifier for identifier in read if identifier is not None)

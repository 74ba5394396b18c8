"""From the printed values of a consultation to a `Notice`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from crawlers.engines.atexo_ma import printed as values
from crawlers.engines.atexo_ma.consultation import Consultation, PrintedLot
from crawlers.engines.atexo_ma.options import Options
from notices.model import (
    AmountKind,
    DeadlineKind,
    Flags,
    Lot,
    Money,
    Notice,
    NoticeKind,
    Organisation,
    Place,
    ProcedureType,
    ReadingNote,
)
from notices.values.text import clean_line
from notices.vocabularies import morocco

COUNTRY = "MA"
_ENTITY = re.compile(r"^(?P<codes>\S[^/]{0,60}(?:\s/\s+\S[^/]{0,60}?)+?)\s+-\s+(?P<name>\S.*)$")
"""`ministry / entity - name`; there may be an entity inside an entity."""
_LOTS = re.compile(r"(\d{1,4})\s*lots?", re.IGNORECASE)
_PREFIX_AS_NAME = "Acheteur public"


def notice_of(printed: Consultation, *, portal: str, notice_id: str, url: str | None, options: Options) -> Notice:
    """The notice of a consultation; oddities are told in its notes."""
    fields = {
        "id": notice_id,
        "portal": portal,
        "country": COUNTRY,
        "url": url,
        "kind": NoticeKind.COMPETITION,
        "subtype": printed.announcement,
        "format": f"atexo_ma-{'+'.join(printed.seen)}",
        "procedure_id": procedure_key(printed, options.consultations or portal),
        "references": (printed.reference,) if printed.reference else (),
        "cancelled": printed.cancelled,
        "documents": printed.documents,
        "partial": printed.partial,
        **_texts(printed),
        **_procedure(printed),
        **_submission(printed, url),
        **_subject(printed, options),
    }
    _check_lots(printed)
    return Notice(**fields, notes=_once(printed.notes))


def _texts(printed: Consultation) -> dict[str, Any]:
    """Title (the object on one line), description (with its line breaks, where it has any), and remarks."""
    words = printed.object or ""
    title = values.texts(clean_line(words))
    return {
        "title": title,
        "description": values.texts(words) if "\n" in words else {},
        "languages": tuple(title),
        "additional_information": _remarks(printed),
    }


def _procedure(printed: Consultation) -> dict[str, Any]:
    """Procedure, deadline and day of publication. The procedure says what the deadline is for."""
    published = values.day(printed.published_on)
    procedure = morocco.procedure(printed.procedure) if printed.procedure else None
    if printed.procedure and procedure is None:
        printed.note("procedure", "This procedure is unknown.", printed.procedure)
    kind = procedure.deadline if procedure else DeadlineKind.TENDERS
    return {
        "procedure_type": _procedure_type(printed, procedure),
        "deadlines": values.deadline(printed.deadline, kind, printed),
        "published_at": published[1] if published else None,
        "first_published_on": published[0] if published else None,
    }


def _submission(printed: Consultation, url: str | None) -> dict[str, Any]:
    electronic = values.electronic(printed.answer, printed)
    return {"electronic_submission": electronic, "submission_url": url if electronic else None}


def _subject(printed: Consultation, options: Options) -> dict[str, Any]:
    """Who buys what, where, for how much."""
    return {
        "buyers": _buyers(printed),
        "nature": values.nature(printed.category, printed, "category"),
        "classifications": values.classifications(printed.domains, printed),
        "places": _places(printed),
        "values": _values(printed, options),
        "flags": _flags(printed),
        "lots": tuple(_lot(lot, printed, options) for lot in printed.lots),
    }


def procedure_key(printed: Consultation, portal: str) -> str | None:
    """What all announcements of one consultation share: the portal of consultations and the key there."""
    return f"{portal}:{printed.native_id}" if printed.native_id else None


def _places(printed: Consultation) -> tuple[Place, ...]:
    found = morocco.places(printed.places)
    for place in found:
        if place.country is None:
            printed.note("places", "This place is unknown.", place.printed)
    return found


def _values(printed: Consultation, options: Options) -> tuple[Money, ...]:
    return (
        *values.money(printed.estimate, AmountKind.ESTIMATED, options.currency, printed, "estimate"),
        *values.money(printed.deposit, AmountKind.DEPOSIT, options.currency, printed, "deposit"),
    )


def _flags(printed: Consultation) -> Flags:
    """The notice says reserved where one of its lots does, and not reserved where all of them say so."""
    reserved = values.flag(printed.reserved, printed, "reserved")
    by_lot = [values.flag(lot.reserved, printed, f"lots[{lot.number}].reserved") for lot in printed.lots]
    if reserved is None and by_lot:
        reserved = True if True in by_lot else (None if None in by_lot else False)
    return Flags(reserved=reserved, green=printed.environmental)


def _lot(lot: PrintedLot, printed: Consultation, options: Options) -> Lot:
    where = f"lots[{lot.number}]"
    return Lot(
        id=lot.number,
        title=values.texts(lot.title),
        description=values.texts(lot.description),
        additional_information=_labelled(lot.remarks),
        nature=values.nature(lot.category, printed, f"{where}.category"),
        values=(
            *values.money(lot.estimate, AmountKind.ESTIMATED, options.currency, printed, f"{where}.estimate"),
            *values.money(lot.deposit, AmountKind.DEPOSIT, options.currency, printed, f"{where}.deposit"),
        ),
        variants_allowed=values.flag(lot.variant, printed, f"{where}.variant"),
        flags=Flags(reserved=values.flag(lot.reserved, printed, f"{where}.reserved")),
    )


def _check_lots(printed: Consultation) -> None:
    """The page says how many lots there are; the popup must show as many."""
    match = _LOTS.search(printed.lot_count or "")
    announced = int(match[1]) if match else 0
    if announced and announced != len(printed.lots):
        printed.note("lots", f"The page announces {announced} lots; {len(printed.lots)} were read.", printed.lot_count)


def _buyers(printed: Consultation) -> tuple[Organisation, ...]:
    """The buyer. The page prints `ministry / entity - name`, the list the name alone."""
    match = _ENTITY.match(printed.entity or "")
    name = match["name"] if match else printed.entity or printed.buyer
    if not name:
        return ()
    if printed.entity and not match:
        printed.note("buyer", "The buyer is not printed as ministry / entity - name.", printed.entity)
    inside = re.split(r"\s+/\s+", match["codes"])[1:] if match else []
    keys = (printed.organisation, *inside)
    return (
        Organisation(
            name=values.texts(name),
            portal_id="/".join(key for key in keys if key) or None,
            place=Place(country=COUNTRY),
            email=printed.email,
            phone=printed.phone,
        ),
    )


def _procedure_type(printed: Consultation, procedure: morocco.Procedure | None) -> ProcedureType | None:
    if printed.procedure is None:
        return None
    return ProcedureType(
        code=procedure.code if procedure else None,
        printed=(printed.procedure,),
        features=values.texts(printed.mode),
    )


def _remarks(printed: Consultation) -> dict[str, str]:
    """What has no field of its own, each with its label: addresses, visits, qualifications, variants, domains."""
    remarks = {_PREFIX_AS_NAME: printed.entity} if printed.entity else {}
    if printed.domains:
        remarks["Domaines d'activité"] = "; ".join(printed.domains)
    remarks |= printed.remarks
    if printed.variant and not printed.lots:
        remarks["Variante"] = printed.variant
    if printed.lot_count:
        remarks["Allotissement"] = printed.lot_count
    return _labelled(remarks)


def _labelled(remarks: dict[str, str]) -> dict[str, str]:
    return {"fr": "\n".join(f"{label} : {words}" for label, words in remarks.items())} if remarks else {}


def _once(notes: Iterable[ReadingNote]) -> tuple[ReadingNote, ...]:
    return tuple(dict.fromkeys(notes))

"""Parts of a notice that take more than a word of the page: dates, organisations, codes, amounts, lots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time

from crawlers.engines.atexo_fr import procedures
from crawlers.engines.atexo_fr.detail import Detail
from crawlers.engines.atexo_fr.lots import PrintedLot
from crawlers.engines.atexo_fr.markup import day_of
from crawlers.engines.atexo_fr.options import AtexoOptions
from crawlers.engines.atexo_fr.places import name_and_seat, nuts_of, places_of
from crawlers.engines.atexo_fr.row import Row
from crawlers.portals.definition import Portal
from notices.model import (
    AmountKind,
    Classification,
    Deadline,
    DeadlineKind,
    Lot,
    Money,
    Nature,
    Organisation,
    Place,
    ProcedureType,
    ReadingNote,
    TaxBasis,
)
from notices.values.cpv_text import parse_cpv
from notices.values.dates import PARIS, ClockChange, Precision, localise, parse_day_first, parse_time, plausible_date
from notices.values.money import known_amount, plausible_amount
from notices.values.text import fold, known_text

LANGUAGE = "fr"
_NATURES = {"travaux": Nature.WORKS, "fournitures": Nature.SUPPLIES, "services": Nature.SERVICES}
_LAST_SECOND = time(23, 59, 59)


@dataclass
class Consultation:
    """What was received of one consultation, and what was noted while it was read."""

    portal: Portal
    options: AtexoOptions
    organisation: str
    consultation: str
    row: Row | None
    detail: Detail | None
    lots: list[PrintedLot] | None
    problems: tuple[str, ...] = ()
    notes: list[ReadingNote] = field(default_factory=list)

    @property
    def native_id(self) -> str:
        """The stable key on the platform."""
        return f"{self.organisation}-{self.consultation}"

    def note(self, path: str, message: str, printed: str | None = None) -> None:
        """Something that a person should know."""
        self.notes.append(ReadingNote(path=path, message=message, printed=None if printed is None else printed[:200]))

    def printed(self, datum: str, of_row: str | None = None) -> str:
        """A datum of the page, else the same of the row; a sentinel is nothing."""
        on_page = "" if self.detail is None else known_text(self.detail.line(datum)) or ""
        return on_page or known_text(of_row) or ""


# --- when ------------------------------------------------------------------------------------------------------------


def published(read: Consultation) -> datetime | None:
    """The start of the publication day on the platform's clock: no hour is printed."""
    if read.row is None or not read.row.published:
        return None
    day = day_of(read.row.published)
    if day is None or not plausible_date(day):
        read.note("row.date", "This publication day cannot be read.", read.row.published)
        return None
    return localise(datetime.combine(day, time(0, 0)), read.portal.clock).at


def sent_to_eu(read: Consultation) -> datetime | None:
    """When the notice was sent to the Publications Office of the EU."""
    printed = "" if read.detail is None else read.detail.sent_to_eu
    instant = parse_day_first(printed, read.portal.clock) if printed else None
    return None if instant is None else instant.at


def deadlines(read: Consultation, procedure: ProcedureType | None) -> tuple[Deadline, ...]:
    """The deadline of the page, else of the row; that they differ is noted."""
    kind = procedures.deadline_kind(procedure.code if procedure else None)
    on_page, of_row = _page_deadline(read, kind), row_deadline(read, kind)
    if on_page is not None and of_row is not None and on_page.at != of_row.at:
        read.note("row.deadline", "The list prints another deadline; the page is believed.", of_row.at.isoformat())
    found = on_page or of_row
    if found is None:
        read.note("deadline", "No deadline could be read.")
    return () if found is None else (found,)


def _page_deadline(read: Consultation, kind: DeadlineKind) -> Deadline | None:
    detail = read.detail
    if detail is None or not detail.deadline:
        return None
    zone = PARIS if detail.says_paris_time else read.portal.clock
    instant = parse_day_first(detail.deadline, zone)
    if instant is None or not plausible_date(instant.at.date()):
        read.note("deadline", "This deadline cannot be read.", detail.deadline)
        return None
    if instant.clock_change is not ClockChange.NONE:
        read.note("deadline", f"The clocks change then: it is read as {instant.at.isoformat()}.", detail.deadline)
    day_alone = instant.precision is Precision.DAY
    at = localise(datetime.combine(instant.at.date(), _LAST_SECOND), zone).at if day_alone else instant.at
    return Deadline(kind=kind, at=at, date_only=day_alone)


def row_deadline(read: Consultation, kind: DeadlineKind) -> Deadline | None:
    """The deadline of the list alone."""
    row = read.row
    if row is None or not row.deadline:
        return None
    day, clock = day_of(row.deadline), parse_time(row.deadline_time.replace("h", ":"))
    if day is None or not plausible_date(day):
        read.note("row.deadline", "This deadline cannot be read.", row.deadline)
        return None
    hour = _LAST_SECOND if clock is None else clock.clock
    at = localise(datetime.combine(day, hour), read.portal.clock).at
    return Deadline(kind=kind, at=at, date_only=clock is None)


# --- who and where ---------------------------------------------------------------------------------------------------


def buyers(read: Consultation) -> tuple[Organisation, ...]:
    """The buyer, with its seat where page or row prints one."""
    printed = read.printed("organisation", read.row.buyer if read.row else None) or read.printed("public_body")
    if not printed:
        return ()
    name, seat = name_and_seat(printed)
    if seat is None and read.row is not None:
        name_in_row, seat_in_row = name_and_seat(read.row.buyer)
        seat = seat_in_row if fold(name_in_row) == fold(name) else None
    unit = _unit(read.printed("unit")) if read.options.generic_organisations else ""
    shown = f"{unit} ({name})" if unit and fold(unit) != fold(name) else name
    return (Organisation(name={LANGUAGE: shown}, portal_id=read.organisation, place=seat),)


def _unit(printed: str) -> str:
    """The last step of `MJL / SG / DNUM - Direction du numérique`, without its acronym."""
    last = printed.rpartition(" / ")[2].strip()
    acronym, dash, name = last.partition(" - ")
    return name.strip() if dash and " " not in acronym.strip() and name.strip() else last


def places(read: Consultation) -> tuple[Place, ...]:
    """Places of performance; a long list is cut on the page, while the row holds it whole in a tooltip."""
    on_page = "" if read.detail is None else read.detail.line("places")
    of_row = read.row.places if read.row else ""
    found = _known_places(read, "Lieu d'exécution", max(on_page, of_row, key=len))
    codes = [] if read.detail is None else nuts_of(read.detail.line("nuts"))
    known = {place.nuts for place in found}
    return (*found, *(place for place in codes if place.nuts not in known))


def _known_places(read: Consultation, path: str, printed: str) -> list[Place]:
    found, unknown = places_of(printed)
    for name in unknown:
        read.note(path, "This place is not known.", name)
    return found


# --- what ------------------------------------------------------------------------------------------------------------


def nature(read: Consultation, path: str, printed: str) -> Nature | None:
    """The nature of a printed category."""
    found = _NATURES.get(fold(printed)) if printed else None
    if printed and found is None:
        read.note(path, "This category is not known.", printed)
    return found


def classifications(read: Consultation) -> tuple[Classification, ...]:
    """CPV codes of the page; the first is the main one where none is said to be."""
    printed = [] if read.detail is None else read.detail.cpv
    marked = any(main for _code, main in printed)
    return _codes(read, "Code CPV", [(code, main or (not marked and n == 0)) for n, (code, main) in enumerate(printed)])


def _codes(read: Consultation, path: str, printed: Iterable[tuple[str, bool]]) -> tuple[Classification, ...]:
    found: dict[str, Classification] = {}
    for text, main in printed:
        code = parse_cpv(text)
        if code is None:
            read.note(path, "This is no CPV code.", text)
            continue
        if not code.known:
            read.note(path, "This code is not in CPV 2008.", text)
        found.setdefault(code.code, Classification(code=code.code, main=main))
    return tuple(found.values())


def values(read: Consultation, path: str, printed: str) -> tuple[Money, ...]:
    """The estimate, which few buyers print."""
    if not printed:
        return ()
    amount = known_amount(printed.rpartition(":")[2].strip())
    if amount is None or not plausible_amount(amount):
        read.note(path, "This amount cannot be read.", printed)
        return ()
    basis = TaxBasis.EXCLUDED if "HT" in printed else TaxBasis.INCLUDED if "TTC" in printed else TaxBasis.UNKNOWN
    return (
        Money(
            amount=amount,
            currency=read.options.currency,
            kind=AmountKind.ESTIMATED,
            tax_basis=basis,
            printed=printed,
        ),
    )


# --- lots ------------------------------------------------------------------------------------------------------------


def lots(read: Consultation) -> tuple[Lot, ...]:
    """The lots of their own page. That fewer are known than are announced is noted."""
    announced = announced_lots(read)
    if announced and read.detail is not None and len(read.lots or ()) != announced:
        read.note("Allotissement", f"{announced} lots are announced and {len(read.lots or ())} could be read.")
    return tuple(_lot(read, lot) for lot in read.lots or ())


def announced_lots(read: Consultation) -> int | None:
    """The number of lots that page or row print; None for a consultation without lots."""
    for printed in (read.printed("lots"), read.row.lots if read.row else ""):
        number = (printed.split() or [""])[0]
        if number.isascii() and number.isdigit() and len(number) < 5:
            return int(number) or None
    return None


def _lot(read: Consultation, lot: PrintedLot) -> Lot:
    path = f"lots.{lot.number}"
    description = known_text(lot.values.get("description"))
    codes = [code for part in lot.values.get("cpv", "").split() if (code := part.strip("(),;"))[:8].isdigit()]
    return Lot(
        id=lot.number,
        title={LANGUAGE: lot.title},
        description={LANGUAGE: description} if description else {},
        nature=nature(read, path, known_text(lot.values.get("category")) or ""),
        classifications=_codes(read, path, [(code, n == 0) for n, code in enumerate(codes)]),
        places=tuple(_known_places(read, path, lot.values.get("places", ""))),
        values=values(read, path, known_text(lot.values.get("estimated")) or ""),
    )

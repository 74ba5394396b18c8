"""From the printed values of an announcement to a `Notice`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from crawlers.engines.atexo_ma import printed as values
from crawlers.engines.atexo_ma.consultation import Consultation
from crawlers.engines.atexo_ma.normalise import COUNTRY, notice_of
from crawlers.portals.ma_pmmp_results.kinds import CANCELLED, UNKNOWN, Kind, of_label
from crawlers.portals.ma_pmmp_results.options import ResultsOptions
from crawlers.portals.ma_pmmp_results.programmes import Programme
from crawlers.portals.ma_pmmp_results.tracking import PrintedOpening, PrintedTender, described
from notices.model import (
    AmountKind,
    Document,
    Flags,
    Link,
    LotResult,
    Money,
    Notice,
    NoticeKind,
    Organisation,
    Place,
    ReadingNote,
    Tender,
)
from notices.values.money import is_sentinel_amount, parse_printed_amount
from notices.values.text import fold

SAME: Final = "same-procedure"
BASIS: Final = "entreprises listed on the page SuiviConsultation"
_CALL: Final = "consultation"


@dataclass
class Announcement:
    """What was at hand of one announcement."""

    kind: Kind
    printed: Consultation
    call: Consultation | None = None
    """The call that the portal's search found, where it is one alone."""
    openings: list[PrintedOpening] = field(default_factory=list)


def announcement_notice(
    found: Announcement, *, portal: str, notice_id: str, url: str | None, options: ResultsOptions
) -> Notice:
    """The notice of an announcement: the engine's reading of the page, told as what it is."""
    printed, kind = found.printed, found.kind
    label = printed.announcement if printed.announcement and kind is not CANCELLED else kind.label
    said = of_label(printed.announcement)
    notice_kind = kind.notice
    if said is not None and said is not kind and kind not in (CANCELLED, UNKNOWN):
        printed.note("detail.annonce", f"The list called it {kind.label}; the page is believed.", printed.announcement)
        notice_kind = said.notice
    deadline = printed.deadline
    printed.deadline = None  # a result has no deadline of its own: what is printed is that of the call
    lots, printed.lot_count = printed.lot_count, None  # the popup of lots belongs to the call
    results, money_notes = _results(found.openings, options)
    printed.notes.extend(money_notes)
    made = notice_of(printed, portal=portal, notice_id=notice_id, url=url, options=options.engine)
    more = {"Allotissement": lots, "Date limite de remise des plis": deadline, **_openings(found.openings)}
    remarks = _with_remarks(made, more)
    is_cancelled = kind is CANCELLED
    return made.model_copy(
        update={
            "kind": notice_kind,
            "subtype": label,
            "format": f"ma_pmmp_results-{'+'.join(printed.seen)}",
            "procedure_id": _procedure(found, options),
            "languages": made.languages or ("fr",),
            "title": made.title or _stand_in(kind, printed),
            "published_at": None if is_cancelled else made.published_at,
            "first_published_on": None if is_cancelled else made.first_published_on,
            "cancelled": True if is_cancelled else None,
            "electronic_submission": None,
            "submission_url": None,
            "flags": Flags() if notice_kind is NoticeKind.RESULT else made.flags,
            "additional_information": remarks,
            "links": _links(found, options),
            "results": results,
        }
    )


def _procedure(found: Announcement, options: ResultsOptions) -> str | None:
    """The key of the call; of an announcement whose call is not known its own."""
    native_id = found.call.native_id if found.call else found.printed.native_id
    return f"{options.calls}:{native_id}" if native_id else None


def _links(found: Announcement, options: ResultsOptions) -> tuple[Link, ...]:
    """The call that it is about. Where none was found, the record of its own number, which may be the call's."""
    key = _procedure(found, options)
    return (Link(relation=SAME, scheme="portal-reference", value=key),) if key else ()


def _stand_in(kind: Kind, printed: Consultation) -> dict[str, str]:
    """A title where the object is not at hand: the kind and the reference."""
    words = f"{kind.label} {printed.reference}" if printed.reference else kind.label
    return {"fr": words}


def _with_remarks(made: Notice, more: dict[str, str | None]) -> dict[str, str]:
    lines = [made.additional_information.get("fr", "")]
    lines += [f"{label} : {words}" for label, words in more.items() if words]
    text = "\n".join(line for line in lines if line)
    return {"fr": text} if text else {}


def _openings(openings: list[PrintedOpening]) -> dict[str, str | None]:
    # Tender.winner is False throughout: the page says who handed in a tender, and not who won.
    return {"Ouverture des plis (sans indication de l'attributaire)": described(openings)} if openings else {}


# --- tenders ---------------------------------------------------------------------------------------------------------


def _results(
    openings: list[PrintedOpening], options: ResultsOptions
) -> tuple[tuple[LotResult, ...], list[ReadingNote]]:
    """One result a table. Nobody is called the winner, and the outcome stays open: the page does not say it."""
    notes: list[ReadingNote] = []
    results = []
    for opening in openings:
        where = f"suivi[{opening.lot}]" if opening.lot else "suivi"
        results.append(
            LotResult(
                lot_id=opening.lot,
                tenders_received=len(opening.tenders),
                tenders_received_basis=BASIS,
                tenders=tuple(_tender(tender, where, options, notes) for tender in opening.tenders),
            )
        )
    return tuple(results), notes


def _tender(tender: PrintedTender, where: str, options: ResultsOptions, notes: list[ReadingNote]) -> Tender:
    firm = Organisation(name=values.texts(tender.name))
    words = tender.amount
    amount = parse_printed_amount(words) if words else None
    value = None
    if words and (amount is None or amount < 0):
        notes.append(ReadingNote(path=where, message="This amount cannot be read.", printed=words[:200]))
    elif amount is not None and not is_sentinel_amount(amount):
        # The page says neither who won nor whether tax is included: buyers open acts of both kinds.
        value = Money(amount=amount, currency=options.currency, kind=AmountKind.TENDER, printed=words)
    return Tender(tenderers=(firm,), value=value, winner=False)


def is_call(printed: Consultation) -> bool:
    """Whether a page is that of a call."""
    return _CALL in fold(printed.announcement or "")


# --- programmes ------------------------------------------------------------------------------------------------------


def programme_notice(read: Programme, *, portal: str, file_url: str, page_url: str) -> Notice:
    """A forecast programme: one file of one buyer, with the year that it is for."""
    notes: list[ReadingNote] = []
    published = values.day((read.published_on or "").split(" ")[0] or None)
    if read.published_on and published is None:
        notes.append(ReadingNote(path="row.datePublication", message="This is no day.", printed=read.published_on))
    parts = ("Programme prévisionnel", read.year, f"- {read.buyer}" if read.buyer else None)
    title = {"fr": " ".join(part for part in parts if part)}
    buyer = Organisation(name=values.texts(read.buyer), portal_id=read.organisation, place=Place(country=COUNTRY))
    return Notice(
        id=f"{portal}:{read.native_id}",
        portal=portal,
        country=COUNTRY,
        url=page_url,
        kind=NoticeKind.PLANNING,
        subtype="Programme prévisionnel",
        format="ma_pmmp_results-programme",
        published_at=published[1] if published else None,
        first_published_on=published[0] if published else None,
        languages=("fr",),
        title=title,
        description={"fr": f"Fichier : {read.file}"} if read.file else {},
        buyers=(buyer,) if read.buyer else (),
        documents=(Document(url=file_url, title=read.file),),
        notes=tuple(notes),
    )

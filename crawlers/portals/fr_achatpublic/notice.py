"""From what a card and a page print to a `Notice`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from crawlers.engines import french_values
from crawlers.portals.fr_achatpublic.consultation_page import ConsultationPage, LotLine
from crawlers.portals.fr_achatpublic.dates import moment
from crawlers.portals.fr_achatpublic.list_page import Card
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading, UnreadElement
from notices.model import (
    Deadline,
    DeadlineKind,
    Document,
    Lot,
    Notice,
    NoticeKind,
    Organisation,
    Place,
    ProcedureType,
    ReadingNote,
)
from notices.values.dates import Precision
from notices.values.text import known_text
from notices.vocabularies import france

CARD_LABELS = frozenset(
    (
        "organisme",
        "reference",
        "lots",
        "allotissement",
        "nature des prestations",
        "type de procedure",
        "type de contrat",
        "lieu d'execution",
    )
)
_CODED_PLACE = re.compile(r"\b([0-9]{2,3}|2[AB]) - (.+?)(?=\s+(?:[0-9]{2,3}|2[AB]) - |$)")
_CPV = re.compile(r"\b[0-9]{8}(?:-[0-9])?\b")
_LOT_NUMBER = re.compile(r"([0-9]{1,4}[A-Za-z]?)")


@dataclass
class Source:
    """Everything known of one consultation, before it is a notice."""

    portal: str
    base_url: str
    native_id: str
    card: Card | None = None
    page: ConsultationPage | None = None
    notes: list[ReadingNote] = field(default_factory=list)

    def note(self, path: str, message: str, printed: str | None = None) -> None:
        """Something that a person should know."""
        self.notes.append(ReadingNote(path=path, message=message, printed=None if printed is None else printed[:200]))

    def on_card(self, label: str) -> str | None:
        """What the card says behind a label; sentinels are absent."""
        return known_text(self.card.labelled.get(label)) if self.card is not None else None

    def on_page(self, label: str) -> str | None:
        """What the page says behind a label."""
        return known_text(self.page.labelled.get(label)) if self.page is not None else None


def read(source: Source) -> Reading:
    """The notice, and what of its card and page nobody read."""
    buyer, reference = source.on_card("organisme"), source.on_card("reference")
    printed = source.on_card("type de procedure")
    opened = moment(source.on_page("Date d'ouverture de la salle"))
    description = source.on_page("Description")
    contract = source.on_card("type de contrat")
    notice = Notice(
        id=f"{source.portal}:{source.native_id}",
        portal=source.portal,
        country="FR",
        url=f"{source.base_url}/sdm/ent2/gen/ficheCsl.action?PCSLID={source.native_id}",
        kind=NoticeKind.COMPETITION,
        format="achatpublic-page" if source.page is not None else "achatpublic-card",
        procedure_id=source.native_id,
        references=(reference,) if reference else (),
        published_at=opened.at if opened else None,
        languages=("fr",),
        title={"fr": _title(source)},
        description={"fr": description} if description else {},
        additional_information=_additional(source, contract),
        buyers=(Organisation(name={"fr": buyer}),) if buyer else (),
        nature=french_values.nature(source.on_card("nature des prestations")),
        classifications=french_values.classifications(
            tuple(_CPV.findall(source.on_page("Code CPV recherché") or "")), ()
        ),
        places=_places(source),
        procedure_type=ProcedureType(code=french_values.procedure(printed), printed=(printed,)) if printed else None,
        deadlines=_deadlines(source),
        documents=_documents(source),
        lots=_lots(source),
        partial=None if source.page is not None else "Only what the portal's list says is known: no page was at hand.",
        notes=tuple(source.notes),
    )
    return Reading(notice=notice, unread=_unread(source))


def _title(source: Source) -> str:
    title = (source.card.title if source.card else "") or (source.page.title if source.page else "")
    if not title:
        raise NoticeFormatError(FormatReason.MISSING, "The notice has no title.", path="card.h2")
    return title


def _additional(source: Source, contract: str | None) -> dict[str, str]:
    """What has no field of its own: the number of lots where none is described, and the type of contract."""
    said = [f"Type de contrat : {contract}"] if contract else []
    lots = source.on_card("lots") or source.on_card("allotissement")
    if lots and not (source.page and source.page.lots):
        said.append(f"Lots : {lots}")
    if source.page is not None and source.page.is_closed:
        said.append("Consultation clôturée")
    return {"fr": "\n".join(said)} if said else {}


def _deadlines(source: Source) -> tuple[Deadline, ...]:
    """The page's deadline, else the card's; where both are there and differ, a note says so."""
    on_page = moment(source.on_page("Date limite de remise des plis"))
    printed = source.card.deadline if source.card is not None else ""
    on_card = moment(printed)
    if printed and on_card is None:
        source.note("card.deadline", "There is no deadline in this.", printed)
    if on_page and on_card and on_page.at != on_card.at:
        source.note("card.deadline", f"The page says otherwise: {on_page.at:%Y-%m-%d %H:%M}", printed)
    found = on_page or on_card
    if found is None:
        source.note("deadline", "Neither the card nor the page shows a deadline.")
        return ()
    return (Deadline(kind=DeadlineKind.TENDERS, at=found.at, date_only=found.precision is Precision.DAY),)


def _places(source: Source) -> tuple[Place, ...]:
    """`Gard`, or `75 - Paris 77 - Seine-et-Marne`; what is no département keeps its words."""
    printed = source.on_card("lieu d'execution")
    if printed is None:
        return ()
    coded = _CODED_PLACE.findall(printed)
    if not coded:
        return (_place(printed, printed),)
    return tuple(_place(code, f"{code} - {name}") for code, name in coded)


def _place(wanted: str, printed: str) -> Place:
    found = france.departement(wanted)
    abroad = french_values.country_abroad(wanted)
    return Place(country=abroad or "FR", nuts=found.nuts if found else None, printed=printed)


def _lots(source: Source) -> tuple[Lot, ...]:
    if source.page is None:
        return ()
    return tuple(_lot(line, position) for position, line in enumerate(source.page.lots, 1))


def _lot(line: LotLine, position: int) -> Lot:
    number = _LOT_NUMBER.search(line.number)
    codes = french_values.classifications(tuple(_CPV.findall(" ".join(line.more))), ())
    words = [part for part in line.more if not _CPV.search(part)]
    return Lot(
        id=number[1] if number else str(position),
        title={"fr": line.title},
        description={"fr": "\n".join(words)} if words else {},
        classifications=codes,
    )


def _documents(source: Source) -> tuple[Document, ...]:
    """Documents that the portal names; to fetch one it may ask for a name and an address."""
    found: dict[str, Document] = {}
    for line in source.page.documents if source.page is not None else ():
        address = urljoin(f"{source.base_url}/", line.path or "") if line.path else None
        if address is None or urlsplit(address).scheme not in ("http", "https"):
            source.note("page.documents", "This document has no address.", line.title)
            continue
        found.setdefault(address, Document(url=address, title=line.title or None))
    return tuple(found.values())


def _unread(source: Source) -> tuple[UnreadElement, ...]:
    found = []
    if source.card is not None:
        card = source.card
        found += [(f"card.{card.printed[key]}", card.labelled[key]) for key in card.labelled if key not in CARD_LABELS]
    if source.page is not None:
        found += [(f"page.{label}", said) for label, said in source.page.other_labels.items()]
    return tuple(UnreadElement(path=path[:200], count=1, sample=said[:80]) for path, said in found)

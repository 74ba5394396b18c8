"""The notice being read from one of the national shapes, and what becomes of it beside the bulletin's own facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, tzinfo
from typing import Any

from notices.formats.boamp import printed
from notices.formats.boamp.frame import PAGE, Frame
from notices.formats.boamp.node import Book, Node
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import ReadingContext
from notices.model import (
    AwardCriterion,
    Change,
    Classification,
    Deadline,
    DeadlineKind,
    Document,
    Flags,
    Framework,
    Lot,
    LotResult,
    Money,
    Nature,
    Notice,
    NoticeKind,
    Organisation,
    Period,
    Place,
    ProcedureType,
    TaxBasis,
    Tender,
)
from notices.values.dates import localise

CALLS = frozenset({NoticeKind.COMPETITION, NoticeKind.CHANGE, NoticeKind.PLANNING, NoticeKind.CONSULTATION})
_TWO_STAGES = frozenset({"restricted", "neg-w-call", "comp-dial", "innovation"})
PORTAL_PARTIAL = "Only the bulletin's record of this notice is known: it came without its document."
PROFILE = "Profil d'acheteur"


@dataclass(slots=True)
class Draft:
    """What a document says, before it is joined with the facts of the bulletin."""

    format: str
    zone: tzinfo
    tax: TaxBasis = TaxBasis.UNKNOWN
    title: str | None = None
    description: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    buyers: list[Organisation] = field(default_factory=list)
    others: list[Organisation] = field(default_factory=list)
    natures: list[Nature] = field(default_factory=list)
    classifications: list[Classification | None] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    procedures: list[str] = field(default_factory=list)
    values: list[Money] = field(default_factory=list)
    framework: Framework | None = None
    duration: Period | None = None
    limits: list[tuple[str, Node]] = field(default_factory=list)
    requests: list[tuple[str, Node]] = field(default_factory=list)
    opening_at: datetime | None = None
    dispatched_at: datetime | None = None
    documents: list[Document] = field(default_factory=list)
    profile: str | None = None
    submission_url: str | None = None
    reserved: bool | None = None
    variants_allowed: bool | None = None
    lots: list[Lot] = field(default_factory=list)
    criteria: list[AwardCriterion] = field(default_factory=list)
    results: list[LotResult] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def built(draft: Draft, frame: Frame, book: Book, context: ReadingContext) -> Notice:
    """The notice of a draft. Raises `NoticeFormatError` when it has no title."""
    kind = known_kind(frame, book)
    title = draft.title or frame.title or next(iter(draft.description), None)
    if not title:
        raise NoticeFormatError(FormatReason.MISSING, "The notice has no title.", path="objet")
    code = printed.procedure_code((*draft.procedures, *frame.procedures))
    natures = tuple(dict.fromkeys(draft.natures)) or frame.natures
    values: dict[str, Any] = {
        **identity(frame, context),
        "kind": kind,
        "format": draft.format,
        "references": tuple(dict.fromkeys(filter(None, (frame.idweb, *draft.references)))),
        "cancelled": True if frame.cancels else None,
        "languages": (printed.FRENCH,),
        "title": printed.in_french(" ".join(title.split())),
        "description": printed.in_french(_paragraphs(draft.description, but=title)),
        "additional_information": printed.in_french(_paragraphs((*draft.more, subjects(frame)))),
        "buyers": _buyers(draft, frame),
        "other_parties": _each_once(draft.others),
        "nature": natures[0] if natures else None,
        "additional_natures": natures[1:],
        "classifications": printed.once(draft.classifications),
        "places": _places(draft, frame),
        "procedure_type": _procedure_type(draft, frame, code),
        "values": tuple(dict.fromkeys(draft.values)),
        "framework": draft.framework,
        "duration": draft.duration,
        "deadlines": _deadlines(draft, frame, kind, code, book),
        "dispatched_at": draft.dispatched_at,
        "submission_url": draft.submission_url,
        "documents": _documents(draft),
        "flags": flags(frame, Flags(reserved=draft.reserved), book),
        "lots": _lots(draft, book),
        "results": tuple(draft.results) or _winners(frame, kind),
        "links": frame.links(kind),
        "changes": tuple(draft.changes),
    }
    tell_how_long_it_is_shown(frame, kind, bool(values["deadlines"]), book)
    return Notice(**values, notes=book.notes())


def identity(frame: Frame, context: ReadingContext) -> dict[str, Any]:
    """What identifies and dates a notice, whatever its shape. It is published at the start of its day."""
    if frame.idweb is None:
        raise NoticeFormatError(FormatReason.MISSING, "The notice has no idweb.", path="idweb")
    published = datetime.combine(frame.published, time(0, 0)) if frame.published else None
    return {
        "id": context.id or f"{context.portal}:{frame.idweb}",
        "portal": context.portal,
        "country": context.country or printed.COUNTRY,
        "url": context.url or PAGE.format(idweb=frame.idweb),
        "subtype": frame.subtype,
        "legal_basis": printed.legal_basis(frame.perimeter),
        "procedure_id": frame.procedure_id,
        "published_at": localise(published, context.zone).at if published else None,
        "first_published_on": frame.published,
    }


def known_kind(frame: Frame, book: Book) -> NoticeKind:
    """The kind of the notice; one that no code tells is information, with a note."""
    kind = frame.kind
    if kind is None:
        told = " ".join(filter(None, (frame.nature, frame.state, *frame.types)))
        book.note("nature", "None of the codes of the bulletin says what this notice announces.", told)
        return NoticeKind.INFORMATION
    return kind


def subjects(frame: Frame) -> str | None:
    """The bulletin's index of subjects in words: a MAPA notice has nothing else that says what it is about."""
    return f"Descripteurs : {', '.join(frame.descriptors)}" if frame.descriptors else None


def flags(frame: Frame, said: Flags, book: Book) -> Flags:
    """The markers of social and environmental criteria, beside what the document says."""
    for name, value in (("social", frame.social), ("green", frame.green)):
        if value and getattr(said, name) is False:
            book.note("criteres", "The bulletin marks criteria that the document denies.", name)
    return said.model_copy(update={"social": frame.social or said.social, "green": frame.green or said.green})


def tell_how_long_it_is_shown(frame: Frame, kind: NoticeKind, has_deadline: bool, book: Book) -> None:
    """A call without a deadline is open, for the bulletin's own site, as long as it is shown."""
    if kind is NoticeKind.COMPETITION and not has_deadline and frame.shown_until:
        book.note("datefindiffusion", "This call states no deadline; the bulletin shows it until this day.",
                  frame.shown_until.isoformat())  # fmt: skip


def deadline_kind(code: str | None) -> DeadlineKind:
    """What must be in first: in a procedure of two stages, the request to take part."""
    return DeadlineKind.REQUESTS if code in _TWO_STAGES else DeadlineKind.TENDERS


def _paragraphs(texts: Any, but: str | None = None) -> str | None:
    kept = tuple(dict.fromkeys(text for text in texts if text and text != but))
    return "\n\n".join(kept) or None


def _buyers(draft: Draft, frame: Frame) -> tuple[Organisation, ...]:
    named = tuple(buyer for buyer in draft.buyers if buyer.name)
    if named or not frame.buyer:
        return named
    nameless = draft.buyers[0] if draft.buyers else Organisation(name={})
    return (nameless.model_copy(update={"name": printed.in_french(frame.buyer)}),)


def _places(draft: Draft, frame: Frame) -> tuple[Place, ...]:
    """The document's places; where none of them lies in a region, the bulletin's départements as well."""
    known = tuple(dict.fromkeys(draft.places))
    inside = (*known, *(place for lot in draft.lots for place in lot.places))
    located = any(place.nuts and len(place.nuts) > 2 for place in inside)
    return known if located else tuple(dict.fromkeys((*known, *frame.places())))


def _procedure_type(draft: Draft, frame: Frame, code: str | None) -> ProcedureType | None:
    spelt = tuple(dict.fromkeys((*draft.procedures, *frame.procedures)))
    return ProcedureType(code=code, printed=spelt) if spelt else None


def _deadlines(draft: Draft, frame: Frame, kind: NoticeKind, code: str | None, book: Book) -> tuple[Deadline, ...]:
    """The document's deadline. The bulletin's stands beside it where the two are not one time of two clocks."""
    if kind not in CALLS:
        return ()
    # A date for tenders alone is, in a procedure of two stages, that of the requests.
    what = DeadlineKind.TENDERS if draft.requests else deadline_kind(code)
    read = [printed.deadline(text, what, draft.zone, node) for text, node in draft.limits]
    read += [printed.deadline(text, DeadlineKind.REQUESTS, draft.zone, node) for text, node in draft.requests]
    own = tuple(dict.fromkeys(deadline for deadline in read if deadline))
    return own + further_deadline(own, frame, DeadlineKind.REQUESTS if draft.requests else what, book)


def further_deadline(own: tuple[Deadline, ...], frame: Frame, what: DeadlineKind, book: Book) -> tuple[Deadline, ...]:
    """The bulletin's deadline, when the document has none or another one; a supplier is safe with the earlier."""
    limit = frame.deadline
    if limit is None or any(deadline.at == limit.at for deadline in own):
        return ()
    if own:
        book.note("datelimitereponse", "The bulletin has another deadline than the document.", limit.at.isoformat())
        if any(abs((deadline.at - limit.at).total_seconds()) <= 7_200 for deadline in own):
            return ()
    return (limit.model_copy(update={"kind": what}),)


def _documents(draft: Draft) -> tuple[Document, ...]:
    """Documents; where none is named, the buyer profile, on which they are published."""
    if draft.documents or not draft.profile:
        return tuple(dict.fromkeys(draft.documents))
    return (Document(url=draft.profile, title=PROFILE),)


def _lots(draft: Draft, book: Book) -> tuple[Lot, ...]:
    """Lots with ids of their own. What the notice says of all of them stands at each; without lots, at one."""
    lots: list[Lot] = []
    known: set[str] = set()
    for lot in draft.lots:
        name = lot.id
        if name in known:
            name = f"{lot.id}#{len(lots) + 1}"
            book.note("lots", "Two lots have one number; the position tells them apart.", lot.id)
        known.add(name)
        lots.append(lot.model_copy(update={"id": name}))
    if not lots and (draft.criteria or draft.variants_allowed is not None or draft.opening_at):
        lots.append(Lot(id="1"))
    return tuple(_completed(lot, draft) for lot in lots)


def _completed(lot: Lot, draft: Draft) -> Lot:
    return lot.model_copy(
        update={
            "award_criteria": lot.award_criteria or tuple(draft.criteria),
            "opening_at": lot.opening_at or draft.opening_at,
            "variants_allowed": draft.variants_allowed if lot.variants_allowed is None else lot.variants_allowed,
        }
    )


def _winners(frame: Frame, kind: NoticeKind) -> tuple[LotResult, ...]:
    """Winners that only the bulletin names, each with a tender of its own."""
    if kind is not NoticeKind.RESULT or not frame.winners:
        return ()
    tenders = tuple(
        Tender(winner=True, tenderers=(Organisation(name=printed.in_french(name)),)) for name in frame.winners
    )
    return (LotResult(status="selec-w", tenders=tenders),)


def _each_once(organisations: list[Organisation]) -> tuple[Organisation, ...]:
    return tuple({organisation.model_dump_json(): organisation for organisation in organisations}.values())

"""Notices in eForms: read by the one reader of that format, then completed and contrasted with the bulletin."""

from __future__ import annotations

from typing import Any

from notices.formats.boamp import printed
from notices.formats.boamp.draft import (
    deadline_kind,
    flags,
    further_deadline,
    identity,
    subjects,
    tell_how_long_it_is_shown,
)
from notices.formats.boamp.frame import Frame
from notices.formats.boamp.node import Book
from notices.formats.boamp.trees import eforms_as_xml
from notices.formats.eforms import read_eforms
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading, ReadingContext, UnreadElement
from notices.model import MultilingualText, Notice, NoticeKind, ProcedureType


def read_eforms_shape(value: Any, frame: Frame, book: Book, context: ReadingContext) -> Reading:
    """The object under `EFORMS`: one document, named as in UBL."""
    documents = {key: tree for key, tree in value.items() if not key.startswith("@")} if isinstance(value, dict) else {}
    if len(documents) != 1:
        names = ", ".join(documents)[:200]
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, f"Under EFORMS stand {len(documents)} documents, not one.", printed=names or None
        )
    ((name, tree),) = documents.items()
    payload, skipped = eforms_as_xml(name, tree)
    inner = context.model_copy(
        update={
            "id": context.id or f"{context.portal}:{frame.idweb}",
            "country": context.country or printed.COUNTRY,
        }
    )
    read = read_eforms(payload, context=inner, limit=len(payload))
    unread = tuple(UnreadElement(path=path, count=1, sample=text) for path, text in skipped)
    return Reading(notice=_completed(read.notice, frame, book, context), unread=(*read.unread, *unread))


def _completed(document: Notice, frame: Frame, book: Book, context: ReadingContext) -> Notice:
    values: dict[str, Any] = dict(document)
    values |= {key: value for key, value in identity(frame, context).items() if value is not None}
    kind = _kind(document, frame, book)
    values |= {
        "kind": kind,
        "subtype": document.subtype or frame.subtype,
        "legal_basis": document.legal_basis or printed.legal_basis(frame.perimeter),
        "procedure_id": _procedure_id(document, frame, book),
        "references": tuple(dict.fromkeys(filter(None, (frame.idweb, *document.references)))),
        "published_at": values["published_at"] or document.published_at,
        "cancelled": True if frame.cancels else document.cancelled,
        "additional_information": _with_subjects(document.additional_information, frame),
        "places": document.places or (() if any(lot.places for lot in document.lots) else frame.places()),
        "flags": flags(frame, document.flags, book),
        "links": tuple(dict.fromkeys((*document.links, *frame.links(kind)))),
        "procedure_type": _procedure_type(document.procedure_type, frame),
    }
    values["deadlines"] = document.deadlines + _further_deadlines(document, frame, kind, book)
    _contrast_buyers(document, frame, book)
    has_deadline = bool(values["deadlines"]) or any(lot.deadlines for lot in document.lots)
    tell_how_long_it_is_shown(frame, kind, has_deadline, book)
    values["notes"] = (*document.notes, *book.notes())
    return Notice.model_validate(values)


def _kind(document: Notice, frame: Frame, book: Book) -> NoticeKind:
    """The bulletin tells corrections and cancellations, the document all other kinds."""
    told = frame.kind
    if told in (NoticeKind.CHANGE, NoticeKind.CANCELLATION):
        if told is NoticeKind.CHANGE and document.cancelled:
            return NoticeKind.CANCELLATION
        return told
    if document.cancelled:
        book.note("etat", "The document gives the procedure up; the bulletin does not say so.", frame.state)
        return NoticeKind.CANCELLATION
    if told is not None and told is not document.kind and told is not NoticeKind.INFORMATION:
        book.note("nature", "The bulletin files this notice under another kind than the document.", frame.nature)
    return document.kind


def _procedure_id(document: Notice, frame: Frame, book: Book) -> str | None:
    if frame.procedure_id and document.procedure_id and frame.procedure_id != document.procedure_id:
        book.note(
            "contractfolderid", "The document names another procedure; the document is believed.", frame.procedure_id
        )
    return document.procedure_id or frame.procedure_id


def _with_subjects(texts: MultilingualText, frame: Frame) -> MultilingualText:
    words = subjects(frame)
    if words is None:
        return texts
    own = texts.get(printed.FRENCH)
    return {**texts, printed.FRENCH: f"{own}\n\n{words}" if own else words}


def _procedure_type(document: ProcedureType | None, frame: Frame) -> ProcedureType | None:
    """All spellings of the procedure. `oth-single` of the document yields to a code that the bulletin knows."""
    spelt = tuple(dict.fromkeys((*(document.printed if document else ()), *frame.procedures)))
    if not spelt:
        return document
    own, told = document.code if document else None, printed.procedure_code(frame.procedures)
    code = own if own and not (own.startswith("oth-") and told) else told
    return (document or ProcedureType()).model_copy(update={"printed": spelt, "code": code})


def _further_deadlines(document: Notice, frame: Frame, kind: NoticeKind, book: Book) -> tuple[Any, ...]:
    """A deadline that only the bulletin gives. Of a cancelled call it is the one that no longer holds."""
    if kind not in (NoticeKind.COMPETITION, NoticeKind.CHANGE):
        return ()
    known = (*document.deadlines, *(deadline for lot in document.lots for deadline in lot.deadlines))
    code = document.procedure_type.code if document.procedure_type else None
    kinds = {deadline.kind for deadline in known}
    what = next(iter(kinds)) if len(kinds) == 1 else deadline_kind(code)
    return further_deadline(known, frame, what, book)


def _contrast_buyers(document: Notice, frame: Frame, book: Book) -> None:
    """The name is free text on both sides; that they differ is worth a look and no more."""
    names = {"".join(name.casefold().split()) for buyer in document.buyers for name in buyer.name.values()}
    if frame.buyer and names and "".join(frame.buyer.casefold().split()) not in names:
        book.note("nomacheteur", "The bulletin names another buyer than the document.", frame.buyer)

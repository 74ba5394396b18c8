"""A notice from what the list, the page and the lots of a consultation print.

Where page and row both print a datum the page is believed, and a contradiction is noted. The publication day is in the
list alone, CPV codes and documents on the page alone; a procedure that the page leaves empty comes from the row.
"""

from __future__ import annotations

from crawlers.engines.atexo_fr import facts, links, procedures
from crawlers.engines.atexo_fr.facts import LANGUAGE, Consultation
from crawlers.engines.atexo_fr.row import Row
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.model import Document, Flags, Link, MultilingualText, Notice, NoticeKind, ProcedureType
from notices.values.text import fold, known_text

FORMAT_PAGE = "atexo-consultation"
FORMAT_ROW = "atexo-list-row"
_LIST_ALONE = "Only what the portal's list says of this consultation is known."


def build(read: Consultation) -> Notice:
    """The notice. `NoticeFormatError` when not even a title can be read."""
    row, detail = read.row, read.detail
    title = _title(read)
    procedure = _procedure(read)
    published = facts.published(read)
    return Notice(
        id=f"{read.portal.key}:{read.native_id}",
        portal=read.portal.key,
        country=read.portal.country,
        url=links.page_of(read.portal, read.organisation, read.consultation),
        kind=_kind(read, title),
        format=FORMAT_ROW if detail is None else FORMAT_PAGE,
        procedure_id=read.native_id,
        references=tuple(filter(None, [read.printed("reference", row.reference if row else None)])),
        published_at=published,
        first_published_on=None if published is None else published.date(),
        dispatched_at=facts.sent_to_eu(read),
        languages=(LANGUAGE,),
        title={LANGUAGE: title},
        description=_description(read, title),
        additional_information=_additional(read),
        buyers=facts.buyers(read),
        nature=facts.nature(read, "Catégorie", read.printed("category", row.category if row else None)),
        classifications=facts.classifications(read),
        places=facts.places(read),
        procedure_type=procedure,
        values=facts.values(read, "Valeur estimée", read.printed("estimated", row.estimated if row else None)),
        deadlines=facts.deadlines(read, procedure),
        electronic_submission=_electronic(read),
        documents=_documents(read),
        flags=_flags(row),
        lots=facts.lots(read),
        links=_links(read),
        partial=_partial(read),
        notes=tuple(read.notes),
    )


def _title(read: Consultation) -> str:
    row = read.row
    title = read.printed("title", row.title if row else None) or read.printed("object", row.object if row else None)
    if not title:
        raise NoticeFormatError(FormatReason.MISSING, "The consultation has no title.", path="Intitulé")
    return title


def _partial(read: Consultation) -> str | None:
    return " ".join([_LIST_ALONE, *read.problems]) if read.detail is None else " ".join(read.problems) or None


def _kind(read: Consultation, title: str) -> NoticeKind:
    if procedures.is_exercise(title):
        read.note("Intitulé", "This consultation is an exercise for suppliers, no call for competition.", title)
        return NoticeKind.INFORMATION
    printed = read.printed("announcement")
    kind = procedures.kind_of(printed) if printed else NoticeKind.COMPETITION
    if kind is None:
        read.note("Type d'annonce", "This kind of announcement is not known; the list is of consultations.", printed)
    return kind or NoticeKind.COMPETITION


def _procedure(read: Consultation) -> ProcedureType | None:
    row = read.row
    of_row = (row.procedure, row.procedure_short) if row else ()
    told = (read.printed("procedure"), *of_row)
    printed = tuple(dict.fromkeys(text for text in told if known_text(text)))
    if not printed:
        return None
    code = procedures.procedure_code(*printed)
    if code is None:
        read.note("Procédure", "This procedure says nothing that a code stands for.", printed[0])
    return ProcedureType(code=code, printed=printed)


def _description(read: Consultation, title: str) -> MultilingualText:
    on_page = "" if read.detail is None else known_text(read.detail.text("object")) or ""
    text = on_page or known_text(read.row.object if read.row else None) or ""
    return {LANGUAGE: text} if text and text != title else {}


def _additional(read: Consultation) -> MultilingualText:
    """What has no field of its own: the unit that buys, a comment, the platform's own domains."""
    detail = read.detail
    if detail is None:
        return {}
    told = ((detail.label(key), known_text(detail.line(key))) for key in ("unit", "comment", "domains"))
    lines = [f"{label} : {text}" for label, text in told if text]
    return {LANGUAGE: "\n".join(lines)} if lines else {}


def _electronic(read: Consultation) -> bool | None:
    """Electronic tenders are required or allowed (True), or refused (False); None where no icon says so."""
    said = fold((read.detail.electronic if read.detail else "") or (read.row.electronic if read.row else ""))
    if "reponse electronique" not in said:
        return None
    return not any(word in said for word in ("refusee", "non autorisee", "interdite"))


def _documents(read: Consultation) -> tuple[Document, ...]:
    detail = read.detail
    return () if detail is None else links.documents_of(read.portal.base_url, detail.documents, detail.publicity)


def _flags(row: Row | None) -> Flags:
    """Icons say that there are clauses; no icon says nothing."""
    clauses = row.clauses if row else ()
    return Flags(social="social" in clauses or None, green="environnement" in clauses or None)


def _links(read: Consultation) -> tuple[Link, ...]:
    """The same consultation on the portal that this one is a part of, and the same call on BOAMP and TED."""
    on_page = [] if read.detail is None else [item.href for item in read.detail.publicity]
    elsewhere = links.publications_of(read.portal.base_url, [*on_page, *(read.row.external_links if read.row else ())])
    if read.options.part_of is None:
        return elsewhere
    twin = f"{read.options.part_of}:{read.native_id}"
    return (Link(relation="same-procedure", scheme="portal-reference", value=twin), *elsewhere)

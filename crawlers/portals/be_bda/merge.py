"""Joins what the document (eForms, or TED_ESENDERS before it) says with what the federal platform says around it.

The document wins where both speak. The portal adds what Belgian documents lack: contractor classes, the question
period, the vault's deadline, the buyer's number in the Crossroads Bank, titles in other languages, instants of
publication.
"""

from __future__ import annotations

from typing import Any

from crawlers.engines.record import Account
from crawlers.engines.ted_documents import is_before_eforms
from crawlers.portals.be_bda.row import PortalFacts
from notices.model import (
    Deadline,
    DeadlineKind,
    Identifier,
    MultilingualText,
    Notice,
    NoticeKind,
    Organisation,
    ProcedureType,
)
from notices.values.kbo import KboKind, parse_kbo
from notices.vocabularies import procedures, subtypes

CALLS = frozenset({NoticeKind.COMPETITION, NoticeKind.CONSULTATION, NoticeKind.PLANNING})

_KINDS = {
    "planning": NoticeKind.PLANNING,
    "consultation": NoticeKind.CONSULTATION,
    "competition": NoticeKind.COMPETITION,
    "dir-awa-pre": NoticeKind.DIRECT_AWARD,
    "result": NoticeKind.RESULT,
    "cont-modif": NoticeKind.MODIFICATION,
    "completion": NoticeKind.COMPLETION,
    # The portal's own three words (dossier 2.3).
    "PLANNING": NoticeKind.PLANNING,
    "COMPETITION": NoticeKind.COMPETITION,
    "AWARD": NoticeKind.RESULT,
}


def merged(document: Notice, facts: PortalFacts, account: Account) -> Notice:
    """The notice of the document, completed."""
    values = dict(document)
    values |= _identity(document, facts, account)
    values |= _content(document, facts)
    values["buyers"] = _buyers(document.buyers, facts)
    values["procedure_type"] = _procedure_type(document.procedure_type, facts)
    values["deadlines"] = _deadlines(document, facts, account)
    _note_hints(document, facts, account)
    values["notes"] = (*document.notes, *account.notes)
    return Notice.model_validate(values)


def from_portal_alone(facts: PortalFacts, reason: str, account: Account, **given: Any) -> Notice:
    """A notice of an old dossier that has no eForms document: what the list says, marked partial with the reason."""
    kind = _kind(facts, account)
    _note_hints(None, facts, account)
    return Notice(
        **given,
        kind=kind,
        subtype=facts.subtype,
        legal_basis=facts.legal_basis,
        format="be_bda-search-row",
        procedure_id=facts.procedure_id,
        references=facts.references,
        published_at=facts.published[-1] if facts.published else None,
        first_published_on=facts.first_published_on,
        dispatched_at=facts.sent_at,
        languages=facts.languages,
        title=facts.title,
        description=facts.description,
        buyers=_buyers((), facts),
        nature=facts.natures[0] if facts.natures else None,
        additional_natures=facts.natures[1:],
        classifications=facts.classifications,
        places=facts.places,
        procedure_type=_procedure_type(None, facts),
        deadlines=(Deadline(kind=DeadlineKind.TENDERS, at=facts.deadline),) if facts.deadline else (),
        question_period=facts.question_period,
        accreditations=facts.accreditations,
        lots=facts.lots,
        partial=reason,
        notes=tuple(account.notes),
    )


def _identity(document: Notice, facts: PortalFacts, account: Account) -> dict[str, Any]:
    if facts.procedure_id and document.procedure_id and facts.procedure_id != document.procedure_id:
        account.note(
            "row.procedureId", "The document names another procedure; the document is believed.", facts.procedure_id
        )
    return {
        "procedure_id": document.procedure_id or facts.procedure_id,
        "references": tuple(dict.fromkeys((*facts.references, *document.references))),
        "published_at": facts.published[-1] if facts.published else document.published_at,
        "first_published_on": facts.first_published_on or document.first_published_on,
        "dispatched_at": document.dispatched_at or facts.sent_at,
        "subtype": document.subtype or facts.subtype,
        "legal_basis": document.legal_basis or facts.legal_basis,
        "languages": tuple(dict.fromkeys((*document.languages, *facts.languages))),
    }


def _content(document: Notice, facts: PortalFacts) -> dict[str, Any]:
    natures = (document.nature, *document.additional_natures) if document.nature else facts.natures
    flags = document.flags
    if flags.reserved is None and facts.reserved is not None:
        flags = flags.model_copy(update={"reserved": facts.reserved})
    return {
        "title": _completed(document.title, facts.title),
        "description": _completed(document.description, facts.description),
        "nature": natures[0] if natures else None,
        "additional_natures": tuple(natures[1:]),
        "classifications": document.classifications or facts.classifications,
        "places": document.places or facts.places,
        "lots": document.lots or facts.lots,
        "flags": flags,
        "question_period": document.question_period or facts.question_period,
        "accreditations": facts.accreditations,
    }


def _buyers(buyers: tuple[Organisation, ...], facts: PortalFacts) -> tuple[Organisation, ...]:
    """The portal's organisation is one of the buyers: the one with its number, its id or its name, else the first."""
    if not facts.organisation_id and not facts.organisation_names:
        return buyers
    if not buyers:
        return (_with_portal(Organisation(name={}), facts),) if facts.organisation_names else ()
    position = max(range(len(buyers)), key=lambda index: (_likeness(buyers[index], facts), -index))
    return (*buyers[:position], _with_portal(buyers[position], facts), *buyers[position + 1 :])


def _likeness(buyer: Organisation, facts: PortalFacts) -> int:
    number = parse_kbo(facts.cbe_number)
    if number and any(identifier.value == number.digits for identifier in buyer.identifiers):
        return 3
    if any((found := parse_kbo(item.printed)) and found.suffix == facts.organisation_id for item in buyer.identifiers):
        return 2
    names = {name.casefold() for name in facts.organisation_names.values()}
    return int(any(name.casefold() in names for name in buyer.name.values()))


def _with_portal(buyer: Organisation, facts: PortalFacts) -> Organisation:
    """The buyer with the portal's key and names, and the number that the organisation table gives put first.

    BT-501 is dirty, even in official notices: what it printed stays behind the portal's number.
    """
    identifiers = buyer.identifiers
    number = parse_kbo(facts.cbe_number)
    if number and number.valid and number.kind is KboKind.ENTERPRISE and facts.cbe_number:
        same = [item for item in identifiers if item.scheme == "KBO" and item.value == number.digits]
        official = same[:1] or [Identifier(scheme="KBO", value=number.digits, valid=True, printed=facts.cbe_number)]
        identifiers = (*official, *(item for item in identifiers if item not in same))
    return buyer.model_copy(
        update={
            "portal_id": facts.organisation_id,
            "identifiers": identifiers,
            "name": _completed(buyer.name, facts.organisation_names),
        }
    )


def _completed(document: MultilingualText, portal: MultilingualText) -> MultilingualText:
    """The document's texts, then the portal's in languages that the document lacks."""
    return {**document, **{language: text for language, text in portal.items() if language not in document}}


def _procedure_type(document: ProcedureType | None, facts: PortalFacts) -> ProcedureType | None:
    """The same fact is spelt in up to four ways; all are kept. `oth-single` of some senders yields to the portal."""
    spelt = tuple(dict.fromkeys((*(document.printed if document else ()), *facts.procedures)))
    if not spelt:
        return document
    portal = next((code for word in facts.procedures if (code := procedures.normalise(word))), None)
    own = document.code if document else None
    code = portal if portal and (own is None or own.startswith("oth-")) else own
    return (document or ProcedureType()).model_copy(update={"printed": spelt, "code": code})


def _deadlines(document: Notice, facts: PortalFacts, account: Account) -> tuple[Deadline, ...]:
    """The document's deadlines, and the vault's when it is another instant: a supplier is safe with the earlier one."""
    if facts.deadline is None or document.kind not in CALLS:
        return document.deadlines
    known = (*document.deadlines, *(deadline for lot in document.lots for deadline in lot.deadlines))
    if any(deadline.at == facts.deadline for deadline in known):
        return document.deadlines
    if known:
        printed = facts.deadline.isoformat()
        account.note(
            "workspace.vault.submissionDeadline", "The vault closes at another time than the document says.", printed
        )
    kinds = {deadline.kind for deadline in known}
    kind = DeadlineKind.REQUESTS if kinds == {DeadlineKind.REQUESTS} else DeadlineKind.TENDERS
    return tuple(dict.fromkeys((*known, Deadline(kind=kind, at=facts.deadline))))


def _kind(facts: PortalFacts, account: Account) -> NoticeKind:
    known = subtypes.get(facts.subtype) if facts.subtype else None
    for word in (known.form_type if known else None, facts.form_type):
        if word in _KINDS:
            return _KINDS[word]
    account.note("row.noticeSubType", "This notice type is unknown.", facts.subtype)
    return NoticeKind.INFORMATION


def _note_hints(document: Notice | None, facts: PortalFacts, account: Account) -> None:
    """What the portal hints at and does not say: kept for people, never acted on."""
    if facts.cancelled_at and not (document and document.cancelled):
        # Seen on a row that was still active, at the instant of a re-publication (dossier 2.2).
        account.note(
            "row.cancelledAt",
            "The portal's list carries a time of cancellation; the notice may stand.",
            facts.cancelled_at,
        )
    if facts.technique and (document is None or document.framework is None):
        account.note(
            "row.dossier.specialPurchasingTechnique", "The portal's list names a purchasing technique.", facts.technique
        )
    if document is None or is_before_eforms(document.format):
        return  # an old form bears another number than the portal's subtype, and no notice id
    if facts.subtype and document.subtype and facts.subtype.removeprefix("BE-") != document.subtype.removeprefix("BE-"):
        account.note("row.noticeSubType", "The portal's list names another subtype than the document.", facts.subtype)
    if facts.notice_ids and document.notice_uuid and document.notice_uuid not in facts.notice_ids:
        account.note(
            "row.noticeIds", "The portal's list does not know the notice of the version in force.", document.notice_uuid
        )

"""The document element of a notice: what stands directly below it, gathered in one draft."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.eforms import leaves
from notices.formats.eforms.changes import ChangesDraft, read_changes
from notices.formats.eforms.lots import LotDraft, read_lot
from notices.formats.eforms.organisations import BuyerRole, Organisations, read_organisations
from notices.formats.eforms.process import ProcessDraft, read_process
from notices.formats.eforms.project import ProjectDraft, read_project
from notices.formats.eforms.references import publication_number
from notices.formats.eforms.registration import RegistrationDraft, read_announcement, read_business_party
from notices.formats.eforms.result_drafts import NoticeResultDraft
from notices.formats.eforms.results import read_award_date, read_results
from notices.formats.eforms.terms import TermsDraft, read_terms
from notices.formats.eforms.walk import Grammar, Walk, path_of
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.model import MultilingualText


@dataclass(slots=True)
class BuyerDraft:
    """One `cac:ContractingParty` being read."""

    references: list[str] = field(default_factory=list)
    role: BuyerRole = field(default_factory=BuyerRole)


@dataclass(slots=True)
class DocumentDraft:
    """A notice being read."""

    uuid: str | None = None
    version: str | None = None
    customization: str | None = None
    subtype: str | None = None
    notice_type: str | None = None
    form_type: str | None = None
    legal_basis: str | None = None
    procedure_id: str | None = None
    languages: list[str] = field(default_factory=list)
    issue_day: str | None = None
    issue_time: str | None = None
    publication_number: str | None = None
    published_on: date | None = None
    notes: MultilingualText = field(default_factory=dict)
    buyers: list[BuyerDraft] = field(default_factory=list)
    organisations: Organisations = field(default_factory=Organisations)
    project: ProjectDraft = field(default_factory=ProjectDraft)
    terms: TermsDraft = field(default_factory=TermsDraft)
    process: ProcessDraft = field(default_factory=ProcessDraft)
    lots: list[LotDraft] = field(default_factory=list)
    results: NoticeResultDraft = field(default_factory=NoticeResultDraft)
    changes: list[ChangesDraft] = field(default_factory=list)
    modifications: list[ChangesDraft] = field(default_factory=list)
    registration: RegistrationDraft = field(default_factory=RegistrationDraft)


def read_document(root: Element, walk: Walk) -> DocumentDraft:
    """Read everything below the root."""
    draft = DocumentDraft()
    _NOTICE.read(root, draft, walk)
    return draft


def _uuid(element: Element, draft: DocumentDraft, _walk: Walk) -> None:
    if draft.uuid is not None:
        raise NoticeFormatError(
            FormatReason.REPEATED,
            "The notice has two identifiers (BT-701).",
            path=path_of(element),
            printed=leaves.printed(element),
        )
    draft.uuid = leaves.code(element)


def _version(element: Element, draft: DocumentDraft, _walk: Walk) -> None:
    draft.version = leaves.code(element)


def _customization(element: Element, draft: DocumentDraft, _walk: Walk) -> None:
    draft.customization = leaves.line(element)


def _subtype(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    _SUBTYPE.read(element, draft, walk)


def _subtype_code(element: Element, draft: DocumentDraft, _walk: Walk) -> None:
    draft.subtype = leaves.code(element)


def _notice_type(element: Element, draft: DocumentDraft, _walk: Walk) -> None:
    draft.notice_type = leaves.code(element)
    draft.form_type = (element.get("listName") or "").strip() or None


def _legal_basis(element: Element, draft: DocumentDraft, _walk: Walk) -> None:
    draft.legal_basis = leaves.code(element)


def _procedure_id(element: Element, draft: DocumentDraft, _walk: Walk) -> None:
    draft.procedure_id = leaves.code(element)


def _language(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    text = leaves.code(element)
    language = leaves.language_code(text) if text else None
    if text and language is None:
        walk.note(element, "The language of the notice is unknown.", text)
    if language and language not in draft.languages:
        draft.languages.append(language)


def _additional_language(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    for child in element:
        if child.tag == leaves.ID:
            _language(child, draft, walk)
        else:
            walk.leave_unread(child)


def _issue_day(element: Element, draft: DocumentDraft, _walk: Walk) -> None:
    draft.issue_day = leaves.code(element)


def _issue_time(element: Element, draft: DocumentDraft, _walk: Walk) -> None:
    draft.issue_time = leaves.code(element)


def _publication(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    _PUBLICATION.read(element, draft, walk)


def _publication_number(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    text = leaves.code(element)
    draft.publication_number = publication_number(text) if text else None
    if text and draft.publication_number is None:
        walk.note(element, "This is not a publication number.", text)


def _published_on(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    draft.published_on = leaves.day(element, walk)


def _note(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    leaves.add_text(draft.notes, element, walk)


def _contracting_party(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    buyer = BuyerDraft()
    _CONTRACTING_PARTY.read(element, buyer, walk)
    draft.buyers.append(buyer)


def _party(element: Element, draft: BuyerDraft, walk: Walk) -> None:
    _PARTY.read(element, draft, walk)


def _party_reference(element: Element, draft: BuyerDraft, walk: Walk) -> None:
    for child in element:
        if child.tag != leaves.ID:
            walk.leave_unread(child)
        elif reference := leaves.code(child):
            draft.references.append(reference)


def _party_type(element: Element, draft: BuyerDraft, walk: Walk) -> None:
    _BUYER_CODES.read(element, draft, walk)


def _legal_type(element: Element, draft: BuyerDraft, walk: Walk) -> None:
    """BT-11. The same element says whether the buyer is a contracting entity (BT-740), which has no home."""
    list_name = element.get("listName")
    if list_name in (None, "buyer-legal-type"):
        draft.role.legal_type = leaves.code(element)
    elif list_name != "buyer-contracting-type":
        walk.leave_unread(element, list_name)


def _activity(element: Element, draft: BuyerDraft, walk: Walk) -> None:
    list_name = element.get("listName")
    if list_name in (None, "authority-activity", "entity-activity"):
        draft.role.activity = leaves.code(element)
    else:
        walk.leave_unread(element, list_name)


def _organisations(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    read_organisations(element, draft.organisations, walk)


def _project(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    read_project(element, draft.project, walk)


def _terms(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    read_terms(element, draft.terms, walk)


def _process(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    read_process(element, draft.process, walk)


def _lot(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    draft.lots.append(read_lot(element, walk))


def _results(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    read_results(element, draft.results, walk)


def _award_date(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    read_award_date(element, draft.results, walk)


def _changes(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    draft.changes.append(read_changes(element, walk))


def _modification(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    draft.modifications.append(read_changes(element, walk))


def _business_party(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    read_business_party(element, draft.registration, walk)


def _announcement(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    read_announcement(element, draft.registration, walk)


_SUBTYPE: Final = Grammar[DocumentDraft]("notice subtype", {"cbc:SubTypeCode": _subtype_code})
_PUBLICATION: Final = Grammar[DocumentDraft](
    "publication",
    {"efbc:NoticePublicationID": _publication_number, "efbc:PublicationDate": _published_on},
)
_PARTY: Final = Grammar[BuyerDraft]("contracting party role", {"cac:PartyIdentification": _party_reference})
_BUYER_CODES: Final = Grammar[BuyerDraft](
    "buyer codes", {"cbc:PartyTypeCode": _legal_type, "cbc:ActivityTypeCode": _activity}
)
_CONTRACTING_PARTY: Final = Grammar[BuyerDraft](
    "contracting party",
    {"cac:Party": _party, "cac:ContractingPartyType": _party_type, "cac:ContractingActivity": _party_type},
)
_NOTICE: Final = Grammar[DocumentDraft](
    "notice",
    {
        "cbc:ID": _uuid,
        "cbc:VersionID": _version,
        "cbc:CustomizationID": _customization,
        "cbc:NoticeTypeCode": _notice_type,
        "cbc:RegulatoryDomain": _legal_basis,
        "cbc:ContractFolderID": _procedure_id,
        "cbc:NoticeLanguageCode": _language,
        "cac:AdditionalNoticeLanguage": _additional_language,
        "cbc:IssueDate": _issue_day,
        "cbc:IssueTime": _issue_time,
        "cbc:Note": _note,
        "efac:NoticeSubType": _subtype,
        "efac:Publication": _publication,
        "efac:Organizations": _organisations,
        "efac:NoticeResult": _results,
        "efac:Changes": _changes,
        "efac:ContractModification": _modification,
        "cac:ContractingParty": _contracting_party,
        "cac:ProcurementProject": _project,
        "cac:TenderingTerms": _terms,
        "cac:TenderingProcess": _process,
        "cac:ProcurementProjectLot": _lot,
        "cac:TenderResult": _award_date,
        "cac:BusinessParty": _business_party,
        "cac:AdditionalDocumentReference": _announcement,
    },
)

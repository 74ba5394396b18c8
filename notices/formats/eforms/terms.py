"""`cac:TenderingTerms`: documents, submission, award criteria, reservation and funding of a procedure or a lot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.eforms import leaves
from notices.formats.eforms.walk import Grammar, Handler, Walk, path_of
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.model import AwardCriterion, Document, MultilingualText


@dataclass(slots=True)
class CriterionDraft:
    """One award criterion being read."""

    type: str | None = None
    name: MultilingualText = field(default_factory=dict)
    description: MultilingualText = field(default_factory=dict)
    weight: Decimal | None = None
    weight_kind: str | None = None
    parameter_list: str | None = None
    parameter_code: str | None = None
    parameter_number: Decimal | None = None

    def build(self) -> AwardCriterion:
        """The criterion."""
        return AwardCriterion(
            type=self.type,
            name=self.name,
            description=self.description,
            weight=self.weight,
            weight_kind=self.weight_kind,
        )


@dataclass(slots=True)
class CriteriaDraft:
    """One `cac:AwardingCriterion` being read."""

    itself: CriterionDraft = field(default_factory=CriterionDraft)
    subordinate: list[CriterionDraft] = field(default_factory=list)


@dataclass(slots=True)
class DocumentDraft:
    """One reference to procurement documents being read."""

    urls: list[str] = field(default_factory=list)
    restricted: bool | None = None
    languages: list[str] = field(default_factory=list)

    def build(self) -> Iterable[Document]:
        """One document per link; the language only where there is one alone."""
        languages = set(self.languages)
        language = languages.pop() if len(languages) == 1 else None
        return (Document(url=url, restricted=self.restricted, language=language) for url in self.urls)


@dataclass(slots=True)
class TermsDraft:
    """Tendering terms being read."""

    documents: dict[Document, None] = field(default_factory=dict)
    submission_url: str | None = None
    submission_languages: dict[str, None] = field(default_factory=dict)
    criteria: list[AwardCriterion] = field(default_factory=list)
    variants_allowed: bool | None = None
    eu_funds: bool | None = None
    reserved_participation: bool | None = None
    reserved_execution: bool | None = None
    groups: dict[str, list[str]] = field(default_factory=dict)
    current_group: str | None = None
    lots_submitted: int | None = None
    lots_awarded: int | None = None

    @property
    def reserved(self) -> bool | None:
        """BT-71 or BT-736 say that the contract is reserved; None when neither says anything."""
        said = [answer for answer in (self.reserved_participation, self.reserved_execution) if answer is not None]
        return any(said) if said else None


def read_terms(element: Element, draft: TermsDraft, walk: Walk) -> None:
    """Read a `cac:TenderingTerms` into `draft`."""
    _TERMS.read(element, draft, walk)


def _variants(element: Element, draft: TermsDraft, walk: Walk) -> None:
    draft.variants_allowed = leaves.permission(element, walk)


def _funding(element: Element, draft: TermsDraft, walk: Walk) -> None:
    text = leaves.code(element)
    list_name = element.get("listName")
    if text is None:
        return
    if list_name not in (None, "eu-funded"):
        walk.leave_unread(element, list_name)
    elif text in ("eu-funds", "no-eu-funds"):
        draft.eu_funds = text == "eu-funds"
    else:
        walk.note(element, "This code does not say whether EU funds are used.", text)


def _documents(element: Element, draft: TermsDraft, walk: Walk) -> None:
    reference = DocumentDraft()
    _DOCUMENT.read(element, reference, walk)
    draft.documents.update(dict.fromkeys(reference.build()))


def _document_part(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    _DOCUMENT_PART.read(element, draft, walk)


def _document_url(element: Element, draft: DocumentDraft, _walk: Walk) -> None:
    if text := leaves.line(element):
        draft.urls.append(text)


def _document_type(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    text = leaves.code(element)
    if text in ("restricted-document", "non-restricted-document"):
        draft.restricted = text == "restricted-document"
    elif text:
        walk.note(element, "This code does not say whether the documents are restricted.", text)


def _document_language(element: Element, draft: DocumentDraft, walk: Walk) -> None:
    if language := _language(element, walk):
        draft.languages.append(language)


def _language(element: Element, walk: Walk) -> str | None:
    text = leaves.code(element)
    language = leaves.language_code(text) if text else None
    if text and language is None:
        walk.note(element, "This language is unknown.", text)
    return language


def _submission_language(element: Element, draft: TermsDraft, walk: Walk) -> None:
    for child in element:
        if child.tag != leaves.ID:
            walk.leave_unread(child)
        elif language := _language(child, walk):
            draft.submission_languages[language] = None


def _recipient(element: Element, draft: TermsDraft, walk: Walk) -> None:
    _RECIPIENT.read(element, draft, walk)


def _submission_url(element: Element, draft: TermsDraft, _walk: Walk) -> None:
    draft.submission_url = leaves.line(element)


def _qualification(element: Element, draft: TermsDraft, walk: Walk) -> None:
    _QUALIFICATION.read(element, draft, walk)


def _requirement(element: Element, draft: TermsDraft, walk: Walk) -> None:
    _REQUIREMENT.read(element, draft, walk)


def _requirement_code(element: Element, draft: TermsDraft, walk: Walk) -> None:
    list_name = element.get("listName") or ""
    if list_name == "reserved-procurement":
        if text := leaves.code(element):
            draft.reserved_participation = bool(draft.reserved_participation) or text != "none"
    elif list_name not in _OTHER_REQUIREMENTS:
        walk.leave_unread(element, list_name)


_OTHER_REQUIREMENTS: Final = frozenset(
    {"exclusion-ground", "exclusion-grounds-source", "selection-criteria-source", "missing-info-submission"}
)
"""BT-67, BT-806, BT-821, BT-771: conditions that are read in the procurement documents."""


def _execution(element: Element, draft: TermsDraft, walk: Walk) -> None:
    _EXECUTION.read(element, draft, walk)


def _execution_code(element: Element, draft: TermsDraft, walk: Walk) -> None:
    list_name = element.get("listName") or ""
    if list_name == "reserved-execution":
        text = leaves.code(element)
        if text in ("yes", "no"):
            draft.reserved_execution = text == "yes"
    elif list_name not in _OTHER_EXECUTION:
        walk.leave_unread(element, list_name)


_OTHER_EXECUTION: Final = frozenset(
    {"einvoicing", "ecatalog-submission", "esignature-submission", "nda", "conditions", "fsr", "customer-service"}
)
"""BT-743, BT-764, BT-744, BT-801, BT-70, BT-681, and the customer services of T01."""


def _awarding_terms(element: Element, draft: TermsDraft, walk: Walk) -> None:
    _AWARDING_TERMS.read(element, draft, walk)


def _criterion(element: Element, draft: TermsDraft, walk: Walk) -> None:
    """`cac:AwardingCriterion`: a list of subordinate criteria or, in some notices, one criterion itself."""
    criteria = CriteriaDraft()
    _CRITERION.read(element, criteria, walk)
    built = (criterion.build() for criterion in (criteria.itself, *criteria.subordinate))
    draft.criteria.extend(criterion for criterion in built if criterion != _NO_CRITERION)


def _subordinate(element: Element, draft: CriteriaDraft, walk: Walk) -> None:
    criterion = CriterionDraft()
    _SUBORDINATE.read(element, criterion, walk)
    draft.subordinate.append(criterion)


def _itself(reader: Handler[CriterionDraft]) -> Handler[CriteriaDraft]:
    """A reader of subordinate criteria, put to the criterion itself."""
    return lambda element, draft, walk: reader(element, draft.itself, walk)


_NO_CRITERION: Final = AwardCriterion()


def _criterion_type(element: Element, draft: CriterionDraft, _walk: Walk) -> None:
    draft.type = leaves.code(element)


def _criterion_name(element: Element, draft: CriterionDraft, walk: Walk) -> None:
    leaves.add_text(draft.name, element, walk)


def _criterion_description(element: Element, draft: CriterionDraft, walk: Walk) -> None:
    leaves.add_text(draft.description, element, walk)


def _parameter(element: Element, draft: CriterionDraft, walk: Walk) -> None:
    """Number and code of a weight; fixed values and thresholds of a criterion have no home in the model."""
    draft.parameter_list = draft.parameter_code = draft.parameter_number = None
    _PARAMETER.read(element, draft, walk)
    if draft.parameter_list in (None, "number-weight"):
        draft.weight = draft.parameter_number
        draft.weight_kind = draft.parameter_code if draft.parameter_number is not None else None


def _parameter_code(element: Element, draft: CriterionDraft, walk: Walk) -> None:
    draft.parameter_list = element.get("listName")
    draft.parameter_code = leaves.code(element)
    if draft.parameter_list not in (None, "number-weight", "number-fixed", "number-threshold"):
        walk.leave_unread(element, draft.parameter_list)


def _parameter_number(element: Element, draft: CriterionDraft, walk: Walk) -> None:
    draft.parameter_number = leaves.number(element, walk)


def _distribution(element: Element, draft: TermsDraft, walk: Walk) -> None:
    _DISTRIBUTION.read(element, draft, walk)
    if draft.lots_awarded == 0 and draft.lots_submitted:
        raise NoticeFormatError(
            FormatReason.CONTRADICTION,
            f"Tenderers may bid for lots (BT-31 is {draft.lots_submitted}) but win none (BT-33 is 0).",
            path=path_of(element),
        )


def _lots_submitted(element: Element, draft: TermsDraft, walk: Walk) -> None:
    draft.lots_submitted = leaves.integer(element, walk)


def _lots_awarded(element: Element, draft: TermsDraft, walk: Walk) -> None:
    draft.lots_awarded = leaves.integer(element, walk)


def _group(element: Element, draft: TermsDraft, walk: Walk) -> None:
    draft.current_group = None
    _GROUP.read(element, draft, walk)


def _group_id(element: Element, draft: TermsDraft, _walk: Walk) -> None:
    draft.current_group = leaves.code(element)
    if draft.current_group:
        draft.groups.setdefault(draft.current_group, [])


def _group_members(element: Element, draft: TermsDraft, walk: Walk) -> None:
    for child in element:
        member = leaves.code(child) if child.tag == leaves.ID else None
        if child.tag != leaves.ID:
            walk.leave_unread(child)
        elif member and draft.current_group:
            draft.groups[draft.current_group].append(member)


_DOCUMENT_PART: Final = Grammar[DocumentDraft](
    "document part",
    {
        "cac:ExternalReference": _document_part,
        "cac:Language": _document_part,
        "cbc:URI": _document_url,
        "cbc:ID": _document_language,
    },
)
_DOCUMENT: Final = Grammar[DocumentDraft](
    "document",
    {
        "cbc:DocumentType": _document_type,
        "cbc:LanguageID": _document_language,
        "cac:Attachment": _document_part,
        "efac:OfficialLanguages": _document_part,
        "efac:NonOfficialLanguages": _document_part,
    },
)
_RECIPIENT: Final = Grammar[TermsDraft]("recipient", {"cbc:EndpointID": _submission_url})
_REQUIREMENT: Final = Grammar[TermsDraft]("requirement", {"cbc:TendererRequirementTypeCode": _requirement_code})
_QUALIFICATION: Final = Grammar[TermsDraft]("qualification", {"cac:SpecificTendererRequirement": _requirement})
_EXECUTION: Final = Grammar[TermsDraft]("execution", {"cbc:ExecutionRequirementCode": _execution_code})
_PARAMETER: Final = Grammar[CriterionDraft](
    "parameter", {"efbc:ParameterCode": _parameter_code, "efbc:ParameterNumeric": _parameter_number}
)
_SUBORDINATE: Final = Grammar[CriterionDraft](
    "subordinate criterion",
    {
        "cbc:AwardingCriterionTypeCode": _criterion_type,
        "cbc:Name": _criterion_name,
        "cbc:Description": _criterion_description,
        "efac:AwardCriterionParameter": _parameter,
    },
)
_CRITERION: Final = Grammar[CriteriaDraft](
    "criterion",
    {
        "cac:SubordinateAwardingCriterion": _subordinate,
        "cbc:AwardingCriterionTypeCode": _itself(_criterion_type),
        "cbc:Name": _itself(_criterion_name),
        "efac:AwardCriterionParameter": _itself(_parameter),
    },
)
_AWARDING_TERMS: Final = Grammar[TermsDraft]("awarding terms", {"cac:AwardingCriterion": _criterion})
_GROUP: Final = Grammar[TermsDraft](
    "lots group", {"cbc:LotsGroupID": _group_id, "cac:ProcurementProjectLotReference": _group_members}
)
_DISTRIBUTION: Final = Grammar[TermsDraft](
    "lot distribution",
    {
        "cac:LotsGroup": _group,
        "cbc:MaximumLotsSubmittedNumeric": _lots_submitted,
        "cbc:MaximumLotsAwardedNumeric": _lots_awarded,
    },
)
_TERMS: Final = Grammar[TermsDraft](
    "terms",
    {
        "cbc:VariantConstraintCode": _variants,
        "cbc:FundingProgramCode": _funding,
        "cac:CallForTendersDocumentReference": _documents,
        "cac:Language": _submission_language,
        "cac:TenderRecipientParty": _recipient,
        "cac:TendererQualificationRequest": _qualification,
        "cac:ContractExecutionRequirement": _execution,
        "cac:AwardingTerms": _awarding_terms,
        "cac:LotDistribution": _distribution,
    },
)

"""The lots of an invented notice: terms, deadline, project."""

from __future__ import annotations

from lxml import etree

from simulated_portals.be_bda.drafts import Draft, DraftLot
from simulated_portals.be_bda.eforms_parties import eforms_language
from simulated_portals.be_bda.eforms_projects import PORTAL, multilingual, project
from simulated_portals.be_bda.kbo import written_in_portal_editor
from simulated_portals.be_bda.xml_names import Child, brussels_date, brussels_time, node


def lot_element(draft: Draft, lot: DraftLot) -> etree._Element:
    """`cac:ProcurementProjectLot` of one lot."""
    return node(
        "cac:ProcurementProjectLot",
        node("cbc:ID", lot.identifier, schemeName="Lot"),
        _lot_terms(draft, lot),
        _lot_process(draft),
        project(draft, lot),
    )


def requirement(codes: str, code: str) -> etree._Element:
    """A requirement on tenderers: the code and the list it comes from."""
    return node(
        "cac:TendererQualificationRequest",
        node(
            "cac:SpecificTendererRequirement",
            node("cbc:TendererRequirementTypeCode", code, listName=codes),
        ),
    )


def _lot_terms(draft: Draft, lot: DraftLot) -> etree._Element:
    funds = "eu-funds" if draft.eu_funds else "no-eu-funds"
    calls = not draft.is_award
    return node(
        "cac:TenderingTerms",
        node("cbc:FundingProgramCode", funds, listName="eu-funded") if draft.sub_type != "E1" else None,
        *(_call_terms(draft, lot) if calls else []),
        _awarding_terms(draft) if draft.sub_type not in ("E1", "38", "25") else None,
        _recipient(draft) if calls else None,
        _appeal(draft) if draft.sub_type not in ("E1", "E3", "E4") else None,
        *([node("cac:Language", node("cbc:ID", eforms_language(code))) for code in draft.languages] if calls else []),
    )


def _call_terms(draft: Draft, lot: DraftLot) -> list[Child]:
    documents = f"{PORTAL}/publication-workspaces/{draft.workspace_id}/documents"
    if not written_in_portal_editor(draft.buyer.organisation.organisation_id):
        documents = f"https://dossiers.example/downloads/{draft.workspace_id[:8]}"
    shown: list[Child] = [
        node(
            "cac:CallForTendersDocumentReference",
            node("cbc:ID", f"TenderDocumentRef-{lot.identifier}"),
            node("cbc:DocumentType", "non-restricted-document"),
            node("cac:Attachment", node("cac:ExternalReference", node("cbc:URI", documents))),
        )
    ]
    if draft.sub_type != "E1":
        shown += [
            requirement("selection-criteria-source", "epo-procurement-document"),
            requirement("reserved-procurement", "none"),
            _execution("reserved-execution", "no"),
            _execution("einvoicing", "required"),
        ]
    return shown


def _execution(codes: str, code: str) -> etree._Element:
    return node("cac:ContractExecutionRequirement", node("cbc:ExecutionRequirementCode", code, listName=codes))


def _awarding_terms(draft: Draft) -> etree._Element:
    return node(
        "cac:AwardingTerms",
        node(
            "cac:AwardingCriterion",
            *(_criterion(draft, position, points) for position, points in enumerate((60, 25, 15))),
        ),
    )


def _criterion(draft: Draft, position: int, points: int) -> etree._Element:
    weight = node(
        "efac:AwardCriterionParameter",
        node("efbc:ParameterCode", "poi-exa", listName="number-weight"),
        node("efbc:ParameterNumeric", str(points)),
    )
    words = {language: criteria[position] for language, criteria in draft.criteria.items()}
    return node(
        "cac:SubordinateAwardingCriterion",
        node(
            "ext:UBLExtensions",
            node("ext:UBLExtension", node("ext:ExtensionContent", node("efext:EformsExtension", weight))),
        ),
        node("cbc:AwardingCriterionTypeCode", "quality" if position else "price", listName="award-criterion-type"),
        *multilingual("cbc:Description", words),
    )


def _recipient(draft: Draft) -> etree._Element:
    folder = f"{PORTAL}/supplier/enterprises/0/tendering-workspaces/publication-workspace-detail"
    address = f"{folder}/{draft.workspace_id}/general"
    return node("cac:TenderRecipientParty", node("cbc:EndpointID", address))


def _appeal(draft: Draft) -> etree._Element:
    return node(
        "cac:AppealTerms",
        node("cac:PresentationPeriod", *multilingual("cbc:Description", draft.review)),
        node(
            "cac:AppealReceiverParty",
            node("cac:PartyIdentification", node("cbc:ID", "ORG-0003", schemeName="organization")),
        ),
    )


def _lot_process(draft: Draft) -> etree._Element | None:
    if draft.sub_type == "38":
        return None
    if draft.sub_type == "E1":
        return node("cac:TenderingProcess", _answers_until(draft))
    framework = "fa-wo-rc" if draft.framework else "none"
    return node(
        "cac:TenderingProcess",
        None if draft.is_award else node("cbc:SubmissionMethodCode", "required", listName="esubmission"),
        node("cbc:GovernmentAgreementConstraintIndicator", "true" if draft.ted else "false"),
        _forum(draft),
        _deadline(draft),
        node("cac:AuctionTerms", node("cbc:AuctionConstraintIndicator", "false")),
        node("cac:FrameworkAgreement", node("cbc:MaximumOperatorQuantity", "4")) if draft.framework else None,
        _system("framework-agreement", framework),
        _system("dps-usage", "none"),
    )


def _answers_until(draft: Draft) -> etree._Element | None:
    if draft.deadline is None:
        return None
    period = node("efac:AnswerReceptionPeriod", *_end(draft))
    return node(
        "ext:UBLExtensions",
        node("ext:UBLExtension", node("ext:ExtensionContent", node("efext:EformsExtension", period))),
    )


def _end(draft: Draft) -> list[Child]:
    if draft.deadline is None:
        return []
    return [
        node("cbc:EndDate", brussels_date(draft.deadline)),
        node("cbc:EndTime", brussels_time(draft.deadline)),
    ]


def _forum(draft: Draft) -> etree._Element | None:
    if draft.question_period is None:
        return None
    return node("cbc:AccessToolsURI", f"{PORTAL}/publication-workspaces/{draft.workspace_id}/forum")


def _deadline(draft: Draft) -> etree._Element | None:
    """Two-stage calls have a period for requests to participate and none for tenders."""
    if draft.is_award or draft.deadline is None:
        return None
    name = "cac:ParticipationRequestReceptionPeriod" if draft.two_stage else "cac:TenderSubmissionDeadlinePeriod"
    return node(name, *_end(draft))


def _system(codes: str, code: str) -> etree._Element:
    return node("cac:ContractingSystem", node("cbc:ContractingSystemTypeCode", code, listName=codes))

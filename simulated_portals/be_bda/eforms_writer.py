"""Writes a draft as an eForms document the way Belgium writes them (SDK 1.13, dossier section 3.3)."""

from __future__ import annotations

from lxml import etree

from simulated_portals.be_bda.drafts import Draft
from simulated_portals.be_bda.eforms_lots import lot_element, requirement
from simulated_portals.be_bda.eforms_parties import eforms_language, organisations
from simulated_portals.be_bda.eforms_projects import PORTAL, multilingual, project
from simulated_portals.be_bda.eforms_results import contract_modification, notice_result
from simulated_portals.be_bda.kbo import written_in_portal_editor
from simulated_portals.be_bda.rendering import LEGAL_BASES
from simulated_portals.be_bda.xml_names import Child, brussels_date, document, node, root_node

DOCUMENT_OF = {"E1": "PriorInformationNotice"}
NOTICE_TYPES = {
    "E1": ("consultation", "pmc"),
    "20": ("competition", "cn-social"),
    "25": ("dir-awa-pre", "veat"),
    "33": ("result", "can-social"),
    "38": ("cont-modif", "can-modif"),
}
LEGAL_TYPES = {
    "commune": "la",
    "school": "la",
    "social": "la",
    "police": "la",
    "fire": "la",
    "region": "ra",
    "federal": "cga",
    "museum": "body-pl",
    "intercommunale": "pub-undert",
    "water": "pub-undert",
    "transport": "pub-undert",
    "port": "pub-undert",
}
ACTIVITIES = {
    "school": "education",
    "university": "education",
    "hospital": "health",
    "housing": "hc-am",
    "police": "pub-os",
    "fire": "pub-os",
    "social": "soc-pro",
    "museum": "rcr",
}
ENTITY_ACTIVITIES = {"water": "water", "transport": "urttb", "port": "port"}


def write_notice(draft: Draft) -> str:
    """The document of a draft, on one line."""
    kind = DOCUMENT_OF.get(draft.sub_type, "ContractAwardNotice" if draft.is_award else "ContractNotice")
    root = root_node(kind)
    for child in (
        _extensions(draft),
        *_header(draft),
        _contracting_party(draft),
        _terms(draft),
        _process(draft),
        project(draft, None),
        *(lot_element(draft, lot) for lot in draft.lots),
        _tender_result(draft),
    ):
        if child is not None:
            root.append(child)
    return document(root)


def _extensions(draft: Draft) -> etree._Element:
    return node(
        "ext:UBLExtensions",
        node(
            "ext:UBLExtension",
            node(
                "ext:ExtensionContent",
                node(
                    "efext:EformsExtension",
                    node("efbc:TransmissionDate", brussels_date(draft.dispatch_date)),
                    node("efbc:TransmissionTime", "00:00:00" + brussels_date(draft.dispatch_date)[10:]),
                    contract_modification(draft),
                    notice_result(draft),
                    node("efac:NoticeSubType", node("cbc:SubTypeCode", draft.sub_type, listName="notice-subtype")),
                    organisations(draft),
                ),
            ),
        ),
    )


def _header(draft: Draft) -> list[etree._Element]:
    default = ("result", "can-standard") if draft.is_award else ("competition", "cn-standard")
    form, kind = NOTICE_TYPES.get(draft.sub_type, default)
    day = brussels_date(draft.dispatch_date)
    main, *others = draft.languages
    header = [
        node("cbc:UBLVersionID", "2.3"),
        node("cbc:CustomizationID", "eforms-sdk-1.13"),
        node("cbc:ID", draft.notice_id, schemeName="notice-id"),
    ]
    if draft.sub_type != "E1":
        header.append(node("cbc:ContractFolderID", draft.procedure_id))
    header += [
        node("cbc:IssueDate", day),
        node("cbc:IssueTime", "00:00:00" + day[10:]),
        node("cbc:VersionID", "01"),
    ]
    if draft.ted:
        header.append(node("cbc:RequestedPublicationDate", brussels_date(draft.published_at.date())))
    header += [
        node("cbc:RegulatoryDomain", LEGAL_BASES[draft.legal_basis]),
        node("cbc:NoticeTypeCode", kind, listName=form),
        node("cbc:NoticeLanguageCode", eforms_language(main), listName="language"),
    ]
    header += [node("cac:AdditionalNoticeLanguage", node("cbc:ID", eforms_language(other))) for other in others]
    return header


def _contracting_party(draft: Draft) -> etree._Element:
    organisation = draft.buyer.organisation.organisation_id
    role = "ted-esen" if written_in_portal_editor(organisation) else "serv-prov"
    activity: list[Child] = [_legal_type(draft), _activity(draft)]
    return node(
        "cac:ContractingParty",
        node("cbc:BuyerProfileURI", f"{PORTAL}/bda?organisationIds={organisation}&includeOrganisationChildren=true"),
        *activity,
        node(
            "cac:Party",
            node("cac:PartyIdentification", node("cbc:ID", "ORG-0001", schemeName="organization")),
            node(
                "cac:ServiceProviderParty",
                node("cbc:ServiceTypeCode", role, listName="organisation-role"),
                node(
                    "cac:Party",
                    node("cac:PartyIdentification", node("cbc:ID", "ORG-0002", schemeName="organization")),
                ),
            ),
        ),
    )


def _legal_type(draft: Draft) -> etree._Element | None:
    code = LEGAL_TYPES.get(draft.buyer.kind)
    if code is None:
        return None
    return node("cac:ContractingPartyType", node("cbc:PartyTypeCode", code, listName="buyer-legal-type"))


def _activity(draft: Draft) -> etree._Element:
    if draft.legal_basis == "D25":
        code, codes = ENTITY_ACTIVITIES.get(draft.buyer.kind, "water"), "entity-activity"
    else:
        code, codes = ACTIVITIES.get(draft.buyer.kind, "gen-pub"), "authority-activity"
    return node("cac:ContractingActivity", node("cbc:ActivityTypeCode", code, listName=codes))


def _terms(draft: Draft) -> etree._Element | None:
    if draft.is_award or draft.sub_type == "E1":
        return None
    lots = len(draft.lots)
    distribution = node("cac:LotDistribution", node("cbc:MaximumLotsAwardedNumeric", str(lots))) if lots > 1 else None
    return node("cac:TenderingTerms", requirement("exclusion-grounds-source", "epo-procurement-document"), distribution)


def _process(draft: Draft) -> etree._Element | None:
    if draft.procedure_code is None:
        return None
    justification = None
    if draft.sub_type == "25" and draft.explanation:
        justification = node(
            "cac:ProcessJustification",
            node("cbc:ProcessReasonCode", "technical", listName="direct-award-justification"),
            *multilingual("cbc:ProcessReason", draft.explanation),
        )
    elif not draft.is_award:
        justification = node(
            "cac:ProcessJustification", node("cbc:ProcessReasonCode", "false", listName="accelerated-procedure")
        )
    return node(
        "cac:TenderingProcess",
        node("cbc:ProcedureCode", draft.procedure_code, listName="procurement-procedure-type"),
        justification,
    )


def _tender_result(draft: Draft) -> etree._Element | None:
    if not draft.is_award or draft.award_date is None:
        return None
    # Notices of the portal's own editor carry the standard's placeholder instead of a date.
    day = "2000-01-01Z" if draft.ted else brussels_date(draft.award_date)
    return node("cac:TenderResult", node("cbc:AwardDate", day))

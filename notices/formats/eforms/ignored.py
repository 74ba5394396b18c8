"""What the reader ignores on purpose, and why.

Keys name the place (the `name` of a grammar), values the children that are ignored there. Everything that is neither
read nor listed here is reported as unread, so a field that is new to the portal is noticed the day it appears.
"""

from __future__ import annotations

from typing import Final

_DUMMY: Final = "a technical id without meaning outside the document"
_REVIEW: Final = "review procedure: nobody searches by it, and the model has no field for it"
_PARTY_ROLE: Final = "which organisation informs, reviews or evaluates; the organisation itself is kept"
_IN_DOCUMENTS: Final = "a condition of participation that suppliers read in the procurement documents"
_HOW: Final = "how the procedure is run electronically or in stages; decides neither who may bid nor when"
_PERSON: Final = "name or function of a person: personal data without a use here"
_NO_HOME: Final = "the model has no field for it"

IGNORED: Final[dict[str, dict[str, str]]] = {
    "notice": {
        "cbc:UBLVersionID": "version of the syntax; the SDK version is kept as the format",
        "cbc:ProfileID": "repeats the SDK version",
        "cbc:RequestedPublicationDate": "a wish (BT-738); the portal says when it published",
        "cbc:PlannedDate": "BT-127, expected date of the call: " + _NO_HOME,
        "cac:SenderParty": "who sent the notice, not who buys",
        "efbc:TransmissionDate": "when the e-sender passed the notice on (BT-803); the dispatch date is kept",
        "efbc:TransmissionTime": "see TransmissionDate",
        "efbc:AccessToolName": _HOW,
        "efac:Appeals": _REVIEW,
        "cac:BusinessCapability": "activities of a company that registers; not procurement",
        "efac:NoticePurpose": "formation, registration or end of a company; not procurement",
    },
    "publication": {"efbc:GazetteID": "issue of the Official Journal; the publication number identifies the notice"},
    "contracting party": {"cbc:BuyerProfileURI": "BT-508, page of the buyer: " + _NO_HOME},
    "contracting party role": {"cac:ServiceProviderParty": _PARTY_ROLE},
    "project": {"cbc:EstimatedOverallContractQuantity": "BT-25 without a unit that could be compared"},
    "planned period": {
        "cbc:StartTime": "always midnight",
        "cbc:EndTime": "always midnight",
        "cbc:Description": "explains a duration in words; not an eForms field",
    },
    "contract extension": {
        "cbc:OptionsDescription": "BT-54, options in words: " + _NO_HOME,
        "cac:Renewal": "BT-57, renewals in words; their number is kept",
    },
    "address": {
        "cbc:CountrySubentity": "name of the region whose code is kept",
        "cbc:Department": "BT-16, a department inside the organisation: " + _NO_HOME,
        "cbc:Postbox": "a post office box: " + _NO_HOME,
        "cbc:AddressFormatCode": "how the sender's software formats addresses",
        "cbc:Name": "name of the country whose code is kept",
    },
    "terms": {
        "cbc:RequiredCurriculaCode": _IN_DOCUMENTS,
        "cbc:MultipleTendersCode": _IN_DOCUMENTS,
        "cbc:RecurringProcurementIndicator": "BT-94: " + _NO_HOME,
        "cbc:RecurringProcurementDescription": "BT-95: " + _NO_HOME,
        "cbc:LatestSecurityClearanceDate": _IN_DOCUMENTS,
        "efbc:AccessToolName": _HOW,
        "efac:SelectionCriteria": _IN_DOCUMENTS,
        "efac:StrategicProcurement": "vehicles and energy (BT-717, BT-735, BT-810): " + _NO_HOME,
        "efac:TenderSubcontractingRequirements": _IN_DOCUMENTS,
        "efac:Funding": "which EU programme (BT-7220, BT-5010, BT-6140); that EU funds are used is kept",
        "cac:AdditionalInformationParty": _PARTY_ROLE,
        "cac:AllowedSubcontractTerms": _IN_DOCUMENTS,
        "cac:AppealTerms": _REVIEW,
        "cac:DocumentProviderParty": _PARTY_ROLE,
        "cac:TenderEvaluationParty": _PARTY_ROLE,
        "cac:EmploymentLegislationDocumentReference": _IN_DOCUMENTS,
        "cac:EnvironmentalLegislationDocumentReference": _IN_DOCUMENTS,
        "cac:FiscalLegislationDocumentReference": _IN_DOCUMENTS,
        "cac:ProcurementLegislationDocumentReference": "further legal basis in words (BT-01(c) to (f)): " + _NO_HOME,
        "cac:PaymentTerms": _IN_DOCUMENTS,
        "cac:PostAwardProcess": _HOW,
        "cac:RequiredFinancialGuarantee": _IN_DOCUMENTS,
        "cac:SecurityClearanceTerm": _IN_DOCUMENTS,
        "cac:TenderValidityPeriod": _IN_DOCUMENTS,
    },
    "document": {
        "cbc:ID": _DUMMY,
        "cbc:DocumentTypeCode": "BT-707, why documents are restricted; that they are is kept",
        "cbc:DocumentStatusCode": "which language versions are official; languages are kept",
    },
    "recipient": {"cac:PartyIdentification": _PARTY_ROLE},
    "qualification": {"cbc:CompanyLegalForm": _IN_DOCUMENTS, "cbc:CompanyLegalFormCode": _IN_DOCUMENTS},
    "requirement": {"cbc:Description": _IN_DOCUMENTS},
    "execution": {"cbc:Description": _IN_DOCUMENTS, "cbc:Name": _IN_DOCUMENTS},
    "criterion": {
        "cbc:CalculationExpression": "BT-543, a formula in words: " + _NO_HOME,
        "cbc:Description": "BT-733, why criteria are only ordered: " + _NO_HOME,
    },
    "subordinate criterion": {"cbc:CalculationExpression": "a formula in words: " + _NO_HOME},
    "awarding terms": {
        "cbc:NoFurtherNegotiationIndicator": _HOW,
        "cac:Prize": "BT-644, prizes of a design contest: " + _NO_HOME,
        "cac:TechnicalCommitteePerson": _PERSON,
        "cbc:BindingOnBuyerIndicator": "BT-42 of a design contest: " + _NO_HOME,
        "cbc:FollowupContractIndicator": "BT-41 of a design contest: " + _NO_HOME,
        "cbc:OtherConditionsIndicator": "BT-120: " + _NO_HOME,
    },
    "process": {
        "cbc:AccessToolsURI": _HOW,
        "efbc:AccessToolName": _HOW,
        "efbc:ProcedureRelaunchIndicator": "BT-634: a new call is a notice of its own",
        "cbc:CandidateReductionConstraintIndicator": _HOW,
        "cbc:GovernmentAgreementConstraintIndicator": "BT-115, covered by the GPA: " + _NO_HOME,
        "cbc:PartPresentationCode": "BT-763, whether all lots must be bid for: " + _NO_HOME,
        "cbc:TerminatedIndicator": "BT-756, a planning notice called for competition and ends: " + _NO_HOME,
        "cac:AdditionalDocumentReference": "a link to the procedure on a national platform; not an eForms field",
        "cac:AuctionTerms": _HOW,
        "cac:EconomicOperatorShortList": _HOW,
        "cac:InvitationSubmissionPeriod": "BT-130, when invitations go out: " + _NO_HOME,
    },
    "moment": {
        "cbc:Description": "BT-134, about the opening in words: " + _NO_HOME,
        "cac:OccurenceLocation": "BT-133, where tenders are opened: " + _NO_HOME,
    },
    "justification": {"cbc:ProcessReason": "reasons in words (BT-135, BT-1351): " + _NO_HOME},
    "earlier notice": {"cbc:ReferencedDocumentInternalAddress": "BT-1251, a part of the planning notice: " + _NO_HOME},
    "framework": {
        "cbc:Justification": "BT-109, why it lasts longer than four years: " + _NO_HOME,
        "cac:SubsequentProcessTenderRequirement": "BT-111, further buyers in words: " + _NO_HOME,
    },
    "organisations": {"efac:UltimateBeneficialOwner": _PERSON},
    "organisation": {
        "efac:UltimateBeneficialOwner": _PERSON,
        "efbc:ListedOnRegulatedMarketIndicator": "BT-746: " + _NO_HOME,
        "efbc:NaturalPersonIndicator": _PERSON,
    },
    "party": {"cbc:EndpointID": "address of an electronic delivery gateway (BT-509)"},
    "contact": {
        "cbc:Name": _PERSON,
        "cbc:JobTitle": _PERSON,
        "cbc:Department": _PERSON,
        "cbc:Telefax": "fax number",
    },
    "lot result": {
        "cac:FinancingParty": _PARTY_ROLE,
        "cac:PayerParty": _PARTY_ROLE,
        "efac:AppealRequestsStatistics": _REVIEW,
        "efac:StrategicProcurement": "vehicles, energy and trade measures (BT-723, BT-810, OPT-155): " + _NO_HOME,
        "efbc:DPSTerminationIndicator": "BT-119, a dynamic purchasing system ends: " + _NO_HOME,
    },
    "tender": {
        "efac:AggregatedAmounts": "payments and penalties of a completed contract (BT-779 to BT-782): " + _NO_HOME,
        "efac:ContractTerm": "cost parameters of public transport (T02): " + _NO_HOME,
        "efac:Origin": "BT-191, country of origin under the utilities directive: " + _NO_HOME,
        "efac:TenderReference": "BT-3201, the buyer's own number of the tender: " + _NO_HOME,
        "efbc:TenderRankedIndicator": "whether there is a rank; the rank is kept",
        "efbc:TenderVariantIndicator": "BT-193: " + _NO_HOME,
        "efbc:ForeignSubsidiesMeasuresCode": "BT-682: " + _NO_HOME,
        "efbc:PublicTransportationCumulatedDistance": "kilometres of public transport (T02): " + _NO_HOME,
    },
    "concession revenue": {"efbc:ValueDescription": "BT-163, how the value was reckoned: " + _NO_HOME},
    "subcontracting": {
        "efbc:PercentageKnownIndicator": "how much is subcontracted; that it is, is kept",
        "efbc:ValueKnownIndicator": "how much is subcontracted; that it is, is kept",
        "efbc:TermAmount": "BT-553, how much is subcontracted: " + _NO_HOME,
        "efbc:TermPercent": "BT-555, how much is subcontracted: " + _NO_HOME,
        "efbc:TermDescription": "BT-554, what is subcontracted: " + _NO_HOME,
    },
    "tendering party": {"cbc:Name": "a name for the group (OPT-211); its members are kept"},
    "tenderer": {"efac:MainContractor": "for whom a subcontractor works inside the group"},
    "contract": {
        "cac:SignatoryParty": "the buyer that signed; buyers are kept",
        "efac:DurationJustification": "why a public transport contract is longer (T02): " + _NO_HOME,
        "efac:Funding": "which EU programme (BT-722, BT-5011, BT-6110); that EU funds are used is kept",
        "efbc:ContractFrameworkIndicator": "BT-768, concluded within a framework agreement: " + _NO_HOME,
    },
    "changes": {"efbc:ModifiedContractIdentifier": _DUMMY},
    "announcement": {
        "cbc:ID": _DUMMY,
        "cbc:IssueDate": "date of another publication",
        "cbc:DocumentDescription": "name of another publication",
        "cac:Attachment": "page of another publication",
    },
    "business party": {"cac:Contact": _PERSON},
    "legal entity": {"cbc:RegistrationDate": "date of registration: " + _NO_HOME},
}
"""Ignored children by place, each with the reason."""

"""An eForms notice as the bulletin prints it: the UBL document as JSON, prefixes in the keys, one child no list."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from simulated_portals.boamp.drafts import Draft, Winner, derived_uuid

NATURES = {"TRAVAUX": "works", "FOURNITURES": "supplies", "SERVICES": "services"}
PROCEDURES = {"OUVERT": "open", "RESTREINT": "restricted", "DIALOGUE_COMPETITIF": "comp-dial"}
LANGUAGE = "FRA"
COURT = "ORG-0002"
SENDER = "ORG-0000"


def eforms(draft: Draft) -> dict[str, Any]:
    """The object under `EFORMS` with its one document."""
    award = draft.event == "award"
    root = {
        "ext:UBLExtensions": _extension({"efext:EformsExtension": _extensions(draft)}),
        "cbc:UBLVersionID": "2.3",
        "cbc:CustomizationID": "eforms-sdk-1.13",
        "cbc:ID": coded("notice-id", draft.notice_uuid, "schemeName"),
        "cbc:ContractFolderID": draft.folder,
        "cbc:IssueDate": _date(draft.published_on),
        "cbc:IssueTime": f"10:30:06{_offset(draft.published_on)}",
        "cbc:VersionID": f"{draft.version:02d}",
        "cbc:RegulatoryDomain": "32014L0024",
        "cbc:NoticeTypeCode": coded("result" if award else "competition", "can-standard" if award else "cn-standard"),
        "cbc:NoticeLanguageCode": coded("language", LANGUAGE),
        "cac:ContractingParty": _buyer(draft),
        "cac:TenderingTerms": _terms_of_procedure(),
        "cac:TenderingProcess": {
            "cbc:ProcedureCode": coded("procurement-procedure-type", PROCEDURES.get(draft.procedure, "open"))
        },
        "cac:ProcurementProject": _project(draft, draft.title, draft.amount),
        "cac:ProcurementProjectLot": one_or_list([_lot(draft, number) for number in range(max(1, len(draft.lots)))]),
    }
    return {"EFORMS": {"ContractAwardNotice" if award else "ContractNotice": root}}


def coded(listed: str, value: str, attribute: str = "listName") -> dict[str, str]:
    """A code with the name of its list."""
    return {f"@{attribute}": listed, "#text": value}


def text(value: str) -> dict[str, str]:
    """A text in French."""
    return {"@languageID": LANGUAGE, "#text": value}


def money(value: int) -> dict[str, str]:
    """An amount in euros."""
    return {"@currencyID": "EUR", "#text": str(value)}


def one_or_list(items: list[Any]) -> Any:
    """What repeats is a list, what occurs once is not."""
    return items[0] if len(items) == 1 else items


def _extension(content: dict[str, Any]) -> dict[str, Any]:
    return {"ext:UBLExtension": {"ext:ExtensionContent": content}}


def _date(day: date) -> str:
    return f"{day.isoformat()}{_offset(day)}"


def _offset(day: date) -> str:
    """What the clock of Paris had at noon."""
    return datetime.combine(day, time(12), ZoneInfo("Europe/Paris")).isoformat()[-6:]


def _time(instant: datetime) -> str:
    return instant.isoformat()[11:]


def _extensions(draft: Draft) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if draft.previous is not None and draft.event in ("correction", "cancellation"):
        found["efac:Changes"] = _changes(draft, draft.previous)
    if draft.event == "award":
        found["efac:NoticeResult"] = _result(draft)
    found["efac:NoticeSubType"] = {"cbc:SubTypeCode": coded("notice-subtype", "29" if draft.event == "award" else "16")}
    found["efac:Organizations"] = {"efac:Organization": _organisations(draft)}
    return found


def _changes(draft: Draft, before: Draft) -> dict[str, Any]:
    cancels = draft.event == "cancellation"
    why = "La procédure est déclarée sans suite." if cancels else "La date limite de réception est reportée."
    found: dict[str, Any] = {
        "efbc:ChangedNoticeIdentifier": f"{before.notice_uuid}-{before.version:02d}",
        "efac:ChangeReason": {
            "cbc:ReasonCode": coded("change-corrig-justification", "cancel" if cancels else "update-add"),
            "efbc:ReasonDescription": text(why),
        },
    }
    if not cancels and draft.deadline is not None:
        found["efac:Change"] = {
            "efbc:ChangeDescription": text(f"Nouvelle date limite : {draft.deadline:%d/%m/%Y à %H:%M}."),
            "efac:ChangedSection": {"efbc:ChangedSectionIdentifier": "LOT-0001"},
        }
    return found


def _organisations(draft: Draft) -> list[dict[str, Any]]:
    buyer = draft.buyer
    found = [
        _organisation("ORG-0001", buyer.name, buyer.siret, buyer.city, buyer.postal_code, buyer.nuts, buyer.street),
        _organisation(COURT, "Tribunal administratif de la Plaine", "17009000500019", "Paris", "75004", "FR101"),
    ]
    for number, winner in enumerate(draft.winners):
        company = _organisation(
            _winner_id(number), winner.name, winner.siret, winner.city, winner.postal_code, buyer.nuts
        )
        company["efac:Company"]["efbc:CompanySizeCode"] = coded("economic-operator-size", winner.size)
        found.append(company)
    found.append(_organisation(SENDER, "Plateforme d'achats Exemple", "45009000600013", "Lyon", "69003", "FRK26"))
    return found


def _winner_id(number: int) -> str:
    return f"ORG-{number + 3:04d}"


def _organisation(
    key: str, name: str, siret: str, city: str, postal_code: str, nuts: str, street: str | None = None
) -> dict[str, Any]:
    address = {
        **({"cbc:StreetName": street} if street else {}),
        "cbc:CityName": city,
        "cbc:PostalZone": postal_code,
        "cbc:CountrySubentityCode": coded("nuts", nuts),
        "cac:Country": {"cbc:IdentificationCode": coded("country", "FRA")},
    }
    return {
        "efac:Company": {
            "cac:PartyIdentification": {"cbc:ID": coded("organization", key, "schemeName")},
            "cac:PartyName": {"cbc:Name": text(name)},
            "cac:PostalAddress": address,
            "cac:PartyLegalEntity": {"cbc:CompanyID": siret},
            "cac:Contact": {"cbc:Telephone": "+33 100000000", "cbc:ElectronicMail": "marches@exemple.fr"},
        }
    }


def _buyer(draft: Draft) -> dict[str, Any]:
    return {
        "cbc:BuyerProfileURI": draft.platform,
        "cac:ContractingPartyType": {"cbc:PartyTypeCode": coded("buyer-legal-type", draft.buyer.kind)},
        "cac:ContractingActivity": {"cbc:ActivityTypeCode": coded("authority-activity", "gen-pub")},
        "cac:Party": {
            "cac:PartyIdentification": {"cbc:ID": "ORG-0001"},
            "cac:ServiceProviderParty": {
                "cbc:ServiceTypeCode": coded("organisation-role", "ted-esen"),
                "cac:Party": {"cac:PartyIdentification": {"cbc:ID": SENDER}},
            },
        },
    }


def _terms_of_procedure() -> dict[str, Any]:
    requirement = {"cbc:TendererRequirementTypeCode": coded("exclusion-grounds-source", "epo-procurement-document")}
    return {"cac:TendererQualificationRequest": {"cac:SpecificTendererRequirement": requirement}}


def _project(draft: Draft, title: str, amount: int | None) -> dict[str, Any]:
    main, *others = draft.cpv
    found: dict[str, Any] = {
        "cbc:ID": coded("InternalID", draft.reference, "schemeName"),
        "cbc:Name": text(title),
        "cbc:Description": text(draft.about),
        "cbc:ProcurementTypeCode": coded("contract-nature", NATURES[draft.nature]),
        "cac:MainCommodityClassification": {"cbc:ItemClassificationCode": coded("cpv", main)},
    }
    if others:
        found["cac:AdditionalCommodityClassification"] = one_or_list(
            [{"cbc:ItemClassificationCode": coded("cpv", code)} for code in others]
        )
    if amount is not None:
        found["cac:RequestedTenderTotal"] = {"cbc:EstimatedOverallContractAmount": money(amount)}
    found["cac:RealizedLocation"] = {
        "cac:Address": {
            "cbc:CityName": draft.buyer.city,
            "cbc:PostalZone": draft.buyer.postal_code,
            "cbc:CountrySubentityCode": coded("nuts", draft.buyer.nuts),
            "cac:Country": {"cbc:IdentificationCode": coded("country", "FRA")},
        }
    }
    return found


def _lot(draft: Draft, number: int) -> dict[str, Any]:
    title = draft.lots[number] if draft.lots else draft.title
    project = _project(draft, title, None)
    project["cac:PlannedPeriod"] = {"cbc:DurationMeasure": {"@unitCode": "MONTH", "#text": str(draft.months)}}
    strategic = [
        {"cbc:ProcurementTypeCode": coded("strategic-procurement", code)}
        for code, said in (("env-imp", draft.green), ("soc-obj", draft.social))
        if said
    ]
    if strategic:
        project["cac:ProcurementAdditionalType"] = one_or_list(strategic)
    return {
        "cbc:ID": coded("Lot", f"LOT-{number + 1:04d}", "schemeName"),
        "cac:TenderingTerms": _lot_terms(draft),
        "cac:TenderingProcess": _lot_process(draft),
        "cac:ProcurementProject": project,
    }


def _lot_terms(draft: Draft) -> dict[str, Any]:
    reserved = coded("reserved-procurement", "res-pub-ser" if draft.reserved else "none")
    criteria = [("price", "Prix des prestations", 60), ("quality", "Valeur technique", 40)]
    found: dict[str, Any] = {
        "cac:TendererQualificationRequest": {
            "cac:SpecificTendererRequirement": {"cbc:TendererRequirementTypeCode": reserved}
        },
        "cac:AwardingTerms": {
            "cac:AwardingCriterion": {
                "cac:SubordinateAwardingCriterion": [_criterion(*criterion) for criterion in criteria]
            }
        },
        "cac:AppealTerms": {"cac:AppealReceiverParty": {"cac:PartyIdentification": {"cbc:ID": COURT}}},
    }
    if draft.event != "award":
        found["cac:CallForTendersDocumentReference"] = {
            "cbc:ID": f"DCE-{draft.idweb}",
            "cbc:DocumentType": "non-restricted-document",
            "cac:Attachment": {"cac:ExternalReference": {"cbc:URI": f"{draft.platform}/consultation/{draft.idweb}"}},
        }
        found["cac:TenderRecipientParty"] = {"cbc:EndpointID": draft.platform}
    return found


def _criterion(kind: str, name: str, weight: int) -> dict[str, Any]:
    parameter = {
        "efbc:ParameterCode": coded("number-weight", "per-exa"),
        "efbc:ParameterNumeric": str(weight),
    }
    return {
        "ext:UBLExtensions": _extension({"efext:EformsExtension": {"efac:AwardCriterionParameter": parameter}}),
        "cbc:AwardingCriterionTypeCode": coded("award-criterion-type", kind),
        "cbc:Description": text(name),
    }


def _lot_process(draft: Draft) -> dict[str, Any]:
    found: dict[str, Any] = {
        "cbc:SubmissionMethodCode": coded("esubmission", "required"),
        "cac:ContractingSystem": [
            {"cbc:ContractingSystemTypeCode": coded("framework-agreement", "none")},
            {"cbc:ContractingSystemTypeCode": coded("dps-usage", "none")},
        ],
    }
    if draft.deadline is not None and draft.event != "award":
        name = (
            "cac:TenderSubmissionDeadlinePeriod"
            if draft.procedure == "OUVERT"
            else "cac:ParticipationRequestReceptionPeriod"
        )
        found[name] = {
            "cbc:EndDate": f"{draft.deadline.date().isoformat()}{draft.deadline.isoformat()[-6:]}",
            "cbc:EndTime": _time(draft.deadline),
        }
    return found


def _result(draft: Draft) -> dict[str, Any]:
    numbers = range(len(draft.winners))
    return {
        "cbc:TotalAmount": money(sum(winner.amount for winner in draft.winners)),
        "efac:LotResult": one_or_list([_lot_result(number, draft.winners[number]) for number in numbers]),
        "efac:LotTender": one_or_list([_tender(number, draft.winners[number]) for number in numbers]),
        "efac:SettledContract": one_or_list([_contract(draft, number) for number in numbers]),
        "efac:TenderingParty": one_or_list(
            [
                {
                    "cbc:ID": coded("tendering-party", f"TPA-{number + 1:04d}", "schemeName"),
                    "efac:Tenderer": {"cbc:ID": coded("organization", _winner_id(number), "schemeName")},
                }
                for number in numbers
            ]
        ),
    }


def _lot_result(number: int, winner: Winner) -> dict[str, Any]:
    key = f"{number + 1:04d}"
    return {
        "cbc:ID": coded("result", f"RES-{key}", "schemeName"),
        "cbc:TenderResultCode": coded("winner-selection-status", "selec-w"),
        "efac:LotTender": {"cbc:ID": coded("tender", f"TEN-{key}", "schemeName")},
        "efac:ReceivedSubmissionsStatistics": {
            "efbc:StatisticsCode": coded("received-submission-type", "tenders"),
            "efbc:StatisticsNumeric": str(winner.offers),
        },
        "efac:SettledContract": {"cbc:ID": coded("contract", f"CON-{key}", "schemeName")},
        "efac:TenderLot": {"cbc:ID": coded("Lot", f"LOT-{key}", "schemeName")},
    }


def _tender(number: int, winner: Winner) -> dict[str, Any]:
    key = f"{number + 1:04d}"
    return {
        "cbc:ID": coded("tender", f"TEN-{key}", "schemeName"),
        "cac:LegalMonetaryTotal": {"cbc:PayableAmount": money(winner.amount)},
        "efac:TenderingParty": {"cbc:ID": coded("tendering-party", f"TPA-{key}", "schemeName")},
        "efac:TenderLot": {"cbc:ID": coded("Lot", f"LOT-{key}", "schemeName")},
        "efac:TenderReference": {"cbc:ID": f"offre {number + 1}"},
    }


def _contract(draft: Draft, number: int) -> dict[str, Any]:
    key = f"{number + 1:04d}"
    return {
        "cbc:ID": coded("contract", f"CON-{key}", "schemeName"),
        "cbc:IssueDate": _date(draft.published_on),
        "efac:ContractReference": {"cbc:ID": f"{draft.reference}-{number + 1}"},
        "efac:LotTender": {"cbc:ID": coded("tender", f"TEN-{key}", "schemeName")},
    }


def folder_of(idweb: str) -> str:
    """The UUID of the procedure that began with a notice (BT-04)."""
    return derived_uuid("boamp-procedure", idweb)

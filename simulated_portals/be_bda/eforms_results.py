"""The outcome in an invented award: the reference chain from lot result to tender, party, contract and organisation."""

from __future__ import annotations

from decimal import Decimal

from lxml import etree

from simulated_portals.be_bda.drafts import Draft, DraftAward
from simulated_portals.be_bda.eforms_parties import eforms_language, organisation_id_of, winners
from simulated_portals.be_bda.invented_data import Supplier
from simulated_portals.be_bda.xml_names import Child, brussels_date, node


def notice_result(draft: Draft) -> etree._Element | None:
    """`efac:NoticeResult`, None for what is no award."""
    if not draft.awards:
        return None
    won = [award for award in draft.awards if award.winner]
    total = sum((award.amount for award in won if award.amount), Decimal(0))
    return node(
        "efac:NoticeResult",
        _money("cbc:TotalAmount", total) if draft.total_given and total else None,
        *(_lot_result(award) for award in draft.awards),
        *(_tender(draft, award) for award in won),
        *(_contract(draft, award) for award in won),
        *(_party(draft, winner) for winner in winners(draft)),
    )


def contract_modification(draft: Draft) -> etree._Element | None:
    """`efac:ContractModification` of a notice of subtype 38."""
    if draft.sub_type != "38" or draft.explanation is None or draft.changed_notice is None:
        return None
    texts = [
        node("efbc:ChangeDescription", text, languageID=eforms_language(language))
        for language, text in draft.explanation.items()
    ]
    reasons = [
        node("efbc:ReasonDescription", text, languageID=eforms_language(language))
        for language, text in draft.explanation.items()
    ]
    return node(
        "efac:ContractModification",
        node("efbc:ChangedNoticeIdentifier", draft.changed_notice, schemeName="notice-id-ref"),
        node("efbc:ModifiedContractIdentifier", "CON-0001", schemeName="contract"),
        node(
            "efac:Change",
            *texts,
            node("efac:ChangedSection", node("efbc:ChangedSectionIdentifier", "RESULT")),
        ),
        node(
            "efac:ChangeReason",
            node("cbc:ReasonCode", "add-wss", listName="modification-justification"),
            *reasons,
        ),
    )


def _money(name: str, amount: Decimal) -> etree._Element:
    return node(name, f"{amount:.2f}", currencyID="EUR")


def _number(award: DraftAward) -> str:
    return f"{award.lot.number:04d}"


def _reference(name: str, scheme: str, identifier: str) -> etree._Element:
    return node(name, node("cbc:ID", identifier, schemeName=scheme))


def _lot_result(award: DraftAward) -> etree._Element:
    number, won = _number(award), award.winner is not None
    return node(
        "efac:LotResult",
        node("cbc:ID", f"RES-{number}", schemeName="result"),
        _money("cbc:HigherTenderAmount", award.highest) if award.highest else None,
        _money("cbc:LowerTenderAmount", award.lowest) if award.lowest else None,
        node("cbc:TenderResultCode", "selec-w" if won else "clos-nw", listName="winner-selection-status"),
        None if won else _reason(award),
        _reference("efac:LotTender", "tender", f"TEN-{number}") if won else None,
        _tenders_received(award),
        _reference("efac:SettledContract", "contract", f"CON-{number}") if won else None,
        _reference("efac:TenderLot", "Lot", award.lot.identifier),
    )


def _reason(award: DraftAward) -> etree._Element:
    code = "no-rece" if not award.tenders else "chan-need"
    return node("efac:DecisionReason", node("efbc:DecisionReasonCode", code, listName="non-award-justification"))


def _tenders_received(award: DraftAward) -> etree._Element | None:
    """The number of tenders; some Belgian notices leave the code that names the statistic empty."""
    if award.tenders is None:
        return None
    code = None if award.unnamed_statistic else "tenders"
    return node(
        "efac:ReceivedSubmissionsStatistics",
        node("efbc:StatisticsCode", code, listName="received-submission-type"),
        node("efbc:StatisticsNumeric", str(award.tenders)),
    )


def _tender(draft: Draft, award: DraftAward) -> etree._Element:
    number = _number(award)
    party = f"TPA-{1 + winners(draft).index(award.winner):04d}" if award.winner else ""
    amount = award.amount
    return node(
        "efac:LotTender",
        node("cbc:ID", f"TEN-{number}", schemeName="tender"),
        node("efbc:TenderRankedIndicator", "false"),
        node("cac:LegalMonetaryTotal", _money("cbc:PayableAmount", amount)) if amount else None,
        node("efac:SubcontractingTerm", node("efbc:TermCode", "no", listName="applicability")),
        _reference("efac:TenderingParty", "tendering-party", party),
        _reference("efac:TenderLot", "Lot", award.lot.identifier),
        node("efac:TenderReference", node("cbc:ID", f"{draft.reference}/{award.lot.number}")),
    )


def _contract(draft: Draft, award: DraftAward) -> etree._Element:
    number = _number(award)
    titles: list[Child] = [
        node("cbc:Title", title, languageID=eforms_language(language)) for language, title in award.lot.titles.items()
    ]
    return node(
        "efac:SettledContract",
        node("cbc:ID", f"CON-{number}", schemeName="contract"),
        node("cbc:IssueDate", brussels_date(draft.award_date)) if draft.award_date else None,
        *titles,
        node(
            "cac:SignatoryParty",
            node("cac:PartyIdentification", node("cbc:ID", "ORG-0001", schemeName="organization")),
        ),
        node("efac:ContractReference", node("cbc:ID", f"{draft.reference}-{award.lot.number}")),
        _reference("efac:LotTender", "tender", f"TEN-{number}"),
    )


def _party(draft: Draft, winner: Supplier) -> etree._Element:
    return node(
        "efac:TenderingParty",
        node("cbc:ID", f"TPA-{1 + winners(draft).index(winner):04d}", schemeName="tendering-party"),
        node("efac:Tenderer", node("cbc:ID", organisation_id_of(draft, winner), schemeName="organization")),
    )

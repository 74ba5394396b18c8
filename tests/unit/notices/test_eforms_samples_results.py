"""Values, results and winners of every real eForms notice at hand, compared with facts from XPath."""

from __future__ import annotations

import pytest
from lxml import etree

from notices.model import Notice
from tests.support.eforms_facts import (
    EXT,
    ORGANISATIONS,
    RESULT,
    SAMPLES,
    VALID,
    Facts,
    amounts_of,
    lot_node,
    read,
)

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples are not in ../shared/samples"),
]


@pytest.fixture(params=VALID, ids=lambda path: path.stem)
def pair(request: pytest.FixtureRequest) -> tuple[Notice, Facts]:
    return read(request.param)


def test_values_of_notice_and_lots_are_those_printed(pair: tuple[Notice, Facts]) -> None:
    notice, facts = pair
    total = "cac:ProcurementProject/cac:RequestedTenderTotal"
    expected = facts.amounts("estimated", f"/*/{total}/cbc:EstimatedOverallContractAmount")
    expected += facts.amounts("framework-maximum", f"/*/{total}/{EXT}/efbc:FrameworkMaximumAmount")
    expected += facts.amounts("awarded", f"{RESULT}/cbc:TotalAmount")
    expected += facts.amounts("framework-maximum", f"{RESULT}/efbc:OverallMaximumFrameworkContractsAmount")
    expected += facts.amounts("framework-reestimated", f"{RESULT}/efbc:OverallApproximateFrameworkContractsAmount")
    assert amounts_of(notice.values) == sorted(set(expected))
    for lot in notice.lots:
        node = lot_node(facts, lot.id)
        expected = facts.amounts("estimated", f"{total}/cbc:EstimatedOverallContractAmount", node)
        expected += facts.amounts("framework-maximum", f"{total}/{EXT}/efbc:FrameworkMaximumAmount", node)
        expected += facts.amounts("framework-maximum", ".//cbc:EstimatedMaximumValueAmount", node)
        group = f"{RESULT}/efac:GroupFramework[efac:TenderLot/cbc:ID='{lot.id}']"
        expected += facts.amounts("framework-maximum", f"{group}/efbc:GroupFrameworkMaximumValueAmount")
        assert amounts_of(lot.values) == sorted(set(expected))


def test_results_carry_status_lot_values_and_tenders_received(pair: tuple[Notice, Facts]) -> None:
    notice, facts = pair
    nodes = facts.nodes(f"{RESULT}/efac:LotResult")
    if not nodes:
        return
    assert len(notice.results) == len(nodes)
    for result, node in zip(notice.results, nodes, strict=True):
        assert result.id == facts.text("cbc:ID", node)
        assert result.lot_id == facts.text("efac:TenderLot/cbc:ID", node)
        assert result.status == facts.text("cbc:TenderResultCode", node)
        assert result.non_award_reason == facts.text("efac:DecisionReason/efbc:DecisionReasonCode", node)
        expected = facts.amounts("lowest-tender", "cbc:LowerTenderAmount", node)
        expected += facts.amounts("highest-tender", "cbc:HigherTenderAmount", node)
        values = "efac:FrameworkAgreementValues"
        expected += facts.amounts("framework-maximum", f"{values}/cbc:MaximumValueAmount", node)
        expected += facts.amounts("framework-reestimated", f"{values}/efbc:ReestimatedValueAmount", node)
        assert amounts_of(result.values) == sorted(expected)
        assert (result.tenders_received, result.tenders_received_basis) == expected_count(facts, node)


def expected_count(facts: Facts, node: etree._Element) -> tuple[int | None, str | None]:
    """The rule of the dossier: `tenders`, one empty code, `t-esubm`, else a lower bound from the tenders named."""
    pairs = []
    for statistic in facts.nodes("efac:ReceivedSubmissionsStatistics", node):
        number = facts.text("efbc:StatisticsNumeric", statistic)
        if number is not None and int(number) >= 0:
            pairs.append((facts.text("efbc:StatisticsCode", statistic), int(number)))
    for code in ("tenders", None, "t-esubm"):
        counts = [count for kind, count in pairs if kind == code]
        if counts and (code is not None or len(pairs) == 1):
            return counts[-1], code or "empty-code"
    named = len(facts.ids("efac:LotTender/cbc:ID", node)) if facts.text("cbc:TenderResultCode", node) else 0
    return (named, "at-least-tenders-named") if named else (None, None)


def test_winners_follow_contract_and_references(pair: tuple[Notice, Facts]) -> None:
    notice, facts = pair
    nodes = facts.nodes(f"{RESULT}/efac:LotResult")
    if not nodes:
        return
    for result, node in zip(notice.results, nodes, strict=True):
        winning = winning_tenders(facts, node)
        assert {tender.id for tender in result.tenders if tender.winner} == winning
        companies = {company for tender in winning for company in tenderers(facts, tender)}
        assert {winner.local_id for winner in result.winners} == companies
        for tender in result.tenders:
            definition = f"{RESULT}/efac:LotTender[cbc:ID='{tender.id}']"
            kind = "awarded" if tender.winner else "tender"
            value = facts.amounts(kind, f"{definition}/cac:LegalMonetaryTotal/cbc:PayableAmount")
            assert amounts_of((tender.value,) if tender.value else ()) == value
            revenue = f"{definition}/efac:ConcessionRevenue/efbc:*"
            paths = f"{revenue}[self::efbc:RevenueBuyerAmount or self::efbc:RevenueUserAmount]"
            assert amounts_of(tender.revenues) == sorted(facts.amounts("concession-revenue", paths))
            rank = facts.text(f"{definition}/cbc:RankCode")
            assert tender.rank == (int(rank) if rank and int(rank) >= 0 else None)


def winning_tenders(facts: Facts, node: etree._Element) -> set[str]:
    status = facts.text("cbc:TenderResultCode", node)
    if status not in (None, "selec-w"):
        return set()
    own = set(facts.ids("efac:LotTender/cbc:ID", node))
    lot = facts.text("efac:TenderLot/cbc:ID", node)
    own |= set(facts.ids(f"{RESULT}/efac:LotTender[efac:TenderLot/cbc:ID='{lot}']/cbc:ID"))
    contracts = facts.ids("efac:SettledContract/cbc:ID", node)
    settled = {
        tender
        for contract in contracts
        for tender in facts.ids(f"{RESULT}/efac:SettledContract[cbc:ID='{contract}']/efac:LotTender/cbc:ID")
    }
    if not contracts:
        every = facts.nodes(f"{RESULT}/efac:SettledContract")
        settled = {tender for contract in every for tender in facts.ids("efac:LotTender/cbc:ID", contract)}
    return (own & settled) or set(facts.ids("efac:LotTender/cbc:ID", node))


def tenderers(facts: Facts, tender: str) -> list[str]:
    party = facts.text(f"{RESULT}/efac:LotTender[cbc:ID='{tender}']/efac:TenderingParty/cbc:ID")
    references = facts.texts(f"{RESULT}/efac:TenderingParty[cbc:ID='{party}']/efac:Tenderer/cbc:ID")
    return [
        company
        for reference in references
        for company in facts.texts(
            f"{ORGANISATIONS}[*/cac:PartyIdentification/cbc:ID='{reference}']/efac:Company/cac:PartyIdentification/cbc:ID"
        )
    ]


def test_tenders_without_a_result_still_name_their_winner(pair: tuple[Notice, Facts]) -> None:
    notice, facts = pair
    expected = facts.ids(f"{RESULT}/efac:LotTender/cbc:ID")
    if not facts.nodes(f"{RESULT}/efac:LotResult"):
        assert [tender.id for result in notice.results for tender in result.tenders if tender.winner] == expected
    else:
        named = {tender.id for result in notice.results for tender in result.tenders}
        assert named == set(expected)

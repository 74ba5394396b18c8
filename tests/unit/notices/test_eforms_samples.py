"""Every real eForms notice at hand, compared with facts that plain XPath takes from the same file.

Nothing here uses the reader's own helpers: dates, amounts, languages and reference chains are read again, by other
means.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from notices.formats.eforms import NoticeFormatError, ReadingContext, read_eforms
from notices.model import Notice, NoticeKind

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
FOLDERS = {
    "belgium/eforms_2025-06": 127,
    "ted/eforms_real": 76,
    "ted/eforms_sdk_examples": 80,
}
"""Folders of notices with the least number of valid ones that must be there."""

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples are not in ../shared/samples"),
]

NS = {
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "ext": "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2",
    "efext": "http://data.europa.eu/p27/eforms-ubl-extensions/1",
    "efac": "http://data.europa.eu/p27/eforms-ubl-extension-aggregate-components/1",
    "efbc": "http://data.europa.eu/p27/eforms-ubl-extension-basic-components/1",
}
EXT = "ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent/efext:EformsExtension"
RESULT = f"/*/{EXT}/efac:NoticeResult"
ORGANISATIONS = f"/*/{EXT}/efac:Organizations/efac:Organization"

ISO1 = {
    "BUL": "bg",
    "CES": "cs",
    "DAN": "da",
    "DEU": "de",
    "ELL": "el",
    "ENG": "en",
    "EST": "et",
    "FIN": "fi",
    "FRA": "fr",
    "GLE": "ga",
    "HRV": "hr",
    "HUN": "hu",
    "ITA": "it",
    "LAV": "lv",
    "LIT": "lt",
    "MLT": "mt",
    "NLD": "nl",
    "POL": "pl",
    "POR": "pt",
    "RON": "ro",
    "SLK": "sk",
    "SLV": "sl",
    "SPA": "es",
    "SWE": "sv",
}
KINDS = {
    "planning": NoticeKind.PLANNING,
    "consultation": NoticeKind.CONSULTATION,
    "competition": NoticeKind.COMPETITION,
    "dir-awa-pre": NoticeKind.DIRECT_AWARD,
    "result": NoticeKind.RESULT,
    "cont-modif": NoticeKind.MODIFICATION,
    "completion": NoticeKind.COMPLETION,
    "bri": NoticeKind.REGISTRATION,
}
NO_NUMBER = {"n/a", "nihil", "none"}
SENTINELS = {Decimal(-1), Decimal(0), Decimal("0.01"), Decimal(1)}
LOT_KINDS = {"Lot": "lot", "Part": "part", "LotsGroup": "group"}
DEADLINES = {
    "tenders": "cac:TenderSubmissionDeadlinePeriod",
    "requests": "cac:ParticipationRequestReceptionPeriod",
    "expressions": f"{EXT}/efac:InterestExpressionReceptionPeriod | {EXT}/efac:AnswerReceptionPeriod",
}

Amount = tuple[str, Decimal, str]


def files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((SAMPLES / folder).rglob("*.xml"))


VALID = [path for path in files() if not path.name.startswith("INVALID_")]
INVALID = [path for path in files() if path.name.startswith("INVALID_")]


class Facts:
    """What XPath finds in one file."""

    def __init__(self, payload: bytes) -> None:
        self.root = etree.fromstring(payload)

    def nodes(self, path: str, node: etree._Element | None = None) -> list[etree._Element]:
        found = (self.root if node is None else node).xpath(path, namespaces=NS)
        assert isinstance(found, list)
        return found

    def texts(self, path: str, node: etree._Element | None = None) -> list[str]:
        """Texts of elements, comments left out, without those that are empty."""
        found = ("".join(element.xpath("text()")).strip() for element in self.nodes(path, node))
        return [text for text in found if text]

    def text(self, path: str, node: etree._Element | None = None) -> str | None:
        return next(iter(self.texts(path, node)), None)

    def by_language(self, path: str, node: etree._Element | None = None) -> dict[str, str]:
        default = self.text("/*/cbc:NoticeLanguageCode")
        texts: dict[str, str] = {}
        for element in self.nodes(path, node):
            text = flat("".join(element.xpath("text()")))
            if any(char.isalnum() for char in text):
                texts.setdefault(ISO1[element.get("languageID") or default or ""], text)
        return texts

    def amounts(self, kind: str, path: str, node: etree._Element | None = None) -> list[Amount]:
        found = []
        for element in self.nodes(path, node):
            if (element.text or "").strip():
                amount = Decimal((element.text or "").strip())
                if amount not in SENTINELS:
                    found.append((kind, amount, element.get("currencyID") or ""))
        return found

    def ids(self, path: str, node: etree._Element | None = None) -> list[str]:
        return list(dict.fromkeys(self.texts(path, node)))


def flat(text: str) -> str:
    return " ".join(re.sub("[\u0080-\u009f\u00ad\u200b\ufeff]", "", unicodedata.normalize("NFC", text)).split())


def flat_texts(texts: dict[str, str]) -> dict[str, str]:
    return {language: flat(text) for language, text in texts.items()}


def moment(day: str, clock: str | None) -> datetime:
    """`2025-07-14+02:00` and `10:00:00+02:00` as an instant in UTC; without a clock the last second of the day."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?", day)
    assert found is not None, day
    date_text, day_offset = found.groups()
    parts = re.fullmatch(r"(\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?", clock or "23:59:59")
    assert parts is not None, clock
    naive = datetime.strptime(f"{date_text} {parts[1]}", "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 the offset follows
    offset = parts[2] or day_offset
    if offset is None:
        return naive.replace(tzinfo=ZoneInfo("Europe/Brussels")).astimezone(UTC)
    if offset == "Z":
        return naive.replace(tzinfo=UTC)
    sign = -1 if offset[0] == "-" else 1
    distance = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
    return naive.replace(tzinfo=timezone(sign * distance)).astimezone(UTC)


def amounts_of(values: tuple[object, ...]) -> list[Amount]:
    return sorted((value.kind.value, value.amount, value.currency) for value in values)  # type: ignore[attr-defined]


@cache
def read(path: Path) -> tuple[Notice, Facts]:
    payload = path.read_bytes()
    context = ReadingContext(portal="be_bda", zone=ZoneInfo("Europe/Brussels"))
    return read_eforms(payload, context=context).notice, Facts(payload)


@pytest.fixture(params=VALID, ids=lambda path: path.stem)
def pair(request: pytest.FixtureRequest) -> tuple[Notice, Facts]:
    return read(request.param)


def test_no_sample_was_left_out() -> None:
    for folder, least in FOLDERS.items():
        assert sum((SAMPLES / folder) in path.parents for path in VALID) >= least
    assert len(INVALID) >= 12


def test_every_subtype_of_the_standard_is_among_the_samples() -> None:
    numbers = {str(number) for number in range(1, 41)}
    others = {"CEI", "T01", "T02", "X01", "X02", *(f"E{number}" for number in range(1, 7))}
    assert {read(path)[0].subtype for path in VALID} == numbers | others


def test_identity_is_that_of_the_file(pair: tuple[Notice, Facts]) -> None:
    notice, facts = pair
    assert notice.notice_uuid == facts.text("/*/cbc:ID")
    assert notice.id == f"be_bda:notice-{notice.notice_uuid}"
    assert notice.notice_version == facts.text("/*/cbc:VersionID")
    assert notice.procedure_id == facts.text("/*/cbc:ContractFolderID")
    assert notice.subtype == facts.text(f"/*/{EXT}/efac:NoticeSubType/cbc:SubTypeCode")
    assert notice.notice_type == facts.text("/*/cbc:NoticeTypeCode")
    assert notice.kind is KINDS[facts.nodes("/*/cbc:NoticeTypeCode")[0].get("listName") or ""]
    assert notice.legal_basis == facts.text("/*/cbc:RegulatoryDomain")
    assert notice.format == facts.text("/*/cbc:CustomizationID")
    number = facts.text(f"/*/{EXT}/efac:Publication/efbc:NoticePublicationID")
    assert notice.publication_number == (number.lstrip("0") if number else None)
    languages = facts.texts("/*/cbc:NoticeLanguageCode | /*/cac:AdditionalNoticeLanguage/cbc:ID")
    assert set(notice.languages) == {ISO1[code] for code in languages}
    issued = facts.text("/*/cbc:IssueDate"), facts.text("/*/cbc:IssueTime")
    assert notice.dispatched_at is not None
    assert notice.dispatched_at.replace(microsecond=0) == moment(issued[0] or "", issued[1] or "00:00:00")


def test_titles_are_there_in_every_language(pair: tuple[Notice, Facts]) -> None:
    notice, facts = pair
    if notice.kind is NoticeKind.REGISTRATION:
        expected = facts.by_language("/*/cac:AdditionalDocumentReference/cbc:ReferencedDocumentInternalAddress")
    else:
        expected = facts.by_language("/*/cac:ProcurementProject/cbc:Name")
    assert expected
    assert notice.title == expected
    assert flat_texts(notice.description) == facts.by_language(
        "/*/cac:ProcurementProject/cbc:Description | /*/cbc:Note"
    )


def test_buyers_are_those_referred_to_with_their_number(pair: tuple[Notice, Facts]) -> None:
    notice, facts = pair
    references = facts.texts("/*/cac:ContractingParty/cac:Party/cac:PartyIdentification/cbc:ID")
    companies = []
    for reference in references:
        found = facts.nodes(f"{ORGANISATIONS}[*/cac:PartyIdentification/cbc:ID='{reference}']/efac:Company")
        companies.extend(company for company in found if company not in companies)
    assert [flat_texts(buyer.name) for buyer in notice.buyers] == [
        facts.by_language("cac:PartyName/cbc:Name", company) for company in companies
    ]
    assert [buyer.local_id for buyer in notice.buyers] == [
        facts.text("cac:PartyIdentification/cbc:ID", company) for company in companies
    ]
    for buyer, company in zip(notice.buyers, companies, strict=True):
        numbers = [flat(text) for text in facts.ids("cac:PartyLegalEntity/cbc:CompanyID", company)]
        known = [text for text in numbers if re.search(r"[1-9]|[^\W\d_]", text) and text.lower() not in NO_NUMBER]
        assert [identifier.printed for identifier in buyer.identifiers] == known
        city = facts.text("cac:PostalAddress/cbc:CityName", company)
        assert (buyer.place.locality if buyer.place else None) == (flat(city) if city else None)


def test_no_organisation_is_lost(pair: tuple[Notice, Facts]) -> None:
    notice, facts = pair
    tenders = [tender for result in notice.results for tender in result.tenders]
    parties = [*notice.buyers, *notice.other_parties]
    parties += [party for tender in tenders for party in (*tender.tenderers, *tender.subcontractors)]
    expected = set(facts.texts(f"{ORGANISATIONS}/efac:Company/cac:PartyIdentification/cbc:ID"))
    assert {party.local_id for party in parties if party.local_id} == expected


def test_cpv_codes_are_those_printed(pair: tuple[Notice, Facts]) -> None:
    notice, facts = pair
    project = "/*/cac:ProcurementProject"
    assert notice.main_cpv == facts.text(f"{project}/cac:MainCommodityClassification/cbc:ItemClassificationCode")
    codes = facts.ids(f"{project}/cac:*/cbc:ItemClassificationCode")
    assert {item.code for item in notice.classifications} == set(codes)
    for lot in notice.lots:
        node = lot_node(facts, lot.id)
        lot_codes = facts.ids("cac:ProcurementProject/cac:*/cbc:ItemClassificationCode", node)
        assert {item.code for item in lot.classifications} == set(lot_codes)
        main = next((item.code for item in lot.classifications if item.main), None)
        path = "cac:ProcurementProject/cac:MainCommodityClassification/cbc:ItemClassificationCode"
        assert main == facts.text(path, node)


def lot_node(facts: Facts, lot_id: str) -> etree._Element:
    return facts.nodes(f"/*/cac:ProcurementProjectLot[normalize-space(cbc:ID)='{lot_id}']")[0]


def test_lots_parts_and_groups_are_all_there(pair: tuple[Notice, Facts]) -> None:
    notice, facts = pair
    ids = facts.nodes("/*/cac:ProcurementProjectLot/cbc:ID")
    assert [(lot.id, lot.kind) for lot in notice.lots] == [
        ((node.text or "").strip(), LOT_KINDS[node.get("schemeName") or ""]) for node in ids
    ]
    for lot in notice.lots:
        node = lot_node(facts, lot.id)
        assert lot.title == facts.by_language("cac:ProcurementProject/cbc:Name", node)
        expected = facts.by_language("cac:ProcurementProject/cbc:Description", node)
        assert flat_texts(lot.description) == expected
        nuts = facts.ids("cac:ProcurementProject/cac:RealizedLocation/cac:Address/cbc:CountrySubentityCode", node)
        assert {place.nuts for place in lot.places if place.nuts} == set(nuts)
        urls = "cac:TenderingTerms/cac:CallForTendersDocumentReference/cac:Attachment/cac:ExternalReference/cbc:URI"
        assert {document.url for document in lot.documents} == set(facts.texts(urls, node))
        submission = facts.text("cac:TenderingTerms/cac:TenderRecipientParty/cbc:EndpointID", node)
        assert lot.submission_url == submission
        criteria = "cac:TenderingTerms/cac:AwardingTerms//cbc:AwardingCriterionTypeCode"
        assert [item.type for item in lot.award_criteria if item.type] == facts.texts(criteria, node)


def test_groups_of_lots_know_their_members(pair: tuple[Notice, Facts]) -> None:
    notice, facts = pair
    for lot in notice.lots:
        group = f"/*/cac:TenderingTerms/cac:LotDistribution/cac:LotsGroup[cbc:LotsGroupID='{lot.id}']"
        assert list(lot.members) == facts.texts(f"{group}/cac:ProcurementProjectLotReference/cbc:ID")


def test_deadlines_are_the_printed_instants(pair: tuple[Notice, Facts]) -> None:
    notice, facts = pair
    for lot in notice.lots:
        process = facts.nodes("cac:TenderingProcess", lot_node(facts, lot.id))
        expected = set()
        for kind, path in DEADLINES.items():
            for period in (node for parent in process for node in facts.nodes(path, parent)):
                day, clock = facts.text("cbc:EndDate", period), facts.text("cbc:EndTime", period)
                if day and not day.startswith("1970-01-01"):
                    expected.add((kind, moment(day, clock), clock is None))
        assert {(item.kind.value, item.at.astimezone(UTC), item.date_only) for item in lot.deadlines} == expected


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
            value = facts.amounts("awarded", f"{definition}/cac:LegalMonetaryTotal/cbc:PayableAmount")
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


def test_changes_say_what_they_change(pair: tuple[Notice, Facts]) -> None:
    notice, facts = pair
    changes = f"/*/{EXT}/efac:Changes"
    assert bool(notice.changes) == bool(facts.nodes(changes))
    assert {change.changed_notice for change in notice.changes if change.changed_notice} == set(
        facts.texts(f"{changes}/efbc:ChangedNoticeIdentifier")
    )
    assert {change.reason for change in notice.changes if change.reason} == set(
        facts.texts(f"{changes}/efac:ChangeReason/cbc:ReasonCode")
    )
    sections = {section for change in notice.changes for section in change.sections}
    assert sections == set(facts.texts(f"{changes}/efac:Change//efbc:ChangedSectionIdentifier"))
    texts = [text for change in notice.changes for text in change.description.values()]
    assert sorted(map(flat, texts)) == sorted(map(flat, facts.texts(f"{changes}/efac:Change/efbc:ChangeDescription")))


@pytest.mark.parametrize(
    ("name", "reason", "words"),
    [
        ("can_24_empty", "missing", "BT-701"),
        ("can_24_stage-1", "missing", "BT-701"),
        ("can_24_stage-2", "missing", "BT-701"),
        ("change-cn_24_FRA_comments", "contradiction", "BT-33"),
        ("cn_24_empty", "missing", "BT-701"),
        ("cn_24_multiple", "repeated", "BT-262"),
        ("cn_24_stage-1", "missing", "BT-701"),
        ("cn_24_stage-2", "missing", "BT-701"),
        ("pin-buyer_24_stage-1", "missing", "BT-701"),
        ("pin-only_24_empty", "missing", "BT-701"),
        ("pin-only_24_minimal", "missing", "BT-701"),
        ("pin-only_24_stage-1", "missing", "BT-701"),
    ],
)
def test_an_invalid_notice_is_refused_with_its_reason(name: str, reason: str, words: str) -> None:
    path = SAMPLES / "ted/eforms_sdk_examples" / f"INVALID_{name}.xml"
    with pytest.raises(NoticeFormatError, match=words) as refusal:
        read(path)
    assert refusal.value.reason == reason
    assert refusal.value.path
    assert refusal.value.sentence.endswith(".")


def test_every_invalid_sample_is_refused() -> None:
    for path in INVALID:
        with pytest.raises(NoticeFormatError):
            read(path)

"""Every real eForms notice at hand, compared with facts that plain XPath takes from the same file."""

from __future__ import annotations

import re
from datetime import UTC

import pytest

from notices.formats.eforms import NoticeFormatError
from notices.model import DeadlineKind, Notice, NoticeKind
from tests.support.eforms_facts import (
    DEADLINES,
    EXT,
    FOLDERS,
    INVALID,
    ISO1,
    KINDS,
    LOT_KINDS,
    NO_NUMBER,
    ORGANISATIONS,
    SAMPLES,
    VALID,
    Facts,
    flat,
    flat_texts,
    lot_node,
    moment,
    read,
)

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples are not in ../shared/samples"),
]


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


def test_the_samples_hold_lots_groups_and_deadlines_to_compare() -> None:
    lots = [lot for path in VALID for lot in read(path)[0].lots]
    assert sum(lot.kind == "lot" for lot in lots) > 100
    assert any(lot.kind == "group" and lot.members for lot in lots)
    assert {deadline.kind for lot in lots for deadline in lot.deadlines} == set(DeadlineKind)


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

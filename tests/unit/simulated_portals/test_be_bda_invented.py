"""Invented notices are believable, varied, and the same for the same seed and day."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from lxml import etree

from simulated_portals.be_bda.invented import Inventor
from simulated_portals.be_bda.invented_data import invented_world
from simulated_portals.be_bda.kbo import kbo_number
from simulated_portals.be_bda.publications import Publication
from simulated_portals.be_bda.xml_names import CAC, CBC, EFAC, EFBC

TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def notices() -> tuple[Publication, ...]:
    return Inventor(seed=1, today=TODAY).publications(400)


@pytest.fixture(scope="module")
def documents(notices: tuple[Publication, ...]) -> list[tuple[Publication, etree._Element]]:
    return [
        (item, etree.fromstring(version.read_xml().encode()))
        for item in notices
        for version in item.versions
        if version.read_xml
    ]


def test_the_same_seed_and_day_give_the_same_notices(notices: tuple[Publication, ...]) -> None:
    again = Inventor(seed=1, today=TODAY).publications(400)
    assert [item.workspace_id for item in again] == [item.workspace_id for item in notices]
    assert again[50].latest.read_xml
    assert notices[50].latest.read_xml
    assert again[50].latest.read_xml() == notices[50].latest.read_xml()


def test_another_seed_gives_other_notices(notices: tuple[Publication, ...]) -> None:
    other = Inventor(seed=2, today=TODAY).publications(400)
    assert not {item.workspace_id for item in other} & {item.workspace_id for item in notices}


def test_notices_date_from_the_last_ninety_days_and_none_from_the_future(notices: tuple[Publication, ...]) -> None:
    instants = [version.published_at for item in notices for version in item.versions]
    assert min(instants).date() >= TODAY - timedelta(days=90)
    assert max(instants) < datetime.fromisoformat("2026-11-20T01:00")
    assert any(instant.date() == TODAY for instant in instants)


def test_weekends_are_quiet(notices: tuple[Publication, ...]) -> None:
    per_weekday = Counter(item.versions[0].published_at.weekday() for item in notices)
    assert max(per_weekday[5], per_weekday[6]) * 3 <= 2 * min(per_weekday[day] for day in range(5))


def test_no_day_of_a_demonstration_is_empty_as_that_would_look_suspect() -> None:
    made = Inventor(seed=1, today=TODAY).publications(480)
    days = {item.publication_date for item in made}
    assert days >= {TODAY - timedelta(days=back) for back in range(1, 90)}


def test_many_calls_are_still_open(notices: tuple[Publication, ...]) -> None:
    now = datetime.fromisoformat("2026-11-20T12:00")
    assert sum(1 for item in notices if item.deadline and item.deadline > now) > 80


def test_all_kinds_languages_and_regions_occur(notices: tuple[Publication, ...]) -> None:
    assert {item.sub_type for item in notices} == {
        "16", "17", "19", "20", "25", "29", "30", "33", "38", "E1", "E3", "E4",
    }  # fmt: skip
    assert {language for item in notices for language in item.languages} == {"FR", "NL", "DE", "EN"}
    assert any(set(item.languages) == {"FR", "NL"} for item in notices)
    assert {code[:3] for item in notices for code in item.nuts_codes} == {"BE1", "BE2", "BE3"}
    assert {item.natures for item in notices} == {("WORKS",), ("SUPPLIES",), ("SERVICES",)}


def test_every_language_group_has_sixty_objects_with_words_of_its_own() -> None:
    objects = invented_world().objects
    for language in ("FR", "NL", "DE"):
        assert len({wording.titles[0] for item in objects if (wording := item.wording(language))}) >= 60


def test_titles_are_varied_and_complete(notices: tuple[Publication, ...]) -> None:
    titles = [title for item in notices for title in item.titles.values()]
    assert len(set(titles)) > 280
    assert not any("{" in text for item in notices for text in (*item.titles.values(), *item.descriptions.values()))


def test_some_deadlines_moved_and_some_calls_were_withdrawn(notices: tuple[Publication, ...]) -> None:
    moved = [item for item in notices if len(item.versions) > 1 and item.versions[0].deadline != item.latest.deadline]
    assert len(moved) >= 5
    assert any(item.cancelled_at for item in notices)


def test_awards_follow_calls_of_the_same_procedure(notices: tuple[Publication, ...]) -> None:
    calls = {item.procedure_id: item for item in notices if item.form_type == "COMPETITION"}
    linked = [item for item in notices if item.form_type == "AWARD" and item.procedure_id in calls]
    assert len(linked) > 10
    for award in linked:
        deadline = calls[award.procedure_id].versions[0].deadline
        assert deadline is not None
        assert award.latest.published_at > deadline


def test_contractor_classes_are_asked_for_works_only(notices: tuple[Publication, ...]) -> None:
    classed = [item for item in notices if item.accreditations]
    assert len(classed) > 40
    assert {item.natures for item in classed} == {("WORKS",)}


def test_documents_carry_the_offset_of_their_own_day(documents: list[tuple[Publication, etree._Element]]) -> None:
    for item, root in documents:
        issued = root.findtext(f"{{{CBC}}}IssueDate") or ""
        assert issued[10:] == ("+01:00" if issued[:10] > "2026-10-24" else "+02:00"), item.workspace_id


def test_the_deadline_in_the_document_is_the_one_of_the_row(
    documents: list[tuple[Publication, etree._Element]],
) -> None:
    latest = {item.latest.notice_id: item for item, _ in documents}
    checked = 0
    for _, root in documents:
        item = latest.get(root.findtext(f"{{{CBC}}}ID") or "")
        if item is None or item.form_type != "COMPETITION" or item.deadline is None:
            continue
        periods = [
            *root.iter(f"{{{CAC}}}TenderSubmissionDeadlinePeriod"),
            *root.iter(f"{{{CAC}}}ParticipationRequestReceptionPeriod"),
        ]
        assert {period.findtext(f"{{{CBC}}}EndDate", "")[:10] for period in periods} == {str(item.deadline.date())}
        checked += 1
    assert checked > 150


def test_two_stage_calls_have_no_deadline_for_tenders(documents: list[tuple[Publication, etree._Element]]) -> None:
    two_stage = [root for _, root in documents if list(root.iter(f"{{{CAC}}}ParticipationRequestReceptionPeriod"))]
    assert len(two_stage) > 10
    assert not any(list(root.iter(f"{{{CAC}}}TenderSubmissionDeadlinePeriod")) for root in two_stage)


def test_every_winner_is_found_through_the_chain_of_references(
    documents: list[tuple[Publication, etree._Element]],
) -> None:
    chains = 0
    for _, root in documents:
        result = root.find(f".//{{{EFAC}}}NoticeResult")
        if result is None:
            continue
        companies = {
            node.findtext(f"{{{CAC}}}PartyIdentification/{{{CBC}}}ID") for node in root.iter(f"{{{EFAC}}}Company")
        }
        tenders = {node.findtext(f"{{{CBC}}}ID"): node for node in result.findall(f"{{{EFAC}}}LotTender")}
        parties = {node.findtext(f"{{{CBC}}}ID"): node for node in result.findall(f"{{{EFAC}}}TenderingParty")}
        for lot in result.findall(f"{{{EFAC}}}LotResult"):
            tender_id = lot.findtext(f"{{{EFAC}}}LotTender/{{{CBC}}}ID")
            if tender_id is None:
                assert lot.findtext(f"{{{CBC}}}TenderResultCode") == "clos-nw"
                continue
            party = parties[tenders[tender_id].findtext(f"{{{EFAC}}}TenderingParty/{{{CBC}}}ID")]
            assert party.findtext(f"{{{EFAC}}}Tenderer/{{{CBC}}}ID") in companies
            chains += 1
    assert chains > 100


def test_some_statistics_do_not_say_what_they_count(documents: list[tuple[Publication, etree._Element]]) -> None:
    codes = Counter(bool(code.text) for _, root in documents for code in root.iter(f"{{{EFBC}}}StatisticsCode"))
    assert codes[False] >= 3
    assert codes[True] > codes[False]


def test_estimates_are_rare(documents: list[tuple[Publication, etree._Element]]) -> None:
    with_estimate = [root for _, root in documents if list(root.iter(f"{{{CBC}}}EstimatedOverallContractAmount"))]
    assert 0 < len(with_estimate) * 10 < len(documents)


def test_kbo_numbers_pass_their_own_check() -> None:
    for serial in (60101, 80001, 999_999):
        number = kbo_number(serial)
        assert len(number) == 10
        assert 97 - int(number[:8]) % 97 == int(number[8:])


def test_identifiers_are_spelled_in_dirty_ways(documents: list[tuple[Publication, etree._Element]]) -> None:
    spellings = {
        root.findtext(f".//{{{EFAC}}}Company/{{{CAC}}}PartyLegalEntity/{{{CBC}}}CompanyID", "") for _, root in documents
    }
    assert any("_" in text for text in spellings)
    assert any(text.startswith("BE ") for text in spellings)
    assert any(len(text) == 9 and text.isdigit() for text in spellings)

"""What the reader of TED notices before eForms promises, one promise a test, and its report of unread elements."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notices.formats.ted_export import IGNORED, ReadingContext, UnreadElement, read_ted_export
from notices.model import AmountKind, DeadlineKind, Notice, TaxBasis

GOLDEN = Path(__file__).parents[2] / "golden" / "ted_export"
CONTEXT = ReadingContext(portal="eu_ted", zone=ZoneInfo("Europe/Brussels"))


def payload(name: str) -> bytes:
    return (GOLDEN / f"{name}.xml").read_bytes()


def read(source: bytes, context: ReadingContext = CONTEXT) -> Notice:
    return read_ted_export(source, context=context).notice


COMPETITION = payload("competition_bilingual_two_lots")
RESULT = payload("result_group_withheld_and_not_awarded")
CHANGE = payload("change_that_moves_the_deadline")
MODIFICATION = payload("modification_with_a_new_contractor")
OLD = payload("old_competition_two_lots")


def test_two_language_versions_are_one_notice_with_both_languages() -> None:
    notice = read(COMPETITION)
    assert notice.languages == ("fr", "nl")
    assert set(notice.title) == set(notice.buyers[1].name) == set(notice.lots[1].description) == {"fr", "nl"}
    assert notice.lots[0].award_criteria[0].name == {"fr": "Méthode", "nl": "Werkwijze"}


def test_an_original_goes_before_a_translation_wherever_it_stands() -> None:
    first, rest = COMPETITION.split(b'CATEGORY="ORIGINAL" FORM="F02" LG="FR"')
    translated = first + b'CATEGORY="TRANSLATION" FORM="F02" LG="FR"' + rest
    assert read(translated).languages == ("nl", "fr")
    assert next(iter(read(translated).title)) == "nl"


def test_language_versions_that_list_lots_in_another_order_are_matched_by_number() -> None:
    head, dutch = COMPETITION.rsplit(b'<F02_2014 CATEGORY="ORIGINAL"', 1)
    swapped = dutch.replace(b"<LOT_NO>1<", b"<LOT_NO>x<").replace(b"<LOT_NO>2<", b"<LOT_NO>1<")
    notice = read(head + b'<F02_2014 CATEGORY="ORIGINAL"' + swapped.replace(b"<LOT_NO>x<", b"<LOT_NO>2<"))
    assert notice.lots[0].title == {"fr": "Toiture", "nl": "Sanitair"}


def test_language_versions_with_different_lots_leave_a_note() -> None:
    head, dutch = COMPETITION.rsplit(b'<F02_2014 CATEGORY="ORIGINAL"', 1)
    start, end = dutch.index(b'<OBJECT_DESCR ITEM="2"'), dutch.index(b"</OBJECT_CONTRACT>")
    notice = read(
        head + b'<F02_2014 CATEGORY="ORIGINAL"' + dutch[:start].replace(b"<LOT_NO>1</LOT_NO>", b"") + dutch[end:]
    )
    assert len(notice.lots) == 2
    assert any("differ in the number of lots" in note.message for note in notice.notes)


def test_the_id_is_that_of_the_portal_or_the_publication_number() -> None:
    context = ReadingContext(portal="be_bda", zone=ZoneInfo("Europe/Brussels"), id="be_bda:ws-9", country="BE")
    assert read(COMPETITION, context).id == "be_bda:ws-9"
    assert read(COMPETITION).id == "eu_ted:notice-182183-2021"
    assert read(CHANGE).id == "eu_ted:notice-2021-700007"


def test_a_leading_zero_is_no_part_of_a_publication_number() -> None:
    assert read(MODIFICATION).publication_number == "7-2021"
    assert read(MODIFICATION).links[0].value == "99-2015"


def test_the_namespace_of_a_release_does_not_matter() -> None:
    spaces = [b"ted/R2.0.9.S02/publication", b"http://formex.publications.europa.eu/ted/schema/export/R2.0.9.S01.E01"]
    for space in spaces:
        other = COMPETITION.replace(b"http://publications.europa.eu/resource/schema/ted/R2.0.9/publication", space)
        assert read(other) == read(COMPETITION)


def test_a_supplementary_cpv_code_is_kept_as_a_note() -> None:
    assert [note.printed for note in read(COMPETITION).notes if "supplementary" in note.message] == ["DA40"]


def test_a_withheld_part_is_left_out_and_told() -> None:
    reading = read_ted_export(RESULT, context=CONTEXT)
    text = reading.notice.model_dump_json()
    assert "Secret Mesure" not in text
    assert "77777" not in text
    assert reading.notice.results[1].tenders_received is None
    paths = [note.path.rpartition("/")[2] for note in reading.notice.notes if "does not agree" in note.message]
    assert paths == ["AC", "TENDERS", "CONTRACTORS", "VALUES"]
    assert reading.unread == ()


def test_the_coded_data_do_not_tell_a_value_that_the_form_withholds() -> None:
    coded = b'<VALUES><VALUE TYPE="PROCUREMENT_TOTAL" CURRENCY="GBP">88000</VALUE></VALUES></NOTICE_DATA>'
    source = payload("old_result_that_withholds_its_value").replace(b"</NOTICE_DATA>", coded)
    assert read(source).values == ()
    agreed = source.replace(b'<AGREE_TO_PUBLISH VALUE="NO"/>', b'<AGREE_TO_PUBLISH VALUE="YES"/>')
    assert [money.amount for money in read(agreed).values] == [Decimal(88000)]


def test_a_group_is_one_tender_and_single_winners_are_several() -> None:
    results = read(RESULT).results
    assert [len(tender.tenderers) for tender in results[0].tenders] == [2]
    assert [len(tender.tenderers) for tender in results[3].tenders] == [1, 1, 1]
    assert [contract.reference for contract in results[3].contracts] == ["C-4a", "C-4b"]
    assert [money.amount for money in results[3].values] == [Decimal(50000)]


def test_an_award_finds_its_lot_however_the_number_is_written() -> None:
    assert [result.lot_id for result in read(RESULT).results] == ["Lot 01", "Lot 02", "Lot 03", "Lot 04"]


def test_a_lot_without_award_says_so() -> None:
    assert [result.status for result in read(RESULT).results] == ["selec-w", "selec-w", "clos-nw", "selec-w"]


def test_contracts_of_one_lot_with_different_counts_keep_the_highest_and_a_note() -> None:
    notice = read(RESULT.replace(b"<NB_TENDERS_RECEIVED>2<", b"<NB_TENDERS_RECEIVED>3<", 1))
    assert notice.results[3].tenders_received == 3
    assert any(note.printed == "3, 2" for note in notice.notes)


def test_the_sentinel_amounts_are_absent() -> None:
    assert read(COMPETITION).lots[1].values == ()
    assert [tender.value for tender in read(RESULT).results[3].tenders] == [None, None, None]


def test_a_corrigendum_is_a_change_that_says_what_changed_and_moves_the_deadline() -> None:
    notice = read(CHANGE)
    assert notice.kind == "change"
    assert notice.changes[0].sections == ("IV.2.2", "II.2.4 (2)", "II.1.2", "III.1.1")
    assert "2021-05-18 11:00 → 2021-06-01 10:00" in notice.changes[0].description["fr"]
    assert "45214200 → 45214210" in notice.changes[0].description["fr"]
    assert "- → Néant" in notice.changes[0].description["fr"]
    assert notice.deadline is not None
    assert notice.deadline.at == datetime(2021, 6, 1, 8, 0, tzinfo=UTC)
    assert [(link.relation, link.value) for link in notice.links] == [("changed", "182183-2021")]


def test_a_modification_says_why_and_what_it_is_worth_now() -> None:
    notice = read(MODIFICATION)
    assert (notice.kind, notice.modification_reason) == ("modification", "add-wss")
    assert [money.amount for money in notice.values] == [Decimal(1250000)]
    assert [winner.name["fr"] for winner in notice.results[0].winners] == ["Vieux Port SA", "Nouveau Port SAS"]
    assert any(note.printed == "1000000 EUR" for note in notice.notes)


@pytest.mark.parametrize(
    ("procedure", "kind"),
    [
        (b"PT_OPEN", DeadlineKind.TENDERS),
        (b"PT_RESTRICTED", DeadlineKind.REQUESTS),
        (b"PT_COMPETITIVE_DIALOGUE", DeadlineKind.REQUESTS),
    ],
)
def test_a_deadline_is_for_tenders_or_for_requests(procedure: bytes, kind: DeadlineKind) -> None:
    deadline = read(COMPETITION.replace(b"PT_RESTRICTED", procedure)).deadline
    assert deadline is not None
    assert deadline.kind is kind


def test_a_deadline_without_an_hour_lasts_the_whole_day() -> None:
    notice = read(COMPETITION.replace(b"<TIME_RECEIPT_TENDERS>11:00</TIME_RECEIPT_TENDERS>", b""))
    assert notice.deadline is not None
    assert notice.deadline.date_only
    assert notice.deadline.at.strftime("%H:%M:%S") == "23:59:59"


def test_a_deadline_is_on_the_clock_of_the_buyers_country() -> None:
    british = read(OLD).deadline
    assert british is not None
    assert british.at == datetime(2014, 6, 5, 11, 0, tzinfo=UTC)
    portal = ReadingContext(portal="uk_x", zone=ZoneInfo("Europe/Paris"), country="GB")
    told = read(OLD, portal).deadline
    assert told is not None
    assert told.at == datetime(2014, 6, 5, 10, 0, tzinfo=UTC)


def test_a_deadline_that_ted_has_moved_since_is_told() -> None:
    notice = read(COMPETITION.replace(b"20210518 11:00", b"20210601 10:00"))
    assert notice.deadline is not None
    assert notice.deadline.at == datetime(2021, 5, 18, 9, 0, tzinfo=UTC)
    assert any(note.printed == "2021-06-01 10:00" for note in notice.notes)


@pytest.mark.parametrize("code", ["UK", "EL"])
def test_the_countries_that_ted_spells_its_own_way_are_known(code: str) -> None:
    notice = read(COMPETITION.replace(b'VALUE="BE"', f'VALUE="{code}"'.encode()))
    assert notice.country == notice.buyers[0].place.country == {"UK": "GB", "EL": "GR"}[code]  # type: ignore[union-attr]


def test_a_value_of_an_older_release_keeps_its_tax_basis() -> None:
    assert [money.tax_basis for money in read(OLD).values] == [TaxBasis.EXCLUDED]
    including = OLD.replace(b"<EXCLUDING_VAT/>", b"<INCLUDING_VAT><VAT_PRCT>20</VAT_PRCT></INCLUDING_VAT>")
    assert [money.tax_basis for money in read(including).values] == [TaxBasis.INCLUDED]
    silent = OLD.replace(b"<EXCLUDING_VAT/>", b"")
    assert [(money.kind, money.tax_basis) for money in read(silent).values] == [
        (AmountKind.ESTIMATED, TaxBasis.UNKNOWN)
    ]


KINDS = [
    ("F01", "PRI_ONLY", "planning", "pin-only"),
    ("F01", "PRI_REDUCING_TIME_LIMITS", "planning", "pin-rtl"),
    ("F01", "PRI_CALL_COMPETITION", "competition", "pin-cfc-standard"),
    ("F03", "", "result", "can-standard"),
    ("F05", "", "competition", "cn-standard"),
    ("F07", "QSU_ONLY", "competition", "qu-sy"),
    ("F08", "", "planning", "pin-buyer"),
    ("F12", "", "competition", "cn-desg"),
    ("F13", "", "result", "can-desg"),
    ("F14", "", "change", None),
    ("F15", "", "direct-award", "veat"),
    ("F20", "", "modification", "can-modif"),
    ("F21", "PRI_ONLY", "planning", "pin-only"),
    ("F21", "CONTRACT", "competition", "cn-social"),
    ("F21", "AWARD_CONTRACT", "result", "can-social"),
    ("F22", "QSU_CALL_COMPETITION", "competition", "qu-sy"),
    ("F23", "PRI", "competition", "pin-cfc-social"),
    ("F23", "CONCESSION_AWARD_CONTRACT", "result", "can-social"),
    ("F24", "", "competition", "cn-standard"),
    ("F25", "", "result", "can-standard"),
]


@pytest.mark.parametrize(("form", "notice_type", "kind", "code"), KINDS)
def test_each_form_is_of_its_kind(form: str, notice_type: str, kind: str, code: str | None) -> None:
    source = COMPETITION.replace(b"F02_2014", f"{form}_2014".encode()).replace(b'FORM="F02"', f'FORM="{form}"'.encode())
    if notice_type:
        source = source.replace(b"<CONTRACTING_BODY>", f'<NOTICE TYPE="{notice_type}"/><CONTRACTING_BODY>'.encode())
    notice = read(source)
    assert (notice.kind, notice.notice_type, notice.subtype) == (kind, code, form)


def test_several_planned_contracts_become_parts_of_their_own() -> None:
    start, end = COMPETITION.index(b"<OBJECT_CONTRACT>"), COMPETITION.index(b"</OBJECT_CONTRACT>") + 18
    second = COMPETITION[start:end].replace("Rénovation de l’école".encode(), b"Autre chantier")
    source = COMPETITION[:end] + second + COMPETITION[end:]
    source = source[: source.rindex(b'<F02_2014 CATEGORY="ORIGINAL"')] + b"</FORM_SECTION></TED_EXPORT>"
    notice = read(source.replace(b"F02_2014", b"F01_2014").replace(b'FORM="F02"', b'FORM="F01"'))
    assert notice.title["fr"].startswith("Rénovation")
    assert [(lot.id, lot.kind) for lot in notice.lots] == [
        ("1/1", "part"),
        ("1/2", "part"),
        ("2/1", "part"),
        ("2/2", "part"),
    ]


def unread(source: bytes) -> dict[str, UnreadElement]:
    return {element.path: element for element in read_ted_export(source, context=CONTEXT).unread}


def test_a_new_element_of_a_ted_form_is_reported_where_it_stands_with_a_sample() -> None:
    found = unread(COMPETITION.replace(b"<LOT_NO>", b"<CARBON_BUDGET>42</CARBON_BUDGET><LOT_NO>"))
    path = "FORM_SECTION/F02_2014/OBJECT_CONTRACT/OBJECT_DESCR/CARBON_BUDGET"
    assert found == {path: UnreadElement(path=path, count=4, sample="42")}


def test_a_new_element_of_the_coded_data_is_reported() -> None:
    found = unread(COMPETITION.replace(b"<NO_DOC_OJS>", b"<NEW_CODE/><NO_DOC_OJS>", 1))
    assert list(found) == ["CODED_DATA_SECTION/NOTICE_DATA/NEW_CODE"]


def test_a_new_element_of_an_older_form_is_reported() -> None:
    found = unread(OLD.replace(b"<LOT_NUMBER>1<", b"<NEW_THING>9</NEW_THING><LOT_NUMBER>1<"))
    assert [path.rpartition("/")[2] for path in found] == ["NEW_THING"]


def test_everything_a_ted_notice_ignores_on_purpose_has_a_reason() -> None:
    for place, children in IGNORED.items():
        for child, reason in children.items():
            assert child == child.upper(), (place, child)
            assert len(reason) > 5, (place, child)

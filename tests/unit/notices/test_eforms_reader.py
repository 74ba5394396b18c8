"""What a reader of the model may rely on: absent values, flags, references, changes and winners."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notices.formats.eforms import NoticeFormatError, ReadingContext, read_eforms
from notices.model import AmountKind, DeadlineKind, Notice, NoticeKind, TaxBasis

GOLDEN = Path(__file__).parents[2] / "golden" / "eforms"
BRUSSELS = ZoneInfo("Europe/Brussels")
COMPETITION = (GOLDEN / "competition_restricted_two_lots.xml").read_text(encoding="utf-8")
RESULT = (GOLDEN / "result_consortium_and_losing_tender.xml").read_text(encoding="utf-8")
CHANGE = (GOLDEN / "change_that_cancels.xml").read_text(encoding="utf-8")
PLANNING = (GOLDEN / "planning_named_by_touchpoint.xml").read_text(encoding="utf-8")
MODIFICATION = (GOLDEN / "modification_of_a_concession.xml").read_text(encoding="utf-8")
REGISTRATION = (GOLDEN / "registration_of_a_company.xml").read_text(encoding="utf-8")

STATISTIC = (
    '<efac:ReceivedSubmissionsStatistics><efbc:StatisticsCode listName="received-submission-type"/>'
    "<efbc:StatisticsNumeric>3</efbc:StatisticsNumeric></efac:ReceivedSubmissionsStatistics>"
)


def read(xml: str, *replacements: tuple[str, str], **context: str) -> Notice:
    for old, new in replacements:
        assert old in xml, old
        xml = xml.replace(old, new)
    given = ReadingContext.model_validate({"portal": "be_bda", "zone": BRUSSELS, **context})
    return read_eforms(xml.encode(), context=given).notice


def statistic(code: str, number: int) -> str:
    return STATISTIC.replace('"/>', f'">{code}</efbc:StatisticsCode>').replace(">3<", f">{number}<")


def test_the_id_of_the_portal_wins_over_that_of_the_notice() -> None:
    notice = read(COMPETITION, id="be_bda:711223", url="https://www.publicprocurement.be/711223", country="BE")
    assert notice.id == "be_bda:711223"
    assert notice.url == "https://www.publicprocurement.be/711223"


def test_a_bare_notice_is_known_by_its_own_identifier() -> None:
    assert read(COMPETITION).id == "be_bda:notice-0b6e1f5e-0000-4000-8000-000000000001"


def test_the_jurisdiction_of_the_portal_wins_over_the_seat_of_the_buyer() -> None:
    assert read(PLANNING, country="BE").country == "BE"
    assert read(PLANNING).country == "FR"


@pytest.mark.parametrize(
    ("form_type", "kind"),
    [
        ("planning", NoticeKind.PLANNING),
        ("consultation", NoticeKind.CONSULTATION),
        ("competition", NoticeKind.COMPETITION),
        ("dir-awa-pre", NoticeKind.DIRECT_AWARD),
        ("result", NoticeKind.RESULT),
        ("cont-modif", NoticeKind.MODIFICATION),
        ("completion", NoticeKind.COMPLETION),
        ("change", NoticeKind.CHANGE),
    ],
)
def test_the_form_type_decides_the_kind(form_type: str, kind: NoticeKind) -> None:
    assert read(COMPETITION, ('listName="competition"', f'listName="{form_type}"')).kind is kind


def test_a_registration_is_no_procurement_and_has_no_buyer() -> None:
    notice = read(REGISTRATION)
    assert notice.kind is NoticeKind.REGISTRATION
    assert notice.buyers == ()
    assert notice.other_parties[0].name == {"fr": "Lac SE"}


def test_a_notice_without_subtype_is_read_with_a_note() -> None:
    notice = read(COMPETITION, ('<b:SubTypeCode listName="notice-subtype">16</b:SubTypeCode>', "<b:SubTypeCode/>"))
    assert notice.subtype is None
    assert any("subtype" in note.message for note in notice.notes)


def test_a_call_published_under_another_root_is_read_by_its_form() -> None:
    name = "PriorInformationNotice"
    assert read(COMPETITION, ("ContractNotice", name)).kind is NoticeKind.COMPETITION


def test_codes_padded_with_line_breaks_are_trimmed() -> None:
    procedure = read(COMPETITION).procedure_type
    assert procedure is not None
    assert procedure.code == "restricted"


def test_a_procedure_that_is_not_in_the_list_is_kept_as_printed() -> None:
    notice = read(COMPETITION, ("      restricted\n", "      by-lottery\n"))
    assert notice.procedure_type is not None
    assert (notice.procedure_type.code, notice.procedure_type.printed) == (None, ("by-lottery",))
    assert [note.printed for note in notice.notes] == ["by-lottery"]


def test_a_title_with_a_comment_inside_is_whole() -> None:
    assert read(COMPETITION).title["fr"] == "Rénovation de l’école des Tilleuls"


def test_every_language_is_kept_and_a_text_without_one_is_in_that_of_the_notice() -> None:
    notice = read(COMPETITION, ('<b:Name languageID="NLD">Renovatie', "<b:Name>Renovatie"))
    assert notice.title == {"fr": "Rénovation de l’école des Tilleuls", "nl": "Renovatie van de Lindeschool"}
    assert notice.languages == ("nl", "fr")


@pytest.mark.parametrize("amount", ["-1", "0", "0.00", "0.01", "1", "1.00", ""])
def test_an_amount_entered_in_place_of_none_is_absent(amount: str) -> None:
    assert read(COMPETITION, ("1250000.50", amount)).values == ()


def test_an_amount_that_is_no_number_leaves_a_note() -> None:
    notice = read(COMPETITION, ("1250000.50", "confidentiel"))
    assert notice.values == ()
    assert [note.printed for note in notice.notes] == ["confidentiel"]


def test_an_amount_of_a_million_millions_is_kept_with_a_note() -> None:
    notice = read(COMPETITION, ("1250000.50", "1000000000000"))
    assert notice.values[0].amount == Decimal(10) ** 12
    assert any("implausibly" in note.message for note in notice.notes)


def test_the_currency_is_never_assumed() -> None:
    assert read(COMPETITION, ('"EUR">1250000.50', '"SEK">1250000.50')).values[0].currency == "SEK"
    unknown = read(COMPETITION, ('currencyID="EUR">1250000.50', ">1250000.50"))
    assert unknown.values == ()
    assert any("currency" in note.message for note in unknown.notes)


def test_estimates_exclude_tax_by_law_and_awards_say_nothing_about_it() -> None:
    assert read(COMPETITION).values[0].tax_basis is TaxBasis.EXCLUDED
    basis = {value.kind: value.tax_basis for value in read(RESULT).values}
    assert basis[AmountKind.AWARDED] is TaxBasis.UNKNOWN
    assert basis[AmountKind.FRAMEWORK_MAXIMUM] is TaxBasis.EXCLUDED


@pytest.mark.parametrize("text", ["-", "unpublished", "n/a", "  "])
def test_a_text_that_stands_for_none_is_absent(text: str) -> None:
    assert read(COMPETITION, ("Visite obligatoire.", text)).additional_information == {}


def test_a_title_that_says_nothing_is_kept_rather_than_losing_the_notice() -> None:
    notice = read(
        CHANGE, ('<cbc:Name languageID="FRA">Rénovation de l’école des Tilleuls', '<cbc:Name languageID="FRA">N/A')
    )
    assert notice.title == {"fr": "N/A"}
    assert any("title" in note.message for note in notice.notes)


def test_a_two_stage_call_has_a_deadline_for_requests() -> None:
    deadline = read(COMPETITION).deadline
    assert deadline is not None
    assert deadline.kind is DeadlineKind.REQUESTS
    assert deadline.at == datetime(2026, 3, 27, 9, 0, tzinfo=UTC)


def test_a_deadline_without_hour_lasts_until_the_end_of_the_day() -> None:
    (deadline,) = read(COMPETITION).lots[1].deadlines
    assert deadline.date_only
    assert deadline.at == datetime(2026, 3, 30, 21, 59, 59, tzinfo=UTC)


def test_the_offset_of_the_time_wins_over_that_of_the_date() -> None:
    changed = read(COMPETITION, ("10:00:00+01:00", "10:00:00Z"))
    assert changed.lots[0].deadlines[0].at == datetime(2026, 3, 27, 10, 0, tzinfo=UTC)


def test_a_date_without_offset_is_on_the_clock_of_the_portal() -> None:
    changed = read(COMPETITION, ("2026-03-30+02:00", "2026-03-30"))
    assert changed.lots[1].deadlines[0].at == datetime(2026, 3, 30, 21, 59, 59, tzinfo=UTC)


def test_a_withheld_date_is_absent_without_a_note() -> None:
    notice = read(COMPETITION, ("2026-03-30+02:00", "1970-01-01Z"))
    assert notice.lots[1].deadlines == ()
    assert notice.notes == ()


def test_a_withheld_field_is_told_with_its_date() -> None:
    privacy = (
        "<efac:FieldsPrivacy><efbc:FieldIdentifierCode>ten-val-low</efbc:FieldIdentifierCode>"
        "<cbc:ReasonCode>oth-int</cbc:ReasonCode><efbc:PublicationDate>2027-01-31Z</efbc:PublicationDate>"
        "</efac:FieldsPrivacy>"
    )
    notice = read(RESULT, ("<efac:FrameworkAgreementValues>", privacy + "<efac:FrameworkAgreementValues>"))
    (note,) = notice.notes
    assert note.printed == "ten-val-low"
    assert "2027-01-31" in note.message


def test_flags_are_true_or_false_only_where_the_notice_says_so() -> None:
    first, second, _ = read(COMPETITION).lots
    assert (first.flags.sme_suitable, first.flags.green, first.flags.social) == (True, True, None)
    assert (first.flags.reserved, first.flags.eu_funds) == (False, False)
    assert (second.flags.sme_suitable, second.flags.green, second.flags.innovation) == (None, False, False)
    assert (second.flags.reserved, second.flags.eu_funds) == (None, None)


def test_a_reserved_execution_makes_a_lot_reserved() -> None:
    notice = read(COMPETITION, ('"reserved-execution">no<', '"reserved-execution">yes<'))
    assert notice.lots[0].flags.reserved is True


def test_the_contract_decides_the_winner_where_losing_tenders_are_named_too() -> None:
    result = read(RESULT).results[0]
    assert [(tender.id, tender.winner) for tender in result.tenders] == [("TEN-0001", True), ("TEN-0002", False)]
    assert [winner.local_id for winner in result.winners] == ["ORG-0002", "ORG-0003"]


def test_without_a_contract_all_named_tenders_won() -> None:
    reference = '<efac:SettledContract><cbc:ID schemeName="contract">CON-0001</cbc:ID></efac:SettledContract>'
    contract = (
        '<efac:LotTender><cbc:ID schemeName="tender">TEN-0001</cbc:ID></efac:LotTender>\n      </efac:SettledContract>'
    )
    notice = read(RESULT, (reference, ""), (contract, "</efac:SettledContract>"))
    assert [tender.winner for tender in notice.results[0].tenders] == [True, True]


def test_a_lot_that_was_not_awarded_has_no_winner_and_its_reason() -> None:
    result = read(RESULT, (">selec-w<", ">clos-nw<")).results[0]
    assert result.winners == ()
    assert read(RESULT).results[1].non_award_reason == "no-rece"


def test_a_reference_to_nothing_is_told_and_loses_nothing_else() -> None:
    notice = read(
        RESULT, ('schemeName="organization">ORG-0003</cbc:ID></efac:Tenderer>', ">ORG-0099</cbc:ID></efac:Tenderer>")
    )
    assert [winner.local_id for winner in notice.results[0].winners] == ["ORG-0002"]
    assert [note.printed for note in notice.notes] == ["ORG-0099"]


@pytest.mark.parametrize(
    ("statistics", "count", "basis"),
    [
        (STATISTIC, 3, "empty-code"),
        (statistic("tenders", 5) + statistic("t-esubm", 4), 5, "tenders"),
        (statistic("t-esubm", 4) + statistic("t-sme", 2), 4, "t-esubm"),
        (statistic("t-sme", 2) + STATISTIC, 2, "at-least-tenders-named"),
        (statistic("tenders", -1), 2, "at-least-tenders-named"),
        (statistic("\n  tenders\n ", 0), 0, "tenders"),
        ("", 2, "at-least-tenders-named"),
    ],
)
def test_tenders_received_say_how_they_were_read(statistics: str, count: int, basis: str) -> None:
    result = read(RESULT, (STATISTIC, statistics)).results[0]
    assert (result.tenders_received, result.tenders_received_basis) == (count, basis)


def test_a_modification_without_lot_result_still_names_contract_and_contractor() -> None:
    notice = read(MODIFICATION)
    (result,) = notice.results
    assert result.lot_id == "LOT-0000"
    assert [winner.name["fr"] for winner in result.winners] == ["Transports du Lac"]
    assert result.tenders_received is None
    assert [revenue.amount for revenue in result.tenders[0].revenues] == [Decimal(4000), Decimal(9000)]
    assert notice.modification_reason == "add-wss"


def test_a_cancelled_call_keeps_its_kind_and_is_marked() -> None:
    notice = read(CHANGE)
    assert notice.kind is NoticeKind.COMPETITION
    assert notice.cancelled is True
    assert [(link.relation, link.value) for link in notice.links] == [
        ("changed", "0b6e1f5e-0000-4000-8000-000000000001-01")
    ]


@pytest.mark.parametrize(
    ("section", "reason", "cancelled"),
    [
        ("PROCEDURE", "cancel", True),
        ("LOT-0001", "cancel", True),
        ("LOT-0007", "cancel", None),
        ("PROCEDURE", "cancel-intent", None),
        ("PROCEDURE", "update-add", None),
    ],
)
def test_only_the_cancellation_of_everything_cancels(section: str, reason: str, cancelled: bool | None) -> None:
    notice = read(CHANGE, (">PROCEDURE<", f">{section}<"), (">cancel<", f">{reason}<"))
    assert notice.cancelled is cancelled


def test_both_layouts_of_a_changed_section_are_read() -> None:
    plain = "<efbc:ChangedSectionIdentifier>PROCEDURE</efbc:ChangedSectionIdentifier>"
    wrapped = f"<efac:ChangedSection>{plain}</efac:ChangedSection>"
    assert read(CHANGE, (wrapped, plain)).changes == read(CHANGE).changes
    assert read(CHANGE).changes[0].sections == ("PROCEDURE",)


def test_a_touchpoint_is_its_organisation_with_its_own_contact() -> None:
    (buyer,) = read(PLANNING).buyers
    assert buyer.local_id == "ORG-0001"
    assert buyer.identifiers[0].scheme == "SIRET"
    assert buyer.email == "achats@beaufort.example"


@pytest.mark.parametrize(
    ("printed", "scheme", "value", "valid"),
    [
        ("0931814266_4711", "KBO", "0931814266", True),
        ("BE 0931.814.266", "KBO", "0931814266", True),
        ("931814266", "KBO", "0931814266", True),
        ("BE0270.283.951", "KBO", "0270283951", False),
        ("BE001", "UNKNOWN", "BE001", False),
        ("Valmont", "UNKNOWN", "Valmont", False),
    ],
)
def test_a_belgian_number_keeps_what_was_printed(printed: str, scheme: str, value: str, valid: bool) -> None:
    (identifier,) = read(COMPETITION, ("0931814266_4711", printed)).buyers[0].identifiers
    assert (identifier.scheme, identifier.value, identifier.valid) == (scheme, value, valid)
    assert identifier.printed == printed


@pytest.mark.parametrize("printed", ["nihil", "-", "0000000000", "n/a"])
def test_a_number_that_stands_for_none_is_absent(printed: str) -> None:
    assert read(COMPETITION, ("0931814266_4711", printed)).buyers[0].identifiers == ()


def test_links_name_the_publication_without_leading_zeros() -> None:
    (link,) = read(COMPETITION).links
    assert (link.relation, link.scheme, link.value) == ("previous", "ted-publication-number", "123456-2025")


def test_two_lots_with_one_id_are_both_kept() -> None:
    notice = read(COMPETITION, ('<b:ID schemeName="Lot">LOT-0002', '<b:ID schemeName="Lot">LOT-0001'))
    assert [lot.id for lot in notice.lots] == ["LOT-0001", "LOT-0001#2", "GLO-0001"]
    assert notice.notes


def test_a_title_given_twice_in_one_language_is_refused() -> None:
    with pytest.raises(NoticeFormatError, match="BT-21"):
        read(COMPETITION, ('<b:Name languageID="NLD">Renovatie', '<b:Name languageID="FRA">Renovatie'))


def test_reading_twice_gives_the_same_notice() -> None:
    assert read(RESULT) == read(RESULT)


def test_what_a_lot_adds_for_bidders_is_kept_with_the_lot() -> None:
    visit = '</b:Description><b:Note languageID="FRA">Visite obligatoire\ndu toit.</b:Note>'
    lot = '<b:Description languageID="FRA">Ardoises et isolation.</b:Description>'
    notice = read(COMPETITION, (lot, lot.replace("</b:Description>", visit)))
    assert notice.lots[0].additional_information == {"fr": "Visite obligatoire\ndu toit."}
    assert notice.lots[1].additional_information == {}


@pytest.mark.parametrize(
    ("printed", "decided_on"),
    [
        ("2026-03-20+01:00", date(2026, 3, 20)),
        ("2000-01-01Z", None),
        ("0001-01-01+01:00", None),
        ("1970-01-01Z", None),
        ("2026-04-03+02:00", None),  # after the contract was concluded
    ],
)
def test_an_award_date_given_once_for_the_notice_is_that_of_its_contracts(
    printed: str, decided_on: date | None
) -> None:
    award = f"<cac:TenderResult><cbc:AwardDate>{printed}</cbc:AwardDate></cac:TenderResult>"
    notice = read(RESULT, ("</ContractAwardNotice>", f"{award}</ContractAwardNotice>"))
    (contract,) = notice.results[0].contracts
    assert contract.decided_on == decided_on
    assert notice.notes == ()


def test_the_award_date_of_a_contract_wins_over_that_of_the_notice() -> None:
    award = "<cac:TenderResult><cbc:AwardDate>2026-03-20Z</cbc:AwardDate></cac:TenderResult>"
    notice = read(
        RESULT,
        ("</ContractAwardNotice>", f"{award}</ContractAwardNotice>"),
        ("<cbc:AwardDate>1970-01-01Z<", "<cbc:AwardDate>2026-03-25Z<"),
    )
    assert notice.results[0].contracts[0].decided_on == date(2026, 3, 25)


def test_a_tender_of_a_lot_with_two_results_is_told_once() -> None:
    second = (
        '<efac:LotTender><cbc:ID schemeName="tender">TEN-0002</cbc:ID></efac:LotTender>'
        '<efac:TenderLot><cbc:ID schemeName="Lot">LOT-0001</cbc:ID></efac:TenderLot>'
    )
    notice = read(
        RESULT,
        ('<efac:LotTender><cbc:ID schemeName="tender">TEN-0002</cbc:ID></efac:LotTender>', ""),
        ('<efac:TenderLot><cbc:ID schemeName="Lot">LOT-0002</cbc:ID></efac:TenderLot>', second),
    )
    assert [result.lot_id for result in notice.results] == ["LOT-0001", "LOT-0001"]
    assert [[tender.id for tender in result.tenders] for result in notice.results] == [["TEN-0001"], ["TEN-0002"]]


def test_lots_cancelled_one_by_one_cancel_the_procedure() -> None:
    change = "<efac:Change><efac:ChangedSection><efbc:ChangedSectionIdentifier>{}</efbc:ChangedSectionIdentifier>"
    changes = "".join(f"{change.format(f'LOT-000{number}')}</efac:ChangedSection></efac:Change>" for number in (1, 2))
    lot = re.search("<cac:ProcurementProjectLot>.*?</cac:ProcurementProjectLot>", CHANGE, re.DOTALL)
    assert lot is not None
    two_lots = (lot[0], lot[0] + lot[0].replace("LOT-0001", "LOT-0002"))
    reason = ("      <efac:ChangeReason>", f"{changes}<efac:ChangeReason>")
    both = read(CHANGE, (">PROCEDURE<", ">LOT-0001<"), reason, two_lots)
    assert (len(both.lots), both.cancelled) == (2, True)
    assert read(CHANGE, (">PROCEDURE<", ">LOT-0001<"), two_lots).cancelled is None


def test_both_framework_values_of_a_group_of_lots_are_kept() -> None:
    values = (
        '<efac:GroupFramework><efbc:GroupFrameworkMaximumValueAmount currencyID="EUR">900000'
        "</efbc:GroupFrameworkMaximumValueAmount>"
        '<efbc:GroupFrameworkReestimatedValueAmount currencyID="EUR">700000</efbc:GroupFrameworkReestimatedValueAmount>'
        '<efac:TenderLot><cbc:ID schemeName="LotsGroup">GLO-0001</cbc:ID></efac:TenderLot></efac:GroupFramework>'
    )
    group = '<cac:ProcurementProjectLot><cbc:ID schemeName="LotsGroup">GLO-0001</cbc:ID></cac:ProcurementProjectLot>'
    xml = RESULT.replace("<efac:NoticeResult>", f"<efac:NoticeResult>{values}")
    xml = xml.replace("<cac:ProcurementProjectLot>", f"{group}<cac:ProcurementProjectLot>", 1)
    (lot,) = [lot for lot in read(xml).lots if lot.kind == "group"]
    assert [(value.kind, value.amount) for value in lot.values] == [
        (AmountKind.FRAMEWORK_MAXIMUM, Decimal(900000)),
        (AmountKind.FRAMEWORK_REESTIMATED, Decimal(700000)),
    ]


def test_the_mail_address_that_stands_for_none_is_absent() -> None:
    notice = read(COMPETITION, ("marches@valmont.example", "wrong.email@email.be"))
    assert notice.buyers[0].email is None


def test_the_leader_of_a_group_of_tenderers_is_known() -> None:
    leader, member = read(RESULT).results[0].tenders[0].tenderers
    assert (leader.local_id, leader.group_lead) == ("ORG-0002", True)
    assert (member.local_id, member.group_lead) == ("ORG-0003", None)

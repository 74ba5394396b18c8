"""Organisation numbers of Belgium, France and Morocco, and CPV codes, as they are really printed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from notices.values.cpv_text import Repair, parse_cpv, parse_cpv_number
from notices.values.ice import parse_ice
from notices.values.kbo import KboKind, OrganisationNumber, check_digits, parse_kbo
from notices.values.siret import parse_siret, parse_siret_number
from notices.vocabularies import cpv, tables

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"

CPV_CODES = [row[0] for row in tables.rows("cpv.csv")]
first_eight = st.integers(min_value=0, max_value=19_999_999).map(lambda number: f"{number:08d}")


def _kbo(printed: str) -> OrganisationNumber:
    number = parse_kbo(printed)
    assert number is not None, printed
    return number


# --- KBO


@pytest.mark.parametrize("digits", ["0931814266", "0203963680", "0475480736", "0869763267", "0851235970", "0201741786"])
def test_a_real_enterprise_number_is_valid(digits: str) -> None:
    assert _kbo(digits) == OrganisationNumber(digits, KboKind.ENTERPRISE, valid=True)


@pytest.mark.parametrize(
    ("printed", "formatted", "valid"),
    [
        ("BE 0475.480.736", "0475.480.736", True), ("BE0270.283.951", "0270.283.951", False),
        ("0931.814.266", "0931.814.266", True), ("0203963680", "0203.963.680", True),
        ("BE0409 423 736", "0409.423.736", True), ("BE 0123-456-789", "0123.456.789", False),
        ("0248.399.380-1", "0248.399.380", True), ("203963680", "0203.963.680", True),
        ("be 0475480736", "0475.480.736", True), (" 0475\u00a0480\u202f736 ", "0475.480.736", True),
        ("BTW 0536.936.768", "0536.936.768", True),
    ],
)  # fmt: skip
def test_every_spelling_of_the_field_gives_the_number(printed: str, formatted: str, valid: bool) -> None:
    number = _kbo(printed)
    assert (number.formatted, number.valid, number.kind) == (formatted, valid, KboKind.ENTERPRISE)


def test_the_platforms_own_organisation_id_is_kept_apart() -> None:
    assert _kbo("0203963680_780") == OrganisationNumber("0203963680", KboKind.ENTERPRISE, True, "780")
    with_uuid = _kbo("0203963680_01fe8d65-b383-4e53-85f4-d6d893a3b7a9")
    assert (with_uuid.digits, with_uuid.suffix) == ("0203963680", "01fe8d65-b383-4e53-85f4-d6d893a3b7a9")


def test_an_official_number_with_swapped_digits_is_kept_and_flagged() -> None:
    assert not _kbo("BE0270.283.951").valid


def test_an_establishment_unit_is_another_register() -> None:
    unit = _kbo("2.180.285.232")
    assert (unit.kind, unit.valid, unit.formatted) == (KboKind.ESTABLISHMENT, True, "2.180.285.232")


@pytest.mark.parametrize(
    "printed",
    ["BE001", "0000000000", "000000000", "BE 0000-000-000", "nihil", "-", "/", "", "1000", "4000", "Ville Seraing",
     "CAD ZL", "9740425P", "IE9740425P", "BE", "9999999999", "12345678901234", None],
)  # fmt: skip
def test_junk_is_no_number(printed: str | None) -> None:
    assert parse_kbo(printed) is None


@given(first_eight)
def test_a_formatted_number_reads_back(digits: str) -> None:
    number = _kbo("0475480736") if not digits.strip("0") else _kbo(digits + check_digits(digits))
    assert number.valid
    assert parse_kbo(number.formatted) == number
    assert parse_kbo(f"BE {number.formatted}") == number


@given(first_eight, st.integers(min_value=0, max_value=9), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_is_always_noticed(digits: str, position: int, change: int) -> None:
    right = digits + check_digits(digits)
    wrong = right[:position] + str((int(right[position]) + change) % 10) + right[position + 1 :]
    number = parse_kbo(wrong)
    assert number is None or not number.valid


@pytest.mark.skipif(not (SAMPLES / "belgium/eforms_2025-06").is_dir(), reason="needs ../shared/samples")
def test_nearly_every_numeric_id_of_real_notices_validates() -> None:
    company_id = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}CompanyID"
    read = [
        number
        for file in (SAMPLES / "belgium/eforms_2025-06").rglob("*.xml")
        for element in etree.parse(file).iter(company_id)
        if (number := parse_kbo(element.text)) is not None
    ]
    assert len(read) > 300
    assert sum(number.valid for number in read) / len(read) > 0.98


# --- SIRET, ICE


def test_a_siret_is_read_with_any_separators() -> None:
    for printed in ("22940028800010", "229 400 288 00010", "229\u00a0400\u00a0288\u00a000010", "229.400.288.00010"):
        number = parse_siret(printed)
        assert number is not None
        assert (number.siren, number.siret, number.valid) == ("229400288", "22940028800010", True)


def test_a_siren_alone_is_the_organisation() -> None:
    number = parse_siret("229400288")
    assert number is not None
    assert (number.siren, number.siret, number.valid) == ("229400288", None, True)


def test_post_offices_follow_their_own_rule() -> None:
    head_office, office, wrong = (parse_siret(f"356000000{nic}") for nic in ("00048", "00006", "00007"))
    assert head_office is not None
    assert head_office.valid
    assert office is not None
    assert office.valid
    assert wrong is not None
    assert not wrong.valid


def test_a_siret_with_a_wrong_digit_is_kept_and_flagged() -> None:
    number = parse_siret("22940028800011")
    assert number is not None
    assert not number.valid


def test_a_siret_stored_as_a_number_gets_its_zeros_back() -> None:
    number = parse_siret_number(5_420_122_000_015)
    assert number is not None
    assert number.siret == "05420122000015"
    assert parse_siret_number(-1) is None
    assert parse_siret_number(10**14) is None


@pytest.mark.parametrize(
    "printed", ["", "NC", "CDL", "99999999999999", "00000000000000", "1234", "FR12229400288", None]
)
def test_junk_is_no_siret(printed: str | None) -> None:
    assert parse_siret(printed) is None


def test_an_ice_is_fifteen_digits() -> None:
    for printed in ("001524628000078", "ICE : 001524628000078", "001 524 628 000 078", "I.C.E. N° 001524628000078"):
        number = parse_ice(printed)
        assert number is not None, printed
        assert (number.digits, number.enterprise) == ("001524628000078", "001524628")
    for junk in ("00152462800007", "000000000000000", "", None, "ICE"):
        assert parse_ice(junk) is None


# --- CPV


@pytest.mark.parametrize(
    ("printed", "code", "fits"),
    [
        ("45000000-7", "45000000", True), ("45000000", "45000000", None), ("45000000-1", "45000000", False),
        ("45 00 00 00 - 7", "45000000", True), ("[71200000-0] : label", "71200000", True),
        ("450000007", "45000000", True), ("45112500-0 : Terrassement", "45112500", True),
        ("45112500-0 Terrassement", "45112500", True), ("45112500\u00a0-\u00a00", "45112500", True),
        ("09310000-5", "09310000", True),
    ],
)  # fmt: skip
def test_a_printed_code_is_read(printed: str, code: str, fits: bool | None) -> None:
    reading = parse_cpv(printed)
    assert reading is not None
    assert (reading.code, reading.known, reading.check_digit_fits) == (code, True, fits)
    assert reading.repair is Repair.NONE


@pytest.mark.parametrize(("printed", "code"), [("45", "45000000"), ("4521", "45210000"), ("452331", "45233100")])
def test_a_truncated_code_is_its_branch(printed: str, code: str) -> None:
    reading = parse_cpv(printed)
    assert reading is not None
    assert (reading.code, reading.known, reading.repair) == (code, True, Repair.PADDED_RIGHT)


def test_seven_digits_that_could_be_two_codes_are_not_guessed() -> None:
    assert cpv.get("03100000")
    assert cpv.get("31000000")
    assert parse_cpv("3100000") is None
    number = parse_cpv_number(3_100_000)
    assert number is not None
    assert (number.code, number.known, number.repair) == ("03100000", True, Repair.PADDED_LEFT)
    assert getattr(parse_cpv_number(45_000_000), "code", None) == "45000000"


def test_an_unknown_code_is_reported_and_kept() -> None:
    reading = parse_cpv("45999999-9")
    assert reading is not None
    assert (reading.code, reading.known, reading.check_digit_fits) == ("45999999", False, None)


@pytest.mark.parametrize(
    "printed",
    ["", "-", "NC", "AB12-3", "00000000", "4", "45000000 45210000", "123456789", "450000001234", "travaux 45", None],
)
def test_what_is_no_code_is_absent(printed: str | None) -> None:
    assert parse_cpv(printed) is None


def test_a_number_too_small_or_too_large_is_no_code() -> None:
    assert [parse_cpv_number(number) for number in (-1, 0, 45, 999_999, 10**8)] == [None] * 5


@given(st.sampled_from(CPV_CODES))
def test_every_code_reads_back(code: str) -> None:
    known = cpv.get(code)
    assert known is not None
    reading = parse_cpv(known.printed)
    assert reading is not None
    assert (reading.code, reading.known, reading.check_digit_fits) == (code, True, True)
    assert getattr(parse_cpv_number(int(code)), "code", None) == code


@given(st.one_of(st.text(max_size=200), st.from_regex(r"\A[0-9 .BE_-]{0,20}\Z")))
def test_no_text_makes_the_parsers_raise(printed: str) -> None:
    for number in (parse_kbo(printed), parse_siret(printed), parse_ice(printed), parse_cpv(printed)):
        assert number is None or number

"""Amounts as XML, JSON and people write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.values.money import (
    is_sentinel_amount,
    known_amount,
    parse_amount,
    parse_printed_amount,
    plausible_amount,
)

amounts = st.decimals(min_value=0, max_value=10**13, places=2, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("printed", "amount"),
    [
        ("1234567.89", "1234567.89"), (" 125000 ", "125000"), ("0.5", "0.5"), (".5", "0.5"), ("-1", "-1"), ("+7", "7"),
        ("1.234.567,89", "1234567.89"), ("1 234 567,89", "1234567.89"), ("1\u00a0234\u00a0567,89", "1234567.89"),
        ("1\u202f234\u202f567,89", "1234567.89"), ("1 250 000,50 DH TTC", "1250000.50"), ("15 600,00 MAD", "15600"),
        ("1.250.000,50", "1250000.50"), ("15.000.000", "15000000"), ("€ 12.500,-", "12500"), ("1'234.50", "1234.50"),
        ("1,234,567", "1234567"), ("1,234.56", "1234.56"), ("0,125", "0.125"), ("3500,5 EUR HTVA", "3500.5"),
        ("−5,00", "-5"), ("1234,567", "1234.567"), ("250 000 € HT", "250000"), ("450.00", "450"),
    ],
)  # fmt: skip
def test_an_amount_is_read_in_the_spellings_of_the_three_countries(printed: str, amount: str) -> None:
    assert parse_amount(printed) == Decimal(amount)


def test_a_dot_is_a_decimal_point_in_xml_and_separates_thousands_in_print() -> None:
    assert parse_amount("1.234") == Decimal("1.234")
    assert parse_printed_amount("1.234") == Decimal(1234)
    assert parse_printed_amount("0.234") == Decimal("0.234")
    assert parse_printed_amount("1234.5") == Decimal("1234.5")


@pytest.mark.parametrize(
    "printed",
    [
        "", " ", "-", "NaN", "sNaN", "Infinity", "-inf", "1e9", "1E+400", "0x10", "NC", "12 34", "1.23.456,7", "1,2,3",
        "1 234.567.890", "1,234", "dix mille", "10-20", "1" * 31, "1" * 100_000, "٣٤", "1_000", "5 % ", "012 345",
    ],
)  # fmt: skip
def test_what_is_no_amount_or_could_be_two_is_absent(printed: str) -> None:
    assert parse_amount(printed) is None


def test_numbers_of_json_are_read_without_their_binary_tail() -> None:
    assert parse_amount(0.1) == Decimal("0.1")
    assert parse_amount(12_500) == Decimal(12500)
    assert parse_amount(Decimal("99.90")) == Decimal("99.90")
    for junk in (float("nan"), float("inf"), 1e300, 1e-300, 10**5000, Decimal("sNaN"), Decimal("1E-900"), True, None):
        assert parse_amount(junk) is None


@pytest.mark.parametrize("printed", ["-1", "-1.00", "0", "0.00", "0.01", "1", "1.0", "1,00", "0,01"])
def test_an_amount_entered_to_fill_a_field_is_absent(printed: str) -> None:
    amount = parse_amount(printed)
    assert amount is not None
    assert is_sentinel_amount(amount)
    assert known_amount(printed) is None


def test_a_real_amount_is_no_sentinel() -> None:
    assert not any(is_sentinel_amount(Decimal(text)) for text in ("2", "0.02", "-2", "100", "NaN", "sNaN"))
    assert known_amount("162.000,00") == Decimal(162000)


def test_amounts_of_a_million_millions_are_typing_errors() -> None:
    assert plausible_amount(Decimal("999999999999.99"))
    assert not plausible_amount(Decimal(10) ** 12)
    assert not plausible_amount(Decimal(10) ** 17)
    assert not plausible_amount(Decimal(-5))
    assert not plausible_amount(Decimal("NaN"))


@given(amounts, st.sampled_from([".", " ", "\u00a0", "\u202f"]))
def test_a_printed_amount_reads_back(amount: Decimal, separator: str) -> None:
    printed = f"{amount:,.2f}".replace(",", "|").replace(".", ",").replace("|", separator)
    assert parse_amount(printed) == amount
    assert parse_printed_amount(printed) == amount


@given(amounts)
def test_an_xml_amount_reads_back(amount: Decimal) -> None:
    assert parse_amount(f"{amount:f}") == amount


@given(st.one_of(st.text(), st.from_regex(r"[0-9 .,'eE+-]{0,40}"), st.floats(), st.integers(), st.decimals()))
def test_no_input_makes_the_parser_raise(printed: str | float | Decimal) -> None:
    amount = parse_amount(printed)
    if amount is not None:
        assert amount.is_finite()
        is_sentinel_amount(amount)
        plausible_amount(amount)

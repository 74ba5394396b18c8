"""Amounts of money out of XML, JSON and printed text. Currency and tax basis are the caller's to find.

Sentinels: -1 (withheld in eForms), 0, 0.01 and 1 (entered to satisfy a mandatory field).
"""

import re
from decimal import Decimal
from typing import Final

#: Amounts from here on are typing errors: French data holds some of 10**17.
IMPLAUSIBLE_FROM: Final = Decimal(10) ** 12

_SENTINELS: Final = frozenset({Decimal(-1), Decimal(0), Decimal("0.01"), Decimal(1)})
_LONGEST: Final = 60
_MACHINE: Final = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,20})?|[+-]?\.[0-9]{1,20}|[+-]?[0-9]{1,30}\.")

# Words printed around an amount: currency, tax basis. `,-` and `,--` end whole amounts in Belgium.
_WORDS: Final = re.compile(
    r"(?<![^\W\d_])(?:EUR|EUROS?|MAD|DHS?|DIRHAMS?|T\.?T\.?C|H\.?T(?:\.?V\.?A)?|TVAC|TVA|BTW|HORS|EXCL|INCL|VAT)"
    r"(?![^\W\d_])\.?|€",
    re.IGNORECASE,
)
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:([ '.,])[0-9]{3})(?:\1[0-9]{3})*(?:([.,])([0-9]{1,10}))?")
_PLAIN: Final = re.compile(r"[0-9]{1,30}(?:[.,]([0-9]{1,10}))?")


def parse_amount(printed: str | int | float | Decimal | None) -> Decimal | None:
    """The amount, or None when there is none that can be read without guessing.

    Reads XML and JSON decimals first (`1234.5`, and `1.234` is one and a bit), then printed ones: `1.234.567,89`,
    `1 234 567,89` with any kind of space, `1'234.50`, `12.500,-`, with a currency or tax basis around it.
    None for NaN, infinities, exponents, more than 30 digits, and for `1,234`, which is two different amounts.
    A sentinel is returned as it is: see `is_sentinel_amount`.
    """
    if printed is None or isinstance(printed, bool):
        return None
    if isinstance(printed, int | float | Decimal):
        return _from_number(printed)
    text = printed.strip()
    if _MACHINE.fullmatch(text):
        return Decimal(text)
    return parse_printed_amount(text)


def parse_printed_amount(printed: str) -> Decimal | None:
    """The amount in a text written by people: like `parse_amount`, but `1.234` is one thousand two hundred and more."""
    if len(printed) > _LONGEST:
        return None
    text = _WORDS.sub(" ", printed.replace("−", "-"))
    text = re.sub(r"[\s’]+", lambda run: "'" if run.group() == "’" else " ", text).strip()
    text = re.sub(r",-{1,2}$", "", text)
    sign, digits = ("-", text[1:].lstrip()) if text.startswith("-") else ("", text)
    value = _read_grouped(digits) or _read_plain(digits)
    return None if value is None else Decimal(sign + value)


def is_sentinel_amount(amount: Decimal) -> bool:
    """Whether the amount stands for *no value* or *withheld*: -1, 0, 0.01 or 1."""
    return amount.is_finite() and amount in _SENTINELS


def plausible_amount(amount: Decimal) -> bool:
    """Whether the amount can be that of a contract: positive and below 10**12, of any currency."""
    return amount.is_finite() and 0 < amount < IMPLAUSIBLE_FROM


def known_amount(printed: str | int | float | Decimal | None) -> Decimal | None:
    """`parse_amount` with sentinels as None."""
    amount = parse_amount(printed)
    return None if amount is None or is_sentinel_amount(amount) else amount


def _from_number(number: int | float | Decimal) -> Decimal | None:
    amount = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -20 or amount.adjusted() >= 30:
        return None
    return amount


def _read_grouped(text: str) -> str | None:
    """Groups of three digits with one separator; the decimal sign must differ from it."""
    match = _GROUPED.fullmatch(text)
    if match is None or match[1] == match[2]:
        return None
    separator, fraction = match[1], match[3]
    if separator == "," and text.count(",") == 1 and fraction is None:
        return None  # 1,234: decimal in French and Dutch, thousands in English
    if text.startswith("0"):
        return None
    whole = text if fraction is None else text[: -len(fraction) - 1]
    return whole.replace(separator, "") + (f".{fraction}" if fraction else "")


def _read_plain(text: str) -> str | None:
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    whole = text.partition(",")[0].partition(".")[0]
    if "," in text and len(match[1]) == 3 and len(whole) <= 3 and not whole.startswith("0"):
        return None  # the two amounts of `1,234` again
    return text.replace(",", ".")

"""Amounts as an index keeps them: whole hundredths, with their currency."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import Final

from notices.model import AmountKind, Frozen, Money

_CURRENCY_SHIFT: Final = 48
_MAX_CENTS: Final = (1 << _CURRENCY_SHIFT) - 1


class Headline(Frozen):
    """An amount of a notice, such as the one that stands for it in sums and sorts."""

    cents: int
    currency: str
    kind: AmountKind


def cents(money: Money) -> int:
    """Hundredths of the unit, rounded down, at most what fits beside the currency."""
    return min(int((money.amount * 100).to_integral_value(ROUND_FLOOR)), _MAX_CENTS)


def packed(amount: int, currency: str) -> int:
    """An amount in cents with its currency, as one integer that sorts by currency and then by amount."""
    number = 0
    for letter in currency:
        number = number * 26 + ord(letter) - ord("A")
    return (number << _CURRENCY_SHIFT) | amount


def packed_range(minimum: Decimal | None, maximum: Decimal | None, currency: str) -> tuple[int, int]:
    """The lowest and highest packed amounts of a range; open ends reach to the ends of the currency."""
    low = 0 if minimum is None else min(int(minimum * 100), _MAX_CENTS)
    high = _MAX_CENTS if maximum is None else min(int(maximum * 100), _MAX_CENTS)
    return packed(low, currency), packed(high, currency)

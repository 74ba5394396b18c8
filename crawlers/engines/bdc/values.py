"""What the texts of cards and pages mean: instants, amounts, counts, languages."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from crawlers.engines.bdc.labels import Fields
from notices.model import AmountKind, Deadline, DeadlineKind, Money, MultilingualText, Organisation, TaxBasis
from notices.values.dates import CASABLANCA, Precision, combine_deadline, parse_day_first, plausible_date
from notices.values.money import is_sentinel_amount, parse_printed_amount, plausible_amount
from notices.values.text import clean_line, known_text

COUNTRY = "MA"
CURRENCY = "MAD"
CEILING = Decimal(500_000)
"""Dirhams: purchase orders are allowed up to this amount since 1 September 2023 (decree 2-22-431)."""

_ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_COUNT = re.compile(r"[0-9]{1,6}")


def language_of(text: str) -> str:
    """`ar` for a text of mostly Arabic letters, else `fr`: the portal prints no language."""
    return "ar" if len(_ARABIC.findall(text)) > len(_LATIN.findall(text)) else "fr"


def in_its_language(text: str | None) -> MultilingualText:
    """A text by its language; empty where there is none."""
    known = known_text(text)
    return {language_of(known): known} if known else {}


def on_one_line(text: str | None) -> MultilingualText:
    """A title or a name by its language."""
    return in_its_language(clean_line(text or ""))


def instant(printed: str | None, fields: Fields, path: str) -> datetime | None:
    """`21/09/2026 16:08` on Casablanca's clock, which changes for Ramadan. What cannot be read is noted."""
    if known_text(printed) is None:
        return None
    read = parse_day_first(printed or "", CASABLANCA)
    if read is None or not plausible_date(read.at.date()):
        fields.note(path, "This is no date that can be read.", printed)
        return None
    return read.at


def deadline(printed: str | None, fields: Fields, path: str) -> Deadline | None:
    """The instant by which quotes must be in; a day alone means its end."""
    if known_text(printed) is None:
        return None
    read = parse_day_first(printed or "", CASABLANCA)
    if read is not None and read.precision is Precision.DAY:
        read = combine_deadline(read.at.date().isoformat(), None, CASABLANCA)
    if read is None or not plausible_date(read.at.date()):
        fields.note(path, "This is no deadline that can be read.", printed)
        return None
    return Deadline(kind=DeadlineKind.TENDERS, at=read.at, date_only=read.precision is Precision.DAY)


def awarded(printed: str | None, fields: Fields, path: str) -> Money | None:
    """The amount of an order with tax. None for a sentinel; one that an order cannot have is kept and noted."""
    if known_text(printed) is None:
        return None
    amount = parse_printed_amount(printed or "")
    if amount is None or is_sentinel_amount(amount) or not plausible_amount(amount):
        fields.note(path, "This is no amount that can be meant.", printed)
        return None
    if amount > CEILING:
        fields.note(path, f"The amount is above the {CEILING:,} MAD that a purchase order may have.", printed)
    return Money(
        amount=amount,
        currency=CURRENCY,
        kind=AmountKind.AWARDED,
        tax_basis=TaxBasis.INCLUDED,
        printed=clean_line(printed or ""),
    )


def count(printed: str | None, fields: Fields, path: str) -> int | None:
    """A number of quotes."""
    if known_text(printed) is None:
        return None
    if _COUNT.fullmatch((printed or "").strip()) is None:
        fields.note(path, "This is no number that can be read.", printed)
        return None
    return int(printed or "")


def organisation(name: str | None) -> Organisation | None:
    """A buyer or a winner, which may be a natural person: the portal prints a name and nothing else."""
    names = on_one_line(name)
    return Organisation(name=names) if names else None

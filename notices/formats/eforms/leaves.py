"""Leaf elements: texts, codes, numbers, dates and amounts, with sentinels as absent.

Whatever is printed but cannot be read leaves a note on the walk; nothing here raises.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.eforms.names import clark
from notices.formats.eforms.walk import Walk
from notices.model import AmountKind, Classification, Money, MultilingualText, TaxBasis
from notices.values.cpv_text import parse_cpv
from notices.values.dates import Instant, combine, combine_deadline, parse_date, plausible_date
from notices.values.money import is_sentinel_amount, parse_amount, plausible_amount
from notices.values.text import known_text
from notices.vocabularies import countries, currencies, languages

ID: Final = clark("cbc:ID")
_WITHHELD: Final = Decimal(-1)
_LONGEST_JOINED: Final = 20_000
_LONGEST_CODE: Final = 20
_NO_LANGUAGE: Final = "und"
"""ISO 639-3 for *undetermined*."""

TAX_BASIS: Final = {
    # Directive 2014/24/EU art. 5(1): estimates are "net of VAT"; art. 5(5): also the maximum of a framework agreement.
    # The SDK labels BT-27 "Estimated value excluding VAT".
    AmountKind.ESTIMATED: TaxBasis.EXCLUDED,
    AmountKind.FRAMEWORK_MAXIMUM: TaxBasis.EXCLUDED,
    AmountKind.FRAMEWORK_REESTIMATED: TaxBasis.EXCLUDED,
    # Directive 2014/23/EU art. 8(2): the turnover of the concessionaire "net of VAT".
    AmountKind.CONCESSION_REVENUE: TaxBasis.EXCLUDED,
    # Awarded amounts and tenders (BT-161, BT-720, BT-710, BT-711): neither Regulation (EU) 2019/1780 nor the SDK says.
}
"""Tax basis of an amount by its kind, where a rule says it; otherwise unknown."""


def printed(element: Element) -> str:
    """The text of a leaf without blanks around it; empty when there is none."""
    text = element.text
    return text.strip() if text else ""


def code(element: Element) -> str | None:
    """A code; None when empty. Some senders pad codes with line breaks."""
    return printed(element) or None


def line(element: Element) -> str | None:
    """A text on one line, or None when it is absent or a sentinel."""
    text = known_text(element.text)
    return " ".join(text.split()) if text and "\n" in text else text


def add_text(texts: MultilingualText, element: Element, walk: Walk, *, joint: str = "\n") -> None:
    """Add a text under its language (`languageID`, else that of the notice). A second one is joined to the first."""
    text = known_text(element.text)
    if text is None:
        return
    language = language_of(element, walk)
    before = texts.get(language)
    if before is None:
        texts[language] = text
    elif text == before:
        return
    elif len(before) < _LONGEST_JOINED:
        texts[language] = f"{before}{joint}{text}"
    else:
        walk.note(element, "There are too many texts in this language; this one is left out.", text[:200])


def add_line(texts: MultilingualText, element: Element, walk: Walk) -> None:
    """Like `add_text`, for titles: on one line."""
    found: MultilingualText = {}
    add_text(found, element, walk)
    for language, text in found.items():
        texts.setdefault(language, " ".join(text.split()))


def language_of(element: Element, walk: Walk) -> str:
    """The language of a text."""
    tagged = element.get("languageID")
    if not tagged or not tagged.strip():
        return walk.language
    known = language_code(tagged)
    if known is None:
        walk.note(element, "The language of this text is unknown.", tagged)
    return known or _NO_LANGUAGE


def language_code(tagged: str) -> str | None:
    """ISO 639-1 in lower case, or ISO 639-3 where there is no two-letter code; None for an unknown language."""
    return _language_code(tagged) if len(tagged) <= _LONGEST_CODE else None


@lru_cache(maxsize=512)
def _language_code(tagged: str) -> str | None:
    language = languages.get(tagged)
    if language is None:
        return None
    return language.iso1 or language.alpha3.lower()


@lru_cache(maxsize=512)
def _country_code(text: str) -> str | None:
    return countries.alpha2(text)


def country(element: Element, walk: Walk) -> str | None:
    """The country of an identification code."""
    text = code(element)
    if text is None:
        return None
    known = _country_code(text) if len(text) <= _LONGEST_CODE else None
    if known is None:
        walk.note(element, "This country code is unknown.", text)
    return known


def flag(element: Element, walk: Walk) -> bool | None:
    """An indicator (`xs:boolean`)."""
    text = printed(element)
    if text in ("true", "1"):
        return True
    if text in ("false", "0"):
        return False
    if text:
        walk.note(element, "This indicator is neither true nor false.", text)
    return None


def number(element: Element, walk: Walk) -> Decimal | None:
    """A number that is not negative; -1 stands for withheld. Zero and one are numbers here, not sentinels."""
    text = printed(element)
    if not text:
        return None
    value = parse_amount(text)
    if value is None or value < 0:
        if value != _WITHHELD:
            walk.note(element, "This is not a number that can be used.", text)
        return None
    return value


def integer(element: Element, walk: Walk) -> int | None:
    """A whole number that is not negative; -1 stands for withheld."""
    value = number(element, walk)
    if value is None:
        return None
    if value != value.to_integral_value():
        walk.note(element, "This is not a whole number.", printed(element))
        return None
    return int(value)


def day(element: Element, walk: Walk) -> date | None:
    """A day without its offset; None for 1970-01-01, which stands for withheld."""
    text = printed(element)
    if not text:
        return None
    read = parse_date(text)
    if read is not None and plausible_date(read.day):
        return read.day
    if not text.startswith("1970-01-01"):
        walk.note(element, "This is not a date that can be used.", text)
    return None


def instant(element: Element, day_text: str | None, time_text: str | None, walk: Walk) -> Instant | None:
    """Date and time elements joined; a date alone is its start."""
    return _checked(element, combine(day_text, time_text, walk.zone), day_text, walk)


def deadline_instant(element: Element, day_text: str | None, time_text: str | None, walk: Walk) -> Instant | None:
    """Date and time elements joined; a date alone is its last second."""
    return _checked(element, combine_deadline(day_text, time_text, walk.zone), day_text, walk)


def _checked(element: Element, read: Instant | None, day_text: str | None, walk: Walk) -> Instant | None:
    if read is not None and plausible_date(read.at.date()):
        return read
    if day_text and not day_text.startswith("1970-01-01"):
        walk.note(element, "This date and time cannot be used.", day_text)
    return None


def money(element: Element, kind: AmountKind, walk: Walk) -> Money | None:
    """An amount in its currency; None for sentinels (-1, 0, 0.01, 1)."""
    text = printed(element)
    if not text:
        return None
    amount = parse_amount(text)
    currency = (element.get("currencyID") or "").strip().upper()
    if amount is not None and is_sentinel_amount(amount):
        return None
    if amount is None or amount < 0:
        walk.note(element, "This amount cannot be used.", text)
        return None
    if not currencies.is_known(currency):
        walk.note(element, "The currency of this amount is unknown.", f"{text} {currency}".strip())
        return None
    if not plausible_amount(amount):
        walk.note(element, "This amount is implausibly large; it is kept as published.", text)
    return Money(amount=amount, currency=currency, kind=kind, tax_basis=TAX_BASIS.get(kind, TaxBasis.UNKNOWN))


def classification(element: Element, walk: Walk, *, main: bool) -> Classification | None:
    """The CPV code of a commodity classification element."""
    text = ""
    for child in element:
        if child.tag == _ITEM_CLASSIFICATION:
            text = printed(child)
        else:
            walk.leave_unread(child)
    if not text:
        return None
    read = parse_cpv(text)
    if read is None:
        walk.note(element, "This is not a CPV code.", text)
        return None
    if not read.known:
        walk.note(element, "This code is not in CPV 2008.", text)
    return Classification(code=read.code, main=main)


_ITEM_CLASSIFICATION: Final = clark("cbc:ItemClassificationCode")


def permission(element: Element, walk: Walk) -> bool | None:
    """A code of the list `permission`: required and allowed are True, not-allowed is False."""
    text = code(element)
    if text in ("required", "allowed"):
        return True
    if text == "not-allowed":
        return False
    if text:
        walk.note(element, "This permission code is unknown.", text)
    return None

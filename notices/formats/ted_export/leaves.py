"""Leaf elements: texts in paragraphs, codes in attributes, amounts, days and flags.

Whatever is printed but cannot be read leaves a note on the walk; nothing here raises. The factories below make the
readers of a grammar: they say where in a draft a leaf goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final, TypeVar

from lxml.etree import _Element as Element

from notices.formats.eforms import leaves as shared
from notices.formats.ted_export.walk import Handler, TedWalk, local
from notices.model import AmountKind, Classification, Link, Money, MultilingualText, TaxBasis
from notices.values.cpv_text import parse_cpv
from notices.values.dates import parse_date, plausible_date
from notices.values.money import is_sentinel_amount, parse_amount, plausible_amount
from notices.values.text import clean_line, known_text
from notices.vocabularies import countries, currencies
from notices.vocabularies import nuts as regions

D = TypeVar("D")

_COMPACT_DAY: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:\s+([0-9]{1,2}:[0-9]{2}))?")
_OJ_NUMBER: Final = re.compile(r"((?:19|20)[0-9]{2})\s*/\s*S\s*[0-9]{1,3}\s*-\s*0*([0-9]{1,9})(?:\s*\(.*\))?")
_LONGEST: Final = 100
_LONGEST_JOINED: Final = 100_000

language_code = shared.language_code
integer = shared.integer
number = shared.number


def text(element: Element) -> str | None:
    """The text of an element: its paragraphs (`P`) one per line, raised and lowered signs (`FT`) in their place.

    None when there is none, or only a sentinel such as `-`.
    """
    paragraphs = [child for child in element if local(str(child.tag)) == "P"]
    lines = [_flat(paragraph) for paragraph in paragraphs] if paragraphs else [_flat(element)]
    return known_text("\n".join(line for line in lines if line))


def words(element: Element) -> str:
    """All words of an element on one line, also those that elsewhere stand for nothing."""
    return clean_line(" ".join(_flat(child) for child in element) if len(element) else _flat(element))


def line(element: Element) -> str | None:
    """The text of an element on one line."""
    found = text(element)
    return clean_line(found) if found else None


def printed(element: Element) -> str:
    """What an element prints, also where it stands for nothing."""
    return _flat(element)[: _LONGEST * 2]


def value(element: Element, attribute: str = "VALUE") -> str:
    """The code in an attribute, else in the text; empty when there is none."""
    return (element.get(attribute) or element.text or "").strip()


def add_text(texts: MultilingualText, element: Element, walk: TedWalk, *, joint: str = "\n") -> None:
    """Add a text under the language of the form. A second one is joined to the first."""
    found = text(element)
    if found is None:
        return
    before = texts.get(walk.language)
    if before is None:
        texts[walk.language] = found
    elif found == before:
        return
    elif len(before) < _LONGEST_JOINED:
        texts[walk.language] = f"{before}{joint}{found}"
    else:
        walk.note(element, "There are too many texts in this language; this one is left out.", found[:200])


def country(code: str, element: Element, walk: TedWalk) -> str | None:
    """The alpha-2 code of a country, `UK` and `EL` included."""
    if not code:
        return None
    known = countries.alpha2(code) if len(code) <= _LONGEST else None
    if known is None:
        walk.note(element, "This country code is unknown.", code[:_LONGEST])
    return known


def day(element: Element, walk: TedWalk) -> date | None:
    """A day: `2021-03-31`, `20210331`, or the children DAY, MONTH and YEAR of older releases."""
    return day_of(iso_day(element), element, walk)


def day_of(iso: str | None, element: Element, walk: TedWalk) -> date | None:
    """The day of an ISO date, or None with a note."""
    if not iso:
        return None
    read = parse_date(iso)
    if read is not None and plausible_date(read.day):
        return read.day
    if not iso.startswith("1970-01-01"):
        walk.note(element, "This is not a date that can be used.", iso[:_LONGEST])
    return None


def iso_day(element: Element) -> str | None:
    """The ISO spelling of the day in an element, whatever the release; the text itself where it is not understood."""
    parts = {local(str(child.tag)): (child.text or "").strip() for child in element}
    if "YEAR" in parts:
        return f"{parts['YEAR']}-{parts.get('MONTH', '').zfill(2)}-{parts.get('DAY', '').zfill(2)}"
    raw = (element.text or "").strip()
    compact = _COMPACT_DAY.fullmatch(raw)
    return f"{compact[1]}-{compact[2]}-{compact[3]}" if compact else raw or None


def iso_time(element: Element) -> str | None:
    """The time beside a day: `20220725 16:00`, or the child TIME of older releases."""
    for child in element:
        if local(str(child.tag)) == "TIME":
            return clock(child.text)
    compact = _COMPACT_DAY.fullmatch((element.text or "").strip())
    return clock(compact[4]) if compact else None


def clock(raw: str | None) -> str | None:
    """A time with two digits of the hour, as ISO has it."""
    found = (raw or "").strip()
    return found.zfill(5) if re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", found) else found or None


def money(element: Element, kind: AmountKind, walk: TedWalk, tax: TaxBasis = TaxBasis.EXCLUDED) -> Money | None:
    """An amount in its currency; None for sentinels (-1, 0, 0.01, 1).

    The forms of R2.0.9 ask for every amount without value added tax ("Value excluding VAT": II.1.5, II.1.7, II.2.6,
    V.2.4, VII.1.6, VII.2.3), so that is the basis unless an older release says otherwise.
    """
    raw = element.get("FMTVAL") or printed(element)
    code = (element.get("CURRENCY") or "").strip().upper()
    return amount(raw, code, kind, element, walk, tax)


def amount(raw: str, currency: str, kind: AmountKind, element: Element, walk: TedWalk, tax: TaxBasis) -> Money | None:
    """The amount of a text and a currency; None for sentinels, and with a note for what cannot be used."""
    if not raw:
        return None
    read = parse_amount(raw)
    if read is not None and is_sentinel_amount(read):
        return None
    if read is None or read < 0:
        walk.note(element, "This amount cannot be used.", raw[:_LONGEST])
        return None
    if not currencies.is_known(currency):
        walk.note(element, "The currency of this amount is unknown.", f"{raw} {currency}".strip()[:_LONGEST])
        return None
    if not plausible_amount(read):
        walk.note(element, "This amount is implausibly large; it is kept as published.", raw[:_LONGEST])
    return Money(amount=read, currency=currency, kind=kind, tax_basis=tax)


def cpv(element: Element, walk: TedWalk, *, main: bool) -> Classification | None:
    """The code of a CPV element. Supplementary codes have no field of their own and are kept as notes."""
    found: Classification | None = None
    for child in element:
        name, code = local(str(child.tag)), value(child, "CODE")
        if name == "CPV_CODE":
            found = cpv_code(child, code, walk, main=main)
        elif name == "CPV_SUPPLEMENTARY_CODE":
            walk.note(child, "A supplementary CPV code.", code[:_LONGEST])
        else:
            walk.leave_unread(child)
    return found


def cpv_code(element: Element, code: str, walk: TedWalk, *, main: bool) -> Classification | None:
    """A CPV code that was printed."""
    read = parse_cpv(code)
    if read is None:
        walk.note(element, "This is not a CPV code.", code[:_LONGEST])
        return None
    if not read.known:
        walk.note(element, "This code is not in CPV 2008.", code)
    return Classification(code=read.code, main=main)


def oj_number(raw: str) -> str | None:
    """`2019/S 100-123456` gives `123456-2019`, the publication number; None for anything else."""
    match = _OJ_NUMBER.fullmatch(raw.strip())
    return f"{match[2]}-{match[1]}" if match else None


def earlier_notice(relation: str, element: Element, walk: TedWalk) -> Link | None:
    """The link to the notice whose number in the Official Journal was printed."""
    raw = printed(element)
    if not raw:
        return None
    number_read = oj_number(raw)
    if number_read is None:
        walk.note(element, "This is not a number of the Official Journal.", raw)
        return Link(relation=relation, scheme="portal-reference", value=raw)
    return Link(relation=relation, scheme="ted-publication-number", value=number_read)


def into_text(target: Callable[[D], MultilingualText]) -> Handler[D]:
    """A reader that adds the text to `target` of the draft, under the language of the form."""

    def read(element: Element, draft: D, walk: TedWalk) -> None:
        add_text(target(draft), element, walk)

    return read


def into_line(target: Callable[[D], MultilingualText]) -> Handler[D]:
    """Like `into_text`, for titles: on one line, and the first stands."""

    def read(element: Element, draft: D, walk: TedWalk) -> None:
        if found := line(element):
            target(draft).setdefault(walk.language, found)

    return read


def sets(attribute: str, to: Any) -> Handler[Any]:
    """A reader of an element whose presence means `to`."""

    def read(_element: Element, draft: Any, _walk: TedWalk) -> None:
        setattr(draft, attribute, to)

    return read


def keeps(attribute: str, reader: Callable[[Element, TedWalk], Any]) -> Handler[Any]:
    """A reader that puts what `reader` makes of the element into the attribute, unless it made nothing."""

    def read(element: Element, draft: Any, walk: TedWalk) -> None:
        found = reader(element, walk)
        if found is not None:
            setattr(draft, attribute, found)

    return read


def only_line(element: Element, _walk: TedWalk) -> str | None:
    """`line` as a reader for `keeps`."""
    return line(element)


def adds_money(kind: AmountKind, target: Callable[[D], list[Money]]) -> Handler[D]:
    """A reader that adds an amount of this kind to `target` of the draft."""

    def read(element: Element, draft: D, walk: TedWalk) -> None:
        if found := money(element, kind, walk):
            target(draft).append(found)

    return read


def adds_range(target: Callable[[D], list[Money]]) -> Handler[D]:
    """A reader of `VAL_RANGE_TOTAL`: the lowest and the highest tender taken into consideration."""

    def read(element: Element, draft: D, walk: TedWalk) -> None:
        currency = (element.get("CURRENCY") or "").strip().upper()
        for child in element:
            kind = _RANGE.get(local(str(child.tag)))
            if kind is None:
                walk.leave_unread(child)
            elif found := amount(printed(child), currency, kind, child, walk, TaxBasis.EXCLUDED):
                target(draft).append(found)

    return read


_RANGE: Final = {"LOW": AmountKind.LOWEST_TENDER, "HIGH": AmountKind.HIGHEST_TENDER}


def _flat(element: Element) -> str:
    if not len(element):
        return " ".join((element.text or "").split())
    return " ".join("".join(element.itertext()).split())


def nuts(element: Element, walk: TedWalk) -> str | None:
    """A NUTS code of any version, as printed; one without even a known country leaves a note."""
    code = value(element, "CODE").upper()
    if not code:
        return None
    if regions.resolve(code) is None and countries.alpha2(code[:2]) is None:
        walk.note(element, "This NUTS code is unknown.", code[:_LONGEST])
        return None
    return code


def nuts_country(code: str) -> str | None:
    """The country of a NUTS code (`EL30` is Greece, `UKI` the United Kingdom)."""
    return countries.alpha2(code[:2])

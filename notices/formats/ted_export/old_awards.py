"""Award blocks and amounts of R2.0.8 and before."""

from __future__ import annotations

from typing import Final

from lxml.etree import _Element as Element

from notices.formats.ted_export import leaves
from notices.formats.ted_export.awards import submissions
from notices.formats.ted_export.drafts import AwardDraft, PartyDraft
from notices.formats.ted_export.parties import PARTY
from notices.formats.ted_export.walk import Grammar, Handler, TedWalk, local
from notices.model import AmountKind, Money, TaxBasis


def read_old_award(element: Element, walk: TedWalk) -> AwardDraft:
    """One `AWARD_OF_CONTRACT`."""
    award = AwardDraft(item=element.get("ITEM"))
    _AWARD.read(element, award, walk)
    award.awarded = True if award.contractors else None
    return award


def old_amounts(element: Element, walk: TedWalk, kind: AmountKind) -> list[Money]:
    """A value or a range with its currency; `EXCLUDING_VAT` or `INCLUDING_VAT` stands beside it, or nothing."""
    children = {local(str(child.tag)): child for child in element}
    tax = TaxBasis.UNKNOWN
    if "EXCLUDING_VAT" in children:
        tax = TaxBasis.EXCLUDED
    elif "INCLUDING_VAT" in children:
        tax = TaxBasis.INCLUDED
    currency = (element.get("CURRENCY") or "").strip().upper()
    found: list[Money | None] = []
    for name, child in children.items():
        if name == "VALUE_COST":
            found.append(leaves.amount(_figure(child), currency, kind, child, walk, tax))
        elif name == "RANGE_VALUE_COST":
            found.extend(_range(child, currency, kind, walk, tax))
        elif name not in ("EXCLUDING_VAT", "INCLUDING_VAT", "NUMBER_OF_YEARS", "NUMBER_OF_MONTHS"):
            walk.leave_unread(child)
    return [money for money in found if money is not None]


def _range(element: Element, currency: str, kind: AmountKind, walk: TedWalk, tax: TaxBasis) -> list[Money | None]:
    """Of tenders the lowest and the highest; of an estimate the upper end, with the range as printed."""
    ends = {local(str(child.tag)): child for child in element}
    low, high = ends.get("LOW_VALUE"), ends.get("HIGH_VALUE")
    if low is None or high is None:
        walk.leave_unread(element)
        return []
    if kind is AmountKind.AWARDED:
        return [
            leaves.amount(_figure(low), currency, AmountKind.LOWEST_TENDER, low, walk, tax),
            leaves.amount(_figure(high), currency, AmountKind.HIGHEST_TENDER, high, walk, tax),
        ]
    upper = leaves.amount(_figure(high), currency, kind, high, walk, tax)
    return [upper.model_copy(update={"printed": f"{leaves.printed(low)} - {leaves.printed(high)}"}) if upper else None]


def _figure(element: Element) -> str:
    return element.get("FMTVAL") or leaves.printed(element)


def _award_lot(element: Element, award: AwardDraft, _walk: TedWalk) -> None:
    if found := leaves.line(element):
        award.lot_numbers.append(found)


def _operator(element: Element, award: AwardDraft, walk: TedWalk) -> None:
    party = PartyDraft()
    PARTY.read(element, party, walk)
    if party.name:
        award.contractors.append(party)


def _initial_value(element: Element, award: AwardDraft, walk: TedWalk) -> None:
    award.values.extend(old_amounts(element, walk, AmountKind.ESTIMATED))


def _award_value(element: Element, award: AwardDraft, walk: TedWalk) -> None:
    for money in old_amounts(element, walk, AmountKind.AWARDED):
        if money.kind is AmountKind.AWARDED:
            award.value = money
        else:
            award.values.append(money)


def _subcontracting(to: bool) -> Handler[AwardDraft]:
    def read(_element: Element, award: AwardDraft, _walk: TedWalk) -> None:
        award.subcontracting = to

    return read


_AWARD: Final = Grammar[AwardDraft](
    "old award",
    {
        "CONTRACT_NUMBER": leaves.keeps("reference", leaves.only_line),
        "LOT_NUMBER": _award_lot,
        "CONTRACT_TITLE": leaves.into_line(lambda award: award.title),
        "TITLE_CONTRACT": leaves.into_line(lambda award: award.title),
        # V.1: "Date of contract award decision".
        "CONTRACT_AWARD_DATE": leaves.keeps("decided_on", leaves.day),
        "OFFERS_RECEIVED_NUMBER": submissions("tenders"),
        # By electronic means, in spite of its name.
        "OFFERS_RECEIVED_NUMBER_MEANING": submissions("t-esubm"),
        "ECONOMIC_OPERATOR_NAME_ADDRESS": _operator,
        "INITIAL_ESTIMATED_TOTAL_VALUE_CONTRACT": _initial_value,
        "COSTS_RANGE_AND_CURRENCY_WITH_VAT_RATE": _award_value,
        "CONTRACT_LIKELY_SUB_CONTRACTED": _subcontracting(True),
        "NO_CONTRACT_LIKELY_SUB_CONTRACTED": _subcontracting(False),
    },
    wrappers=r"CONTRACT_VALUE_INFORMATION|MORE_INFORMATION_TO_SUB_CONTRACTED",
)

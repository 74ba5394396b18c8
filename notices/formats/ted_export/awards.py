"""`AWARD_CONTRACT` and `RESULTS`: who won what, against how many, for how much."""

from __future__ import annotations

from typing import Final

from lxml.etree import _Element as Element

from notices.formats.ted_export import leaves
from notices.formats.ted_export.drafts import AwardDraft, FormDraft, PartyDraft
from notices.formats.ted_export.parties import PARTY
from notices.formats.ted_export.walk import Grammar, Handler, TedWalk
from notices.model import AmountKind, SubmissionCount

_DECIDED: Final = frozenset({"F15", "F23", "F25"})
"""Forms whose V.2.1 is the day of the award decision; elsewhere it is that of the contract."""


def read_award(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    """Read an `AWARD_CONTRACT`."""
    award = AwardDraft(item=element.get("ITEM"))
    _AWARD.read(element, award, walk)
    _date_of_form(award, draft.form)
    draft.awards.append(award)


def read_prizes(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    """Read the `RESULTS` of a design contest (F13)."""
    _RESULTS.read(element, draft, walk)


def read_contractor(element: Element, contractors: list[PartyDraft], walk: TedWalk) -> None:
    """Read a `CONTRACTOR` or a `WINNER`."""
    party = PartyDraft()
    _CONTRACTOR.read(element, party, walk)
    if party.name:
        contractors.append(party)
    elif len(element):
        walk.note(element, "This contractor has no name.")


def submissions(kind: str) -> Handler[AwardDraft]:
    """A reader of a number of tenders received of this kind (BT-760)."""

    def read(element: Element, award: AwardDraft, walk: TedWalk) -> None:
        count = leaves.integer(element, walk)
        if count is not None:
            award.submissions.append(SubmissionCount(type=kind, count=count))

    return read


def _date_of_form(award: AwardDraft, form: str) -> None:
    if form in _DECIDED and award.concluded_on is not None:
        award.decided_on, award.concluded_on = award.concluded_on, None


def _lot_number(element: Element, award: AwardDraft, _walk: TedWalk) -> None:
    if found := leaves.line(element):
        award.lot_numbers.append(found)


def _awarded(element: Element, award: AwardDraft, walk: TedWalk) -> None:
    award.awarded = True
    _AWARDED.read(element, award, walk)


def _not_awarded(element: Element, award: AwardDraft, walk: TedWalk) -> None:
    award.awarded = False
    _NOT_AWARDED.read(element, award, walk)


def _unsuccessful(element: Element, award: AwardDraft, walk: TedWalk) -> None:
    """No tenders or requests were received, or all were rejected: eForms tells the two apart, this form does not."""
    walk.note(element, "Not awarded: no tenders or requests to participate were received, or all were rejected.")


def _discontinued(element: Element, award: AwardDraft, walk: TedWalk) -> None:
    award.non_award_reason = "other"
    walk.note(element, "Not awarded: the procedure was discontinued for other reasons.")


def _contractor(element: Element, award: AwardDraft, walk: TedWalk) -> None:
    read_contractor(element, award.contractors, walk)


def _value(element: Element, award: AwardDraft, walk: TedWalk) -> None:
    award.value = leaves.money(element, AmountKind.AWARDED, walk) or award.value


def _participants(element: Element, award: AwardDraft, walk: TedWalk) -> None:
    award.participants = leaves.integer(element, walk)


def _prize(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    award = AwardDraft(item=element.get("ITEM") or "1", awarded=True)
    _PRIZE.read(element, award, walk)
    draft.awards.append(award)


def _no_prize(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    award = AwardDraft(item=element.get("ITEM") or "1", awarded=False)
    _NOT_AWARDED.read(element, award, walk)
    draft.awards.append(award)


def _decided(element: Element, award: AwardDraft, walk: TedWalk) -> None:
    award.decided_on = leaves.day(element, walk)


_CONTRACTOR: Final = Grammar[PartyDraft](
    "contractor",
    {
        "ADDRESS_CONTRACTOR": PARTY.read,
        "ADDRESS_WINNER": PARTY.read,
        "SME": leaves.sets("size", "sme"),
        # "The contractor is an SME: no": so it is a large enterprise (Recommendation 2003/361/EC).
        "NO_SME": leaves.sets("size", "large"),
    },
)
COUNTS: Final[dict[str, Handler[AwardDraft]]] = {
    "NB_TENDERS_RECEIVED": submissions("tenders"),
    "NB_TENDERS_RECEIVED_SME": submissions("t-sme"),
    "NB_TENDERS_RECEIVED_OTHER_EU": submissions("t-oth-eea"),
    "NB_TENDERS_RECEIVED_NON_EU": submissions("t-no-eea"),
    "NB_TENDERS_RECEIVED_EMEANS": submissions("t-esubm"),
}
_AWARDED: Final = Grammar[AwardDraft](
    "awarded contract",
    {
        **COUNTS,
        "DATE_CONCLUSION_CONTRACT": leaves.keeps("concluded_on", leaves.day),
        "AWARDED_TO_GROUP": leaves.sets("group", True),
        "NO_AWARDED_TO_GROUP": leaves.sets("group", False),
        "CONTRACTOR": _contractor,
        "VAL_ESTIMATED_TOTAL": leaves.adds_money(AmountKind.ESTIMATED, lambda award: award.values),
        "VAL_TOTAL": _value,
        "VAL_BARGAIN_PURCHASE": leaves.adds_money(AmountKind.AWARDED, lambda award: award.values),
        "VAL_RANGE_TOTAL": leaves.adds_range(lambda award: award.values),
        "VAL_REVENUE": leaves.adds_money(AmountKind.CONCESSION_REVENUE, lambda award: award.revenues),
        "VAL_PRICE_PAYMENT": leaves.adds_money(AmountKind.CONCESSION_REVENUE, lambda award: award.revenues),
        "LIKELY_SUBCONTRACTED": leaves.sets("subcontracting", True),
    },
    wrappers=r"TENDERS|CONTRACTORS|VALUES",
)
_NOT_AWARDED: Final = Grammar[AwardDraft](
    "contract not awarded",
    {"PROCUREMENT_UNSUCCESSFUL": _unsuccessful, "PROCUREMENT_DISCONTINUED": _discontinued},
)
_AWARD: Final = Grammar[AwardDraft](
    "award",
    {
        "CONTRACT_NO": leaves.keeps("reference", leaves.only_line),
        "LOT_NO": _lot_number,
        "TITLE": leaves.into_line(lambda award: award.title),
        "AWARDED_CONTRACT": _awarded,
        "NO_AWARDED_CONTRACT": _not_awarded,
    },
)
_PRIZE: Final = Grammar[AwardDraft](
    "prize",
    {
        "DATE_DECISION_JURY": _decided,
        "NB_PARTICIPANTS": _participants,
        "NB_PARTICIPANTS_SME": submissions("t-sme"),
        "NB_PARTICIPANTS_OTHER_EU": submissions("t-oth-eea"),
        "NB_PARTICIPANTS_NON_EU": submissions("t-no-eea"),
        "WINNER": _contractor,
        "VAL_PRIZE": _value,
    },
    wrappers=r"PARTICIPANTS|WINNERS",
)
_RESULTS: Final = Grammar[FormDraft]("results", {"AWARDED_PRIZE": _prize, "NO_AWARDED_PRIZE": _no_prize})

"""`efac:NoticeResult` as written: results, tenders, tendering parties and contracts, each under its technical id.

The same element names stand for a definition (directly below `efac:NoticeResult`) and for a reference (below another
element). Grammars keep them apart, as each knows only its own children. `outcomes` joins the pieces.
"""

from __future__ import annotations

from typing import Final, TypeVar

from lxml.etree import _Element as Element

from notices.formats.eforms import leaves
from notices.formats.eforms.references import link
from notices.formats.eforms.result_drafts import (
    ContractDraft,
    GroupValueDraft,
    MemberDraft,
    NoticeResultDraft,
    ResultDraft,
    StatisticDraft,
    TenderDraft,
    TenderingPartyDraft,
)
from notices.formats.eforms.walk import Grammar, Walk
from notices.model import AmountKind, Money, SubmissionCount

D = TypeVar("D", TenderDraft, TenderingPartyDraft, ContractDraft)


def read_results(element: Element, draft: NoticeResultDraft, walk: Walk) -> None:
    """Read an `efac:NoticeResult` into `draft`."""
    _NOTICE_RESULT.read(element, draft, walk)


def read_award_date(element: Element, draft: NoticeResultDraft, walk: Walk) -> None:
    """Read the `cac:TenderResult` of the document.

    UBL asks for it and eForms has no use for it, so most senders write 2000-01-01. A Belgian one (3P) writes the day of
    the award there and nowhere else.
    """
    _TENDER_RESULT.read(element, draft, walk)


def _award_date(element: Element, draft: NoticeResultDraft, walk: Walk) -> None:
    if not leaves.printed(element).startswith(_NO_AWARD_DATE):
        draft.decided_on = leaves.day(element, walk)


_NO_AWARD_DATE: Final = ("2000-01-01", "0001-01-01")


def _reference(element: Element, walk: Walk) -> str | None:
    """The id that a reference element carries."""
    found = None
    for child in element:
        if child.tag == leaves.ID:
            found = leaves.code(child)
        else:
            walk.leave_unread(child)
    return found


def _define(defined: dict[str, D], piece: D, element: Element, walk: Walk, *, what: str, referrer: str) -> None:
    """Keep a piece under its id; a person is told of one that cannot be referred to, or whose id is taken."""
    if piece.id is None:
        walk.note(element, f"This {what} has no id, so no {referrer} can refer to it.")
    elif defined.setdefault(piece.id, piece) is not piece:
        walk.note(element, f"Another {what} has the same id; the first one stands.", piece.id)


# --- values of the whole notice ---------------------------------------------------------------------------------------


def _total(element: Element, draft: NoticeResultDraft, walk: Walk) -> None:
    _add_money(draft.values, element, AmountKind.AWARDED, walk)


def _overall_maximum(element: Element, draft: NoticeResultDraft, walk: Walk) -> None:
    _add_money(draft.values, element, AmountKind.FRAMEWORK_MAXIMUM, walk)


def _overall_approximate(element: Element, draft: NoticeResultDraft, walk: Walk) -> None:
    _add_money(draft.values, element, AmountKind.FRAMEWORK_REESTIMATED, walk)


def _add_money(values: list[Money], element: Element, kind: AmountKind, walk: Walk) -> None:
    if value := leaves.money(element, kind, walk):
        values.append(value)


def _group_framework(element: Element, draft: NoticeResultDraft, walk: Walk) -> None:
    read = GroupValueDraft()
    _GROUP_FRAMEWORK.read(element, read, walk)
    if read.group_id:
        draft.group_values.setdefault(read.group_id, []).extend(read.values)
    elif read.values:
        walk.note(element, "This framework value names no group of lots.", str(read.values[0].amount))


def _group_maximum(element: Element, draft: GroupValueDraft, walk: Walk) -> None:
    _add_money(draft.values, element, AmountKind.FRAMEWORK_MAXIMUM, walk)


def _group_reestimated(element: Element, draft: GroupValueDraft, walk: Walk) -> None:
    _add_money(draft.values, element, AmountKind.FRAMEWORK_REESTIMATED, walk)


def _group_id(element: Element, draft: GroupValueDraft, walk: Walk) -> None:
    draft.group_id = _reference(element, walk)


# --- lot results ------------------------------------------------------------------------------------------------------


def _result(element: Element, draft: NoticeResultDraft, walk: Walk) -> None:
    result = ResultDraft()
    _RESULT.read(element, result, walk)
    draft.results.append(result)


def _result_id(element: Element, draft: ResultDraft, _walk: Walk) -> None:
    draft.id = leaves.code(element)


def _status(element: Element, draft: ResultDraft, _walk: Walk) -> None:
    draft.status = leaves.code(element)


def _non_award(element: Element, draft: ResultDraft, walk: Walk) -> None:
    _DECISION.read(element, draft, walk)


def _non_award_reason(element: Element, draft: ResultDraft, _walk: Walk) -> None:
    draft.non_award_reason = leaves.code(element)


def _lowest(element: Element, draft: ResultDraft, walk: Walk) -> None:
    _add_money(draft.values, element, AmountKind.LOWEST_TENDER, walk)


def _highest(element: Element, draft: ResultDraft, walk: Walk) -> None:
    _add_money(draft.values, element, AmountKind.HIGHEST_TENDER, walk)


def _framework_values(element: Element, draft: ResultDraft, walk: Walk) -> None:
    _FRAMEWORK_VALUES.read(element, draft, walk)


def _framework_maximum(element: Element, draft: ResultDraft, walk: Walk) -> None:
    _add_money(draft.values, element, AmountKind.FRAMEWORK_MAXIMUM, walk)


def _framework_reestimated(element: Element, draft: ResultDraft, walk: Walk) -> None:
    _add_money(draft.values, element, AmountKind.FRAMEWORK_REESTIMATED, walk)


def _submissions(element: Element, draft: ResultDraft, walk: Walk) -> None:
    """A kind of submission and its number. The kind may be empty; a number of -1 is withheld."""
    read = StatisticDraft()
    _STATISTIC.read(element, read, walk)
    if read.count is not None:
        draft.submissions.append(SubmissionCount(type=read.code, count=read.count))


def _statistic_code(element: Element, draft: StatisticDraft, _walk: Walk) -> None:
    draft.code = leaves.code(element)


def _statistic_count(element: Element, draft: StatisticDraft, walk: Walk) -> None:
    draft.count = leaves.integer(element, walk)


def _result_tender(element: Element, draft: ResultDraft, walk: Walk) -> None:
    _add_reference(draft.tender_ids, element, walk)


def _result_contract(element: Element, draft: ResultDraft, walk: Walk) -> None:
    _add_reference(draft.contract_ids, element, walk)


def _result_lot(element: Element, draft: ResultDraft, walk: Walk) -> None:
    draft.lot_id = _reference(element, walk)


def _add_reference(references: dict[str, None], element: Element, walk: Walk) -> None:
    if found := _reference(element, walk):
        references[found] = None


# --- tenders and who made them ----------------------------------------------------------------------------------------


def _tender(element: Element, draft: NoticeResultDraft, walk: Walk) -> None:
    tender = TenderDraft()
    _TENDER.read(element, tender, walk)
    _define(draft.tenders, tender, element, walk, what="tender", referrer="result")


def _tender_id(element: Element, draft: TenderDraft, _walk: Walk) -> None:
    draft.id = leaves.code(element)


def _rank(element: Element, draft: TenderDraft, walk: Walk) -> None:
    draft.rank = leaves.integer(element, walk)


def _tender_total(element: Element, draft: TenderDraft, walk: Walk) -> None:
    _MONETARY_TOTAL.read(element, draft, walk)


def _payable(element: Element, draft: TenderDraft, walk: Walk) -> None:
    draft.value = leaves.money(element, AmountKind.AWARDED, walk)


def _revenue(element: Element, draft: TenderDraft, walk: Walk) -> None:
    _REVENUE.read(element, draft, walk)


def _revenue_amount(element: Element, draft: TenderDraft, walk: Walk) -> None:
    _add_money(draft.revenues, element, AmountKind.CONCESSION_REVENUE, walk)


def _subcontracting(element: Element, draft: TenderDraft, walk: Walk) -> None:
    _SUBCONTRACTING.read(element, draft, walk)


def _subcontracting_code(element: Element, draft: TenderDraft, walk: Walk) -> None:
    list_name = element.get("listName")
    if list_name not in (None, "applicability"):
        walk.leave_unread(element, list_name)
    elif (text := leaves.code(element)) in ("yes", "no"):
        draft.subcontracting = text == "yes"


def _tender_lot(element: Element, draft: TenderDraft, walk: Walk) -> None:
    draft.lot_id = _reference(element, walk)


def _tender_party(element: Element, draft: TenderDraft, walk: Walk) -> None:
    draft.party_id = _reference(element, walk)


def _party(element: Element, draft: NoticeResultDraft, walk: Walk) -> None:
    party = TenderingPartyDraft()
    _PARTY.read(element, party, walk)
    _define(draft.parties, party, element, walk, what="tendering party", referrer="tender")


def _party_id(element: Element, draft: TenderingPartyDraft, _walk: Walk) -> None:
    draft.id = leaves.code(element)


def _tenderer(element: Element, draft: TenderingPartyDraft, walk: Walk) -> None:
    _add_member(draft.tenderers, element, walk)


def _subcontractor(element: Element, draft: TenderingPartyDraft, walk: Walk) -> None:
    _add_member(draft.subcontractors, element, walk)


def _add_member(members: dict[str, bool | None], element: Element, walk: Walk) -> None:
    member = MemberDraft()
    _TENDERER.read(element, member, walk)
    if member.id:
        members[member.id] = member.lead


def _member_id(element: Element, draft: MemberDraft, _walk: Walk) -> None:
    draft.id = leaves.code(element)


def _leads_group(element: Element, draft: MemberDraft, walk: Walk) -> None:
    draft.lead = leaves.flag(element, walk)


# --- contracts --------------------------------------------------------------------------------------------------------


def _contract(element: Element, draft: NoticeResultDraft, walk: Walk) -> None:
    contract = ContractDraft()
    _CONTRACT.read(element, contract, walk)
    _define(draft.contracts, contract, element, walk, what="contract", referrer="result")


def _contract_id(element: Element, draft: ContractDraft, _walk: Walk) -> None:
    draft.id = leaves.code(element)


def _contract_reference(element: Element, draft: ContractDraft, walk: Walk) -> None:
    draft.reference = _reference(element, walk)


def _contract_title(element: Element, draft: ContractDraft, walk: Walk) -> None:
    leaves.add_line(draft.title, element, walk)


def _concluded_on(element: Element, draft: ContractDraft, walk: Walk) -> None:
    draft.concluded_on = leaves.day(element, walk)


def _decided_on(element: Element, draft: ContractDraft, walk: Walk) -> None:
    draft.decided_on = leaves.day(element, walk)


def _contract_url(element: Element, draft: ContractDraft, _walk: Walk) -> None:
    draft.url = leaves.line(element)


def _contract_tender(element: Element, draft: ContractDraft, walk: Walk) -> None:
    _add_reference(draft.tender_ids, element, walk)


def _framework_notice(element: Element, draft: ContractDraft, walk: Walk) -> None:
    """OPT-100: the notice of the framework agreement under which the contract was concluded."""
    if found := _reference(element, walk):
        draft.earlier.append(link("framework", found, None))


_DECISION: Final = Grammar[ResultDraft]("decision", {"efbc:DecisionReasonCode": _non_award_reason})
_FRAMEWORK_VALUES: Final = Grammar[ResultDraft](
    "framework values",
    {"cbc:MaximumValueAmount": _framework_maximum, "efbc:ReestimatedValueAmount": _framework_reestimated},
)
_STATISTIC: Final = Grammar[StatisticDraft](
    "statistic", {"efbc:StatisticsCode": _statistic_code, "efbc:StatisticsNumeric": _statistic_count}
)
_RESULT: Final = Grammar[ResultDraft](
    "lot result",
    {
        "cbc:ID": _result_id,
        "cbc:TenderResultCode": _status,
        "cbc:LowerTenderAmount": _lowest,
        "cbc:HigherTenderAmount": _highest,
        "efac:DecisionReason": _non_award,
        "efac:FrameworkAgreementValues": _framework_values,
        "efac:ReceivedSubmissionsStatistics": _submissions,
        "efac:LotTender": _result_tender,
        "efac:SettledContract": _result_contract,
        "efac:TenderLot": _result_lot,
    },
)
_MONETARY_TOTAL: Final = Grammar[TenderDraft]("monetary total", {"cbc:PayableAmount": _payable})
_REVENUE: Final = Grammar[TenderDraft](
    "concession revenue", {"efbc:RevenueBuyerAmount": _revenue_amount, "efbc:RevenueUserAmount": _revenue_amount}
)
_SUBCONTRACTING: Final = Grammar[TenderDraft]("subcontracting", {"efbc:TermCode": _subcontracting_code})
_TENDER: Final = Grammar[TenderDraft](
    "tender",
    {
        "cbc:ID": _tender_id,
        "cbc:RankCode": _rank,
        "cac:LegalMonetaryTotal": _tender_total,
        "efac:ConcessionRevenue": _revenue,
        "efac:SubcontractingTerm": _subcontracting,
        "efac:TenderLot": _tender_lot,
        "efac:TenderingParty": _tender_party,
    },
)
_TENDERER: Final = Grammar[MemberDraft]("tenderer", {"cbc:ID": _member_id, "efbc:GroupLeadIndicator": _leads_group})
_PARTY: Final = Grammar[TenderingPartyDraft](
    "tendering party",
    {"cbc:ID": _party_id, "efac:Tenderer": _tenderer, "efac:SubContractor": _subcontractor},
)
_CONTRACT: Final = Grammar[ContractDraft](
    "contract",
    {
        "cbc:ID": _contract_id,
        "cbc:Title": _contract_title,
        "cbc:IssueDate": _concluded_on,
        "cbc:AwardDate": _decided_on,
        "cbc:URI": _contract_url,
        "efac:ContractReference": _contract_reference,
        "efac:LotTender": _contract_tender,
        "cac:NoticeDocumentReference": _framework_notice,
    },
)
_GROUP_FRAMEWORK: Final = Grammar[GroupValueDraft](
    "group framework",
    {
        "efbc:GroupFrameworkMaximumValueAmount": _group_maximum,
        "efbc:GroupFrameworkReestimatedValueAmount": _group_reestimated,
        "efac:TenderLot": _group_id,
    },
)
_TENDER_RESULT: Final = Grammar[NoticeResultDraft]("tender result", {"cbc:AwardDate": _award_date})
_NOTICE_RESULT: Final = Grammar[NoticeResultDraft](
    "notice result",
    {
        "cbc:TotalAmount": _total,
        "efbc:OverallMaximumFrameworkContractsAmount": _overall_maximum,
        "efbc:OverallApproximateFrameworkContractsAmount": _overall_approximate,
        "efac:GroupFramework": _group_framework,
        "efac:LotResult": _result,
        "efac:LotTender": _tender,
        "efac:TenderingParty": _party,
        "efac:SettledContract": _contract,
    },
)

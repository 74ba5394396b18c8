"""Joins the pieces of an `efac:NoticeResult` into the outcome of each lot, along the chain of references.

LotResult → LotTender → TenderingParty → Tenderer → Organization, and LotResult → SettledContract → LotTender.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, TypeVar

from lxml.etree import _Element as Element

from notices.formats.eforms.organisations import Organisations
from notices.formats.eforms.result_drafts import ContractDraft, NoticeResultDraft, ResultDraft, TenderDraft
from notices.formats.eforms.walk import Walk
from notices.model import AmountKind, Contract, LotResult, Money, Organisation, Tender

T = TypeVar("T")

AT_LEAST: Final = "at-least-tenders-named"
"""Basis of a count that is only the number of tenders the notice names."""

_AWARDED: Final = "selec-w"


class Outcomes:
    """The outcomes of one notice. `used` collects the companies that appear as tenderers or subcontractors."""

    def __init__(self, draft: NoticeResultDraft, organisations: Organisations, element: Element, walk: Walk) -> None:
        self._draft = draft
        self._organisations = organisations
        self._element = element
        self._walk = walk
        self._missing: set[str] = set()
        self._claimed = {reference for result in draft.results for reference in result.tender_ids}
        self.used: set[str] = set()

    def build(self) -> tuple[LotResult, ...]:
        """One result per `efac:LotResult`; what no result refers to leaves a note."""
        results = tuple(self._result(result) for result in self._draft.results or self._implied())
        self._note_orphans(results)
        return results

    def _implied(self) -> list[ResultDraft]:
        """A result per lot of the tenders, where a notice gives tenders and no result (modifications, SDK examples)."""
        by_lot: dict[str | None, ResultDraft] = {}
        for reference, tender in self._draft.tenders.items():
            result = by_lot.setdefault(tender.lot_id, ResultDraft(lot_id=tender.lot_id))
            result.tender_ids[reference] = None
        return list(by_lot.values())

    def _result(self, result: ResultDraft) -> LotResult:
        contracts = self._contracts(result)
        tenders = self._tenders(result, contracts)
        winners = _winning_ids(result, contracts, tenders)
        count, basis = tenders_received(result)
        return LotResult(
            id=result.id,
            lot_id=result.lot_id,
            status=result.status,
            non_award_reason=result.non_award_reason,
            tenders_received=count,
            tenders_received_basis=basis,
            submissions=tuple(result.submissions),
            tenders=tuple(self._tender(tender, tender.id in winners) for tender in tenders),
            contracts=tuple(_contract(contract, self._draft.decided_on) for contract in contracts),
            values=tuple(result.values),
        )

    def _contracts(self, result: ResultDraft) -> list[ContractDraft]:
        """The contracts a result refers to, else those that settle one of its tenders."""
        if result.contract_ids:
            found = (self._find(self._draft.contracts, reference, "contract") for reference in result.contract_ids)
            return [contract for contract in found if contract is not None]
        own = result.tender_ids.keys()
        return [contract for contract in self._draft.contracts.values() if not own.isdisjoint(contract.tender_ids)]

    def _tenders(self, result: ResultDraft, contracts: list[ContractDraft]) -> list[TenderDraft]:
        """The tenders a result refers to, those its contracts settle, and those of its lot that no result refers to.

        A contract may cover several lots: tenders for another lot than the result's are left to that lot. A lot may
        have several results: a tender that one of them refers to is told there and not twice.
        """
        named = [*result.tender_ids, *(reference for contract in contracts for reference in contract.tender_ids)]
        found = [self._find(self._draft.tenders, reference, "tender") for reference in dict.fromkeys(named)]
        tenders = {
            tender.id: tender
            for tender in found
            if tender is not None and (tender.id in result.tender_ids or tender.lot_id in (None, result.lot_id))
        }
        for tender in self._draft.tenders.values():
            if tender.lot_id is not None and tender.lot_id == result.lot_id and tender.id not in self._claimed:
                tenders.setdefault(tender.id, tender)
        return list(tenders.values())

    def _tender(self, tender: TenderDraft, winner: bool) -> Tender:
        party = self._find(self._draft.parties, tender.party_id, "tendering party") if tender.party_id else None
        return Tender(
            id=tender.id,
            tenderers=self._parties(party.tenderers if party else {}),
            subcontractors=self._parties(party.subcontractors if party else {}),
            value=_value(tender, winner),
            revenues=tuple(tender.revenues),
            rank=tender.rank,
            winner=winner,
            subcontracting=tender.subcontracting,
        )

    def _parties(self, members: Mapping[str, bool | None]) -> tuple[Organisation, ...]:
        found = []
        for reference, lead in members.items():
            organisation = self._organisations.get(reference)
            if organisation is None:
                self._note_missing(reference, "organisation")
            else:
                self.used.add(organisation.local_id or reference)
                said = {} if lead is None else {"group_lead": lead}
                found.append(organisation.model_copy(update=said))
        return tuple(found)

    def _find(self, among: dict[str, T], reference: str, what: str) -> T | None:
        found = among.get(reference)
        if found is None:
            self._note_missing(reference, what)
        return found

    def _note_missing(self, reference: str, what: str) -> None:
        if reference not in self._missing:
            self._missing.add(reference)
            self._walk.note(self._element, f"The notice refers to a {what} that it does not define.", reference)

    def _note_orphans(self, results: tuple[LotResult, ...]) -> None:
        named = {tender.id for result in results for tender in result.tenders}
        settled = {contract.id for result in results for contract in result.contracts}
        for orphan in sorted(self._draft.tenders.keys() - named):
            self._walk.note(self._element, "No lot result refers to this tender.", orphan)
        for orphan in sorted(self._draft.contracts.keys() - settled):
            self._walk.note(self._element, "No lot result refers to this contract.", orphan)


def tenders_received(result: ResultDraft) -> tuple[int | None, str | None]:
    """How many tenders a lot received, and how that was read.

    The code `tenders` says it. Belgian notices of SDK 1.8 leave the one code empty; French ones give only the
    electronic tenders. Failing all that, the tenders named by a result with a status are a lower bound, marked as such.
    """
    submissions = result.submissions
    by_code = {item.type: item.count for item in submissions}
    if "tenders" in by_code:
        return by_code["tenders"], "tenders"
    if len(submissions) == 1 and submissions[0].type is None:
        return submissions[0].count, "empty-code"
    if "t-esubm" in by_code:
        return by_code["t-esubm"], "t-esubm"
    named = len(result.tender_ids)
    return (named, AT_LEAST) if named and result.status else (None, None)


def _value(tender: TenderDraft, winner: bool) -> Money | None:
    """BT-720 is the amount of any tender; only that of a winner was awarded."""
    if tender.value is None or winner:
        return tender.value
    return tender.value.model_copy(update={"kind": AmountKind.TENDER})


def _winning_ids(result: ResultDraft, contracts: list[ContractDraft], tenders: list[TenderDraft]) -> set[str | None]:
    """The tenders that won. Belgian results refer to losing tenders too, so a contract decides where there is one.

    A result without status (modifications, completions) is about a contract, hence awarded.
    """
    if result.status not in (None, _AWARDED):
        return set()
    own = {tender.id for tender in tenders}
    settled = own.intersection(reference for contract in contracts for reference in contract.tender_ids)
    return set(settled) or set(result.tender_ids)


def _not_after(concluded_on: date | None, decided_on: date | None) -> date | None:
    """The notice's date of award, unless this contract was concluded before it: then it is not about this contract."""
    return None if concluded_on and decided_on and decided_on > concluded_on else decided_on


def _contract(contract: ContractDraft, decided_on: date | None) -> Contract:
    return Contract(
        id=contract.id,
        reference=contract.reference,
        title=contract.title,
        concluded_on=contract.concluded_on,
        decided_on=contract.decided_on or _not_after(contract.concluded_on, decided_on),
        url=contract.url,
        tender_ids=tuple(contract.tender_ids),
    )

"""From award blocks to the outcome of each lot."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.ted_export.drafts import AwardDraft, FormDraft, PartyDraft
from notices.formats.ted_export.walk import TedWalk
from notices.model import Contract, LotResult, Money, SubmissionCount, Tender

_AWARDED: Final = "selec-w"
_CLOSED: Final = "clos-nw"
_PREFIX: Final = re.compile(r"^(?:lots?|perceel|percelen|los)?\s*(?:n[°ºo.]*|nr\.?)?\s*0*(?=[0-9A-Z])", re.IGNORECASE)
MODIFIED: Final = "modification"
"""Id of the tender that stands for a contractor who came in with a modification."""


def build_results(form: FormDraft, lot_ids: list[str], element: Element, walk: TedWalk) -> tuple[LotResult, ...]:
    """The outcomes in the order of the form. Blocks of one lot are one outcome with several contracts.

    The blocks are tied to lots by the lot number only. A block without one belongs to the only lot there is; where
    there are several lots, it stays without.
    """
    lots: dict[str, str] = {}
    for number in lot_ids:
        lots.setdefault(_plain(number), number)
    groups: dict[str, list[tuple[int, AwardDraft]]] = {}
    for position, award in enumerate(_with_new_contractors(form), start=1):
        lot_id = _lot_of(award, lots, element, walk)
        groups.setdefault(lot_id or f"\n{position}", []).append((position, award))
    return tuple(
        _result(None if key.startswith("\n") else key, awards, element, walk) for key, awards in groups.items()
    )


def _with_new_contractors(form: FormDraft) -> list[AwardDraft]:
    """The award blocks; a modification (F20) that names other contractors than the award adds one for them."""
    if form.modification is None:
        return form.awards
    known = {_name(party) for award in form.awards for party in award.contractors}
    new = [party for party in form.modification.contractors if _name(party) not in known]
    if not new:
        return form.awards
    added = AwardDraft(item=MODIFIED, awarded=True, contractors=new, group=len(new) > 1)
    added.lot_numbers = form.awards[0].lot_numbers if form.awards else []
    return [*form.awards, added]


def _name(party: PartyDraft) -> str:
    return next(iter(party.name.values()), "").casefold()


def _lot_of(award: AwardDraft, lots: dict[str, str], element: Element, walk: TedWalk) -> str | None:
    """The lot of an award; `lots` are the ids by their number without words and zeros around it."""
    if len(lots) == 1:
        return next(iter(lots.values()))
    if not award.lot_numbers:
        return None
    printed = ", ".join(award.lot_numbers)
    if len(award.lot_numbers) == 1:
        found = lots.get(_plain(printed)) if lots else printed
        if found is not None:
            return found
    walk.note(element, "This award is not for one lot of the notice.", printed)
    return None


def _plain(number: str) -> str:
    return _PREFIX.sub("", number.strip()).casefold()


def _result(lot_id: str | None, awards: list[tuple[int, AwardDraft]], element: Element, walk: TedWalk) -> LotResult:
    tenders: list[Tender] = []
    contracts: list[Contract] = []
    values: list[Money] = []
    for position, award in awards:
        made = _tenders(position, award)
        tenders.extend(made)
        values.extend(award.values)
        if len(made) != 1:
            values.extend((*((award.value,) if award.value else ()), *award.revenues))
        if contract := _contract(position, award, made):
            contracts.append(contract)
        elif award.reference:
            walk.note(element, "A contract has this number, but it was not awarded.", award.reference)
    submissions = _submissions(award for _, award in awards)
    count, basis = _received(submissions, [award for _, award in awards], element, walk)
    return LotResult(
        id=awards[0][1].item or str(awards[0][0]),
        lot_id=lot_id,
        status=_status([award for _, award in awards]),
        non_award_reason=next((award.non_award_reason for _, award in awards if award.non_award_reason), None),
        tenders_received=count,
        tenders_received_basis=basis,
        submissions=submissions,
        tenders=tuple(tenders),
        contracts=tuple(contracts),
        values=tuple(dict.fromkeys(values)),
    )


def _tenders(position: int, award: AwardDraft) -> list[Tender]:
    """One tender of a group; otherwise one per contractor, and then nobody says whose the value is."""
    parties = [party.build() for party in award.contractors]
    if not parties:
        return []
    groups = [parties] if award.group or len(parties) == 1 else [[party] for party in parties]
    alone = len(groups) == 1
    name = MODIFIED if award.item == MODIFIED else str(position)
    return [
        Tender(
            id=name if alone else f"{name}-{number}",
            tenderers=tuple(group),
            value=award.value if alone else None,
            revenues=tuple(award.revenues) if alone else (),
            winner=True,
            subcontracting=award.subcontracting,
        )
        for number, group in enumerate(groups, start=1)
    ]


def _contract(position: int, award: AwardDraft, tenders: list[Tender]) -> Contract | None:
    if not any((award.reference, award.title, award.concluded_on, award.decided_on)) or award.awarded is False:
        return None
    return Contract(
        id=str(position),
        reference=award.reference,
        title=award.title,
        concluded_on=award.concluded_on,
        decided_on=award.decided_on,
        tender_ids=tuple(tender.id for tender in tenders if tender.id),
    )


def _status(awards: list[AwardDraft]) -> str | None:
    if any(award.awarded or (award.awarded is None and award.contractors) for award in awards):
        return _AWARDED
    return _CLOSED if any(award.awarded is False for award in awards) else None


def _submissions(awards: Iterable[AwardDraft]) -> tuple[SubmissionCount, ...]:
    """Every contract of a lot repeats the counts of the lot."""
    return tuple(dict.fromkeys(count for award in awards for count in award.submissions))


def _received(
    submissions: tuple[SubmissionCount, ...], awards: list[AwardDraft], element: Element, walk: TedWalk
) -> tuple[int | None, str | None]:
    for kind in ("tenders", "t-esubm"):
        counts = [item.count for item in submissions if item.type == kind]
        if len(set(counts)) > 1:
            told = ", ".join(str(count) for count in counts)
            walk.note(element, "The contracts of one lot give different numbers of tenders; the highest is kept.", told)
        if counts:
            return max(counts), kind
    participants = [award.participants for award in awards if award.participants is not None]
    return (max(participants), "participants") if participants else (None, None)

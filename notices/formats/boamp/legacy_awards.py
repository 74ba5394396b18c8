"""Results in schema v230: decisions with their winners. Winners have no number, and groups only a word in a name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from notices.formats.boamp import ignored, printed
from notices.formats.boamp.draft import Draft
from notices.formats.boamp.legacy_parties import read_winner
from notices.formats.boamp.node import Node
from notices.model import AmountKind, Contract, LotResult, Money, Organisation, SubmissionCount, Tender

_GROUP: Final = re.compile(r"\s*\(\s*(mandataire|co-?\s?traitant)[^()]{0,40}\)\s*", re.IGNORECASE)
_RANK: Final = re.compile(r"\s*\(\s*rang\s*(?:n°\s*)?([0-9]{1,2})\s*\)\s*", re.IGNORECASE)
_WINNER_CHOSEN: Final = "selec-w"
_NO_WINNER: Final = "clos-nw"
_CLOSED: Final = ("INFRUCTUEUX", "SANS_SUITE", "NON_ATTRIBUE", "ABANDON")
_AMOUNTS: Final = (
    ("ESTIMATION_INITIALE", AmountKind.ESTIMATED),
    ("MONTANT_MAXI", AmountKind.FRAMEWORK_MAXIMUM),
    ("OFFRE_BASSE", AmountKind.LOWEST_TENDER),
    ("OFFRE_ELEVEE", AmountKind.HIGHEST_TENDER),
)
_COUNTS: Final = (
    ("NB_OFFRE_RECU_PME", "t-sme"),
    ("NB_OFFRE_RECU_UE", "t-oth-eea"),
    ("NB_OFFRE_RECU_NON_UE", "t-no-eea"),
    ("NB_OFFRE_RECU_ELECT", "t-esubm"),
)
"""eForms received-submission-type by element."""
_LOT_NUMBER: Final = re.compile(r"[0-9]{1,3}")


@dataclass(slots=True)
class _Winner:
    """One `TITULAIRE` with the `RENSEIGNEMENT` that follows it."""

    organisation: Organisation
    rank: int | None
    role: str | None
    decided_on: date | None = None
    received: int | None = None
    value: Money | None = None
    subcontracting: bool | None = None
    in_group: bool = False
    others: tuple[Money, ...] = ()
    submissions: tuple[SubmissionCount, ...] = ()


def read_awards(node: Node, draft: Draft) -> None:
    """Read `ATTRIBUTION`."""
    for total in node.each("VALEUR_TOTALE"):
        if money := printed.amount(total, AmountKind.AWARDED, draft.tax):
            draft.values.append(money)
    decided_on = printed.day(node.line("DATE_DECISION"), draft.zone, node)
    lots = frozenset(lot.id for lot in draft.lots)
    for decision in node.each("DECISION"):
        draft.results.append(_result(decision, decided_on, lots, draft))
    if not draft.results and any(node.has(name) for name in _CLOSED):
        draft.results.append(LotResult(status=_NO_WINNER))
    node.ignore(*ignored.of_legacy("ATTRIBUTION"))


def _result(node: Node, decided_on: date | None, lots: frozenset[str], draft: Draft) -> LotResult:
    winners = _winners(node, draft)
    closed = bool([name for name in _CLOSED if node.has(name)])
    chosen = node.has("ATTRIBUE") or bool(winners)
    number, title = node.line("NUM_LOT"), node.line("INTITULE") or node.line("DESCRIPTION")
    node.ignore("DESCRIPTION")
    if more := node.text("AUTRES_INFORMATIONS"):
        draft.more.append(more)
    is_lot = number is not None and (number in lots or _LOT_NUMBER.fullmatch(number) is not None)
    tenders = _tenders(winners)
    dates = {winner.decided_on for winner in winners if winner.decided_on}
    contract = Contract(
        reference=node.line("NUM_MARCHE") or (number if not is_lot else None),
        title=printed.in_french(title),
        decided_on=min(dates, default=decided_on),
    )
    received = {winner.received for winner in winners if winner.received is not None}
    if len(dates) > 1:
        node.note("The winners of one decision were chosen on several days; the first is kept.", max(dates))
    return LotResult(
        lot_id=number if is_lot else None,
        status=_WINNER_CHOSEN if chosen and not (closed and not winners) else _NO_WINNER if closed else None,
        tenders_received=next(iter(received)) if len(received) == 1 else None,
        tenders_received_basis="tenders" if len(received) == 1 else None,
        tenders=tenders,
        contracts=(contract,) if winners else (),
        submissions=next((winner.submissions for winner in winners if winner.submissions), ()),
        values=tuple(dict.fromkeys(value for winner in winners for value in winner.others)),
    )


def _winners(node: Node, draft: Draft) -> list[_Winner]:
    """Winners with the facts at the same place of the other list; facts alone belong to the only winner."""
    found = [_winner(party) for party in node.each("TITULAIRE")]
    facts = node.each("RENSEIGNEMENT")
    if len(facts) > len(found):
        node.note("There are more facts than winners.", f"{len(facts)} > {len(found)}")
    for winner, fact in zip(found, facts, strict=False):
        _read_facts(fact, winner, draft)
    for fact in facts[len(found) :]:
        _read_facts(fact, _Winner(Organisation(name={}), None, None), draft)
    return found


def _winner(node: Node) -> _Winner:
    party = read_winner(node)
    size = node.answer("PME")
    name = next(iter(party.name.values()), "")
    group, rank = _GROUP.search(name), _RANK.search(name)
    plain = " ".join(_RANK.sub(" ", _GROUP.sub(" ", name)).split())
    role = "lead" if group and group[1].lower().startswith("m") else "member" if group else None
    changes = {
        "name": printed.in_french(plain),
        "size": {True: "sme", False: "large"}.get(size) if size is not None else None,
        "group_lead": True if role == "lead" else None,
    }
    return _Winner(party.model_copy(update=changes), int(rank[1]) if rank else None, role)


def _read_facts(node: Node, winner: _Winner, draft: Draft) -> None:
    winner.decided_on = printed.day(node.line("DATE_ATTRIBUTION"), draft.zone, node)
    winner.received = printed.count(node.line("NB_OFFRE_RECU"), node)
    winner.value = printed.amount(node.at("MONTANT"), AmountKind.AWARDED, draft.tax)
    read = [printed.amount(node.at(name), kind, draft.tax) for name, kind in _AMOUNTS]
    winner.others = tuple(money for money in read if money)
    winner.in_group = node.has("GROUPEMENT_ECONOMIQUE")
    counts = [(kind, printed.count(node.line(name), node)) for name, kind in _COUNTS]
    winner.submissions = tuple(SubmissionCount(type=kind, count=found) for kind, found in counts if found is not None)
    winner.subcontracting = node.answer("SOUSTRAITANCE")
    node.ignore(*ignored.of_legacy("RENSEIGNEMENT"))
    if least := printed.amount(node.at("MONTANT_MINI"), AmountKind.FRAMEWORK_MAXIMUM, draft.tax):
        # The model knows no least amount of a framework.
        node.note("The least that will be ordered.", f"{least.amount} {least.currency}", "MONTANT_MINI")


def _tenders(winners: list[_Winner]) -> tuple[Tender, ...]:
    """A group is one tender; winners without a word on a group have one each."""
    if len(winners) > 1 and any(winner.role or winner.in_group for winner in winners):
        values = [winner.value for winner in winners if winner.value]
        return (
            Tender(
                winner=True,
                tenderers=tuple(winner.organisation for winner in winners),
                value=values[0] if values else None,
                rank=next((winner.rank for winner in winners if winner.rank), None),
                subcontracting=next((w.subcontracting for w in winners if w.subcontracting is not None), None),
            ),
        )
    return tuple(
        Tender(
            winner=True,
            tenderers=(winner.organisation,),
            value=winner.value,
            rank=winner.rank,
            subcontracting=winner.subcontracting,
        )
        for winner in winners
    )

"""An award as its modifications left it, with each step that led there; and which amounts are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Final

from notices.formats.decp import codes
from notices.formats.decp.contract import Contract, Modification, identity_of
from notices.formats.decp.fields import Log
from notices.formats.decp.folding import history
from notices.model import AmountKind, Change, Money, Organisation, TaxBasis
from notices.values.money import is_sentinel_amount, plausible_amount

_CURRENCY: Final = "EUR"
_SUSPECT_FROM: Final = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class State:
    """An award as its modifications left it, with the steps that led there."""

    award: Contract
    amount: Money | None
    months: int | None
    winners: tuple[Organisation, ...]
    steps: tuple[Change, ...]
    last: Modification | None


def state_of(award: Contract, log: Log) -> State:
    amount = _money(award.amount, award, log, "montant")
    months, winners = award.months, award.winners
    steps: list[Change] = []
    last = None
    for step in map(partial(_without_fillers, award, log), history(award)):
        last = step
        now = _money(step.amount, award, log, "modifications[].montant")
        parts = list(_told(step, award, (amount, now), months, winners))
        steps.append(_change(step, parts))
        amount, months, winners = now or amount, step.months or months, step.winners or winners
    return State(award, amount, months, winners, tuple(steps), last)


def _without_fillers(award: Contract, log: Log, step: Modification) -> Modification:
    """One source writes 1 EUR and 1 month where a modification changed neither."""
    if step.amount != 1 or step.months != 1:
        return step
    log.note(award.kind, "A modification to 1 EUR and 1 month fills mandatory fields; both count as not said.")
    return replace(step, months=None, amount=None)


def _told(
    step: Modification,
    award: Contract,
    amounts: tuple[Money | None, Money | None],
    months: int | None,
    winners: tuple[Organisation, ...],
) -> Iterator[tuple[str, str]]:
    """What a modification changed: the key of the format, and a sentence."""
    concession = award.kind == "contrat-concession"
    before, now = amounts
    if now is not None and (before is None or before.amount != now.amount):
        name = "valeurGlobale" if concession else "montant"
        yield name, f"{'valeur globale' if concession else 'montant'} : {_printed(before)} → {_printed(now)}"
    if step.months is not None and step.months != months:
        yield "dureeMois", f"durée : {months if months is not None else 'non dite'} → {step.months} mois"
    if step.winners and {identity_of(party) for party in step.winners} != {identity_of(party) for party in winners}:
        name = "concessionnaires" if concession else "titulaires"
        yield name, f"{name} : {names_of(winners)} → {names_of(step.winners)}"


def _change(step: Modification, parts: list[tuple[str, str]]) -> Change:
    head = "Modification" if step.number is None else f"Modification {step.number}"
    if step.notified:
        head += f" du {step.notified}"
    if step.published:
        head += f", publiée le {step.published}"
    said = " ; ".join(sentence for _key, sentence in parts) or "rien de ce que disent les données n'a changé"
    return Change(
        sections=tuple(key for key, _sentence in parts),
        reason_text={"fr": step.purpose} if step.purpose else {},
        description={"fr": f"{head} : {said}."},
    )


def _printed(money: Money | None) -> str:
    return "non dit" if money is None else f"{money.amount:f} {money.currency}"


def names_of(parties: Sequence[Organisation]) -> str:
    return ", ".join(
        next(iter(party.name.values()), None) or party.identifiers[0].printed for party in parties
    ) or "aucun"  # fmt: skip


def _money(amount: Decimal | None, award: Contract, log: Log, key: str) -> Money | None:
    """An amount that can be one. 0 and 1 fill a mandatory field; from a thousand billion on it is a typing error."""
    if amount is None:
        return None
    path = f"{award.kind}.{key}"
    if is_sentinel_amount(amount):
        log.note(path, "This amount fills a mandatory field; it counts as not said.", amount)
        return None
    if not plausible_amount(amount):
        log.note(path, "This amount cannot be one; it is left out.", amount)
        return None
    if amount >= _SUSPECT_FROM:
        log.note(path, "This amount is suspect: hardly any contract has a thousand million.", amount)
    elif len(digits := f"{amount.to_integral_value():f}") >= 7 and set(digits) == {"9"}:
        log.note(path, "This amount is suspect: nines stand for a framework agreement without a maximum.", amount)
    return Money(amount=amount, currency=_CURRENCY, kind=_amount_kind(award), tax_basis=TaxBasis.EXCLUDED)


def _amount_kind(award: Contract) -> AmountKind:
    if award.kind == "contrat-concession":
        return AmountKind.CONCESSION_REVENUE
    framework = codes.is_framework(award.nature, award.techniques)
    return AmountKind.FRAMEWORK_MAXIMUM if framework else AmountKind.AWARDED

"""Results of national notices: structured in MAPA and DSP, prose in FNSimple.

Prose is kept as it stands. A fact is taken out of it only where a fixed label names it and names it once.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from notices.formats.boamp import printed
from notices.formats.boamp.draft import Draft
from notices.formats.boamp.frame import Frame
from notices.formats.boamp.node import Node
from notices.model import AmountKind, Contract, LotResult, Money, Organisation, TaxBasis, Tender
from notices.values.dates import parse_day_first
from notices.values.money import known_amount

_FRUITLESS: Final = re.compile(r"infructueu|sans suite|non attribu", re.IGNORECASE)
_SEVERAL: Final = re.compile(r"\blots?\s*(?:n\s*[°o.]?\s*)?[0-9]", re.IGNORECASE)
_RECEIVED: Final = re.compile(r"nombre d['’]offres reçues?\s*:\s*([0-9]{1,4})\b", re.IGNORECASE)
_DATE: Final = re.compile(r"date d['’]attribution\s*:\s*([0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4})\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"march[ée]\s+n°\s*:\s*([^\n,;]{1,60})", re.IGNORECASE)
_NAME: Final = re.compile(r"(?:nom du titulaire|titulaire|attributaire)\s*:\s*([^\n]{2,200})", re.IGNORECASE)
_AMOUNT: Final = re.compile(
    r"montant[^:\n]{0,60}:\s*([0-9][0-9\s.,\u00a0\u202f]{0,20}[0-9])\s*(?:€|eur(?:os?|\(s\)|o\(s\))?)", re.IGNORECASE
)
_AMOUNT_LABEL: Final = re.compile(r"montant([^:\n]{0,60}):", re.IGNORECASE)
_UNCLEAR: Final = re.compile(r"min|max|estim|annuel|pénalit|avance", re.IGNORECASE)


def read_award(node: Node, draft: Draft) -> None:
    """`attribution` of MAPA and DSP: one `lotMarche` per lot, or the result itself."""
    entries = node.each("lotMarche")
    for entry in entries or (node,):
        if entry:
            result = _result(entry, draft)
            draft.results.extend((result,) if result else ())


def _result(node: Node, draft: Draft) -> LotResult | None:
    outcome = node.at("resultat")
    awarded = outcome.at("attribue")
    holders = [holder for holder in (awarded, outcome, node) if holder.present]
    names = [name for holder in holders for party in holder.each("titulaire") for name in _names(party)]
    money = next((found for holder in holders if (found := _awarded(holder.at("montant"), draft.tax))), None)
    number, title = node.first("numLot", "numMarche").line(), node.first("intitule", "intituleLot").line()
    decided_on = printed.day(node.first("dateAttribution", "dateDecision").line(), draft.zone, node)
    received = printed.count(node.first("nbOffresRecues", "nbOffres").line(), node)
    closed = [name for name in outcome.names if _FRUITLESS.search(_spaced(name))]
    outcome.ignore(*closed)
    if not (awarded.present or closed or names or money):
        return None
    parties = tuple(Organisation(name=printed.in_french(name)) for name in dict.fromkeys(names))
    tender = Tender(winner=True, tenderers=parties, value=money)
    contract = Contract(title=printed.in_french(title), decided_on=decided_on)
    return LotResult(
        lot_id=number,
        status="clos-nw" if closed and not parties else "selec-w",
        tenders_received=received,
        tenders_received_basis="tenders" if received is not None else None,
        tenders=(tender,) if parties or money else (),
        contracts=(contract,) if title or decided_on else (),
    )


def _spaced(name: str) -> str:
    """`sansSuite` as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def _names(party: Node) -> list[str]:
    """`titulaire` is a name, or an object with one."""
    name = party.line() or party.first("PersonneMorale", "denomination", "nom", "nomOfficiel").line()
    party.ignore("adr", "coord", "PersonnePhysique")
    return [name] if name else []


def _awarded(node: Node, tax: TaxBasis) -> Money | None:
    """`montant` holds `valeur` and, on either, the currency."""
    value = node.at("valeur") if node.names else node
    found = printed.amount(value, AmountKind.AWARDED, tax)
    currency = (node.attribute("devise") or "").upper()
    return found.model_copy(update={"currency": currency}) if found and re.fullmatch("[A-Z]{3}", currency) else found


def read_prose(node: Node, draft: Draft, frame: Frame) -> None:
    """`attributionMarche` of FNSimple."""
    text = node.text()
    if not text:
        return
    draft.more.append(text)
    several = len(set(_SEVERAL.findall(text))) > 1
    if several:
        node.note("The result of several lots is told in words; no amount or number is taken out of it.")
    names = frame.winners or (() if several else _names_in(text))
    if not names and _FRUITLESS.search(text):
        draft.results.append(LotResult(status="clos-nw", tenders_received=None if several else _received(text)))
        return
    if not names:
        node.note("The result is told in words; no winner is named in a way that can be read.")
    money = None if several or len(names) > 1 else _amount_in(text)
    tenders = tuple(
        Tender(winner=True, tenderers=(Organisation(name=printed.in_french(name)),), value=money) for name in names
    )
    if several:
        draft.results.extend((LotResult(status="selec-w", tenders=tenders),) if tenders else ())
        return
    received, decided_on, number = _received(text), _decided(text, draft), _only(_NUMBER, text)
    contract = Contract(reference=number, decided_on=decided_on)
    if tenders or received is not None or decided_on:
        draft.results.append(
            LotResult(
                status="selec-w" if tenders else None,
                tenders_received=received,
                tenders_received_basis="tenders" if received is not None else None,
                tenders=tenders,
                contracts=(contract,) if number or decided_on else (),
            )
        )


def _only(pattern: re.Pattern[str], text: str) -> str | None:
    """What the pattern finds, when it finds it once."""
    found = [str(item).strip() for item in pattern.findall(text)]
    return found[0] if len(found) == 1 else None


def _names_in(text: str) -> tuple[str, ...]:
    name = _only(_NAME, text)
    return (" ".join(name.split()),) if name else ()


def _received(text: str) -> int | None:
    found = _only(_RECEIVED, text)
    return int(found) if found else None


def _decided(text: str, draft: Draft) -> date | None:
    """Years of two digits are of this century: the shape is of 2018 and later."""
    found = _only(_DATE, text)
    if found is None:
        return None
    days, months, year = found.split("/")
    at = parse_day_first(f"{days}/{months}/{year if len(year) == 4 else f'20{year:0>2}'}", draft.zone)
    return at.at.date() if at else None


def _amount_in(text: str) -> Money | None:
    """An amount with its one label, unless the label says that it is a bound or an estimate."""
    labels = _AMOUNT_LABEL.findall(text)
    found = _only(_AMOUNT, text)
    if found is None or len(labels) != 1 or _UNCLEAR.search(labels[0]):
        return None
    value = known_amount(found)
    if value is None:
        return None
    label = f" {labels[0].casefold()} "
    tax = TaxBasis.EXCLUDED if " ht " in label else TaxBasis.INCLUDED if " ttc " in label else TaxBasis.UNKNOWN
    return Money(amount=value, currency=printed.EURO, kind=AmountKind.AWARDED, tax_basis=tax, printed=found)

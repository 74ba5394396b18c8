"""From the awards of one contract to a `Notice` of kind result: the contract as its last modification left it.

The state before, and each step to the present one, is kept in `changes`. The amount is without tax (format 2022:
"montant forfaitaire ou maximum estimé hors taxes"); that of a framework agreement is its maximum. What the model has no
field for is kept as lines of `additional_information`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from notices.formats.decp import codes
from notices.formats.decp.contract import Contract, Subcontract, distinct
from notices.formats.decp.fields import Log
from notices.formats.decp.folding import acts
from notices.formats.decp.leaves import key_of
from notices.formats.decp.states import State, names_of, state_of
from notices.formats.reading import ReadingContext
from notices.model import (
    Classification,
    Flags,
    Framework,
    Link,
    LotResult,
    Money,
    Nature,
    Notice,
    NoticeKind,
    Organisation,
    Period,
    ProcedureType,
    SubmissionCount,
    Tender,
)
from notices.model import Contract as ConcludedContract
from notices.values.cpv_text import CpvReading, Repair, parse_cpv, parse_cpv_number

COUNTRY: Final = "FR"
_LONGEST_MONTHS: Final = 1200
_NATURES: Final = {"travaux": Nature.WORKS, "fournitures": Nature.SUPPLIES, "services": Nature.SERVICES}


def notice_of(awards: Sequence[Contract], context: ReadingContext, log: Log) -> Notice:
    """The notice of one contract, `awards` being what was found under its number, at least one."""
    states = [state_of(award, log) for award in awards]
    newest = max(states, key=lambda state: state.award.last_published or date.min)
    award = newest.award
    _question_days(awards, log)
    framework = codes.is_framework(award.nature, award.techniques)
    published = max((day for state in states if (day := state.award.last_published)), default=None)
    return Notice(
        id=context.id or f"{context.portal}:{award.buyer_id}{award.number}",
        portal=context.portal,
        country=COUNTRY,
        url=context.url,
        kind=NoticeKind.RESULT,
        subtype=award.nature,
        format=award.format,
        references=tuple(dict.fromkeys(item.printed_number for item in awards)),
        published_at=_instant(published, context),
        first_published_on=min((item.published for item in awards if item.published), default=None),
        languages=("fr",),
        title={"fr": award.title},
        description=_objects(awards),
        additional_information=_information(states),
        buyers=(award.buyer,),
        nature=_NATURES.get(key_of(award.category or "")),
        classifications=_classifications(awards, log),
        places=tuple(dict.fromkeys(item.place for item in awards if item.place is not None)),
        procedure_type=_procedure(award, log),
        values=_values(states),
        framework=_framework(award, framework),
        duration=_period(newest, log),
        flags=_flags(awards),
        results=tuple(_result(state, log) for state in states),
        links=_links(awards),
        changes=tuple(change for state in states for change in state.steps),
        modification_description=_last_step(newest),
        modification_reason_text={"fr": newest.last.purpose} if newest.last and newest.last.purpose else {},
    )


def _objects(awards: Sequence[Contract]) -> dict[str, str]:
    """The objects of several awards under one number; that of a single one is the title."""
    titles = dict.fromkeys(award.title for award in awards)
    return {"fr": "\n".join(titles)} if len(titles) > 1 else {}


def _last_step(state: State) -> dict[str, str]:
    return dict(state.steps[-1].description) if state.steps else {}


def _instant(day: date | None, context: ReadingContext) -> datetime | None:
    return None if day is None else datetime.combine(day, time(0), context.zone)


def _question_days(awards: Sequence[Contract], log: Log) -> None:
    """Data about a contract cannot be older than the contract; both days are kept as printed."""
    for award in awards:
        if award.published and award.notified and award.published < award.notified:
            log.note(
                f"{award.kind}.datePublicationDonnees",
                f"Published before the contract was notified ({award.notified.isoformat()}).",
                award.published.isoformat(),
            )


# --- amounts ----------------------------------------------------------------------------------------------------------


def _values(states: Sequence[State]) -> tuple[Money, ...]:
    """The contract's amount, once. Awards that differ are not added up: a framework repeats its maximum for each."""
    amounts = dict.fromkeys(state.amount for state in states)
    return tuple(amount for amount in amounts if amount is not None) if len(amounts) == 1 else ()


def _period(state: State, log: Log) -> Period | None:
    award, months = state.award, state.months
    if months is not None and months > _LONGEST_MONTHS:
        log.note(f"{award.kind}.dureeMois", "No contract lasts more than a hundred years.", months)
        months = None
    if months is None and award.started is None:
        return None
    unit = None if months is None else "MONTH"
    return Period(start=award.started, amount=None if months is None else Decimal(months), unit=unit)


# --- codes -----------------------------------------------------------------------------------------------------------


def _classifications(awards: Sequence[Contract], log: Log) -> tuple[Classification, ...]:
    found: dict[str, None] = {}
    for award in awards:
        reading = None if award.cpv is None else _cpv(award.cpv)
        path = f"{award.kind}.codeCPV"
        if reading is not None:
            _note_cpv(reading, award.cpv, log, path)
            found[reading.code] = None
        elif award.cpv is not None:
            log.note(path, "No CPV code can be read from this.", award.cpv)
    return tuple(Classification(code=code, main=number == 0) for number, code in enumerate(found))


def _cpv(printed: str) -> CpvReading | None:
    """A code. One of seven digits has lost the zero of divisions 03 and 09, where only that gives a code."""
    digits = printed.strip()
    if len(digits) == 7 and digits.isascii() and digits.isdigit():
        padded = parse_cpv_number(int(digits))
        right = parse_cpv(f"{digits}0")
        if padded is not None and padded.known:
            return None if right is not None and right.known else padded
    return parse_cpv(printed)


def _note_cpv(reading: CpvReading, printed: str | None, log: Log, path: str) -> None:
    if not reading.known:
        log.note(path, "This code is not in CPV 2008.", printed)
    elif reading.check_digit_fits is False:
        log.note(path, "The check digit is not that of the code.", printed)
    elif reading.repair is not Repair.NONE:
        log.note(path, f"Zeros that were left out were put back: {reading.code}.", printed)


def _procedure(award: Contract, log: Log) -> ProcedureType | None:
    features = _features(award)
    if award.procedure is None and not features:
        return None
    code = None if award.procedure is None else codes.procedure_code(award.procedure)
    if award.procedure is not None and code is None:
        log.note(f"{award.kind}.procedure", "This procedure is not known.", award.procedure)
    printed = () if award.procedure is None else (award.procedure,)
    return ProcedureType(code=code, printed=printed, features={"fr": features} if features else {})


def _features(award: Contract) -> str:
    parts = (("Techniques", award.techniques), ("Modalités d'exécution", award.modalities))
    told = [(label, [item for item in found if key_of(item) != codes.NO_TECHNIQUE]) for label, found in parts]
    return ". ".join(f"{label} : {', '.join(found)}" for label, found in told if found)


def _framework(award: Contract, framework: bool | None) -> Framework | None:
    if framework is None:
        return None
    technique = codes.framework_technique(award.modalities) if framework else "none"
    return Framework(agreement=True if technique is None else None, technique=technique)


def _flags(awards: Sequence[Contract]) -> Flags:
    social = tuple(item for award in awards for item in award.social)
    green = tuple(item for award in awards for item in award.green)
    innovative = {award.innovative for award in awards} - {None}
    return Flags(
        social=codes.has_consideration(social),
        green=codes.has_consideration(green),
        reserved=codes.is_reserved(social),
        innovation=True in innovative if innovative else None,
    )


def _links(awards: Sequence[Contract]) -> tuple[Link, ...]:
    found = dict.fromkeys(award.framework_id for award in awards if award.framework_id)
    return tuple(Link(relation="framework", scheme="portal-reference", value=value) for value in found)


# --- results ---------------------------------------------------------------------------------------------------------


def _result(state: State, log: Log) -> LotResult:
    award = state.award
    if any(_is_buyer(party, award) for party in state.winners):
        log.note(award.kind, "The winner is the buyer itself.", award.buyer_id)
    received = award.offers
    return LotResult(
        status="selec-w" if state.winners else None,
        tenders_received=received,
        tenders_received_basis=None if received is None else "tenders",
        submissions=() if received is None else (SubmissionCount(type="tenders", count=received),),
        tenders=_tenders(state),
        contracts=(
            ConcludedContract(reference=award.printed_number, title={"fr": award.title}, concluded_on=award.notified),
        ),
        values=() if state.amount is None else (state.amount,),
    )


def _is_buyer(party: Organisation, award: Contract) -> bool:
    return any(number.scheme == "SIRET" and number.value == award.buyer_id for number in party.identifiers)


def _tenders(state: State) -> tuple[Tender, ...]:
    """One tender of all winners together; one of each where the buyer says that they are no group.

    With several, the amount is not that of each, so it stays on the result alone.
    """
    award = state.award
    concession = award.kind == "contrat-concession"
    apart = len(state.winners) > 1 and (award.grouping or "").casefold() == "pas de groupement"
    groups = [(party,) for party in state.winners] if apart else [state.winners] if state.winners else []
    alone = len(groups) == 1
    subcontractors = distinct(tuple(act.organisation for act in acts(award) if act.organisation is not None))
    return tuple(
        Tender(
            tenderers=group,
            subcontractors=subcontractors if alone else (),
            value=state.amount if alone and not concession else None,
            revenues=(state.amount,) if alone and concession and state.amount else (),
            winner=True,
            subcontracting=award.subcontracting,
        )
        for group in groups
    )


# --- what has no field -----------------------------------------------------------------------------------------------


def _information(states: Sequence[State]) -> dict[str, str]:
    lines = dict.fromkeys(line for state in states for line in _lines(state.award))
    return {"fr": "\n".join(lines)} if lines else {}


def _lines(award: Contract) -> Iterator[str]:
    lists = (
        ("Considérations sociales", award.social),
        ("Considérations environnementales", award.green),
        ("Types de prix", award.price_types),
    )
    yield from (f"{label} : {', '.join(found)}" for label, found in lists if found)
    if award.grouping:
        yield f"Groupement d'opérateurs : {award.grouping}"
    if award.subsidy is not None:
        yield f"Subvention publique : {award.subsidy:f} EUR"
    yield from (f"{label} : {text}" for label, text in award.extras)
    yield from (_act(act) for act in acts(award))


def _act(act: Subcontract) -> str:
    head = "Modification de l'acte de sous-traitance" if act.modified else "Acte de sous-traitance"
    who = None if act.organisation is None else names_of((act.organisation,))
    parts = (
        who,
        None if act.amount is None else f"{act.amount:f} EUR",
        None if act.months is None else f"{act.months} mois",
        None if act.notified is None else f"notifié le {act.notified}",
        None if act.published is None else f"publié le {act.published}",
        None if act.variation is None else f"prix {act.variation.lower()}",
    )
    number = "" if act.number is None else f" {act.number}"
    return f"{head}{number} : " + (", ".join(part for part in parts if part) or "rien n'en est dit")

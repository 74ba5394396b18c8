"""The facts of a notice that a supplier acts on, and which of them differ between two publications.

Only these make a change worth telling. A version that changes none of them (a phone number, the order of a list) is a
minor change: it is recorded, shown in one line of the next mail, and never the reason for a mail.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from notices.model import Document, Frozen, Money, Notice, Organisation

_LONGEST_TEXT = 300


class Fact(StrEnum):
    """A fact whose change is told; the order is that of the mail."""

    STATUS = "status"
    KIND = "kind"
    DEADLINE = "deadline"
    QUESTION_DEADLINE = "question-deadline"
    OPENING = "opening"
    TITLE = "title"
    DESCRIPTION = "description"
    VALUE = "value"
    LOTS = "lots"
    BUYERS = "buyers"
    PLACES = "places"
    CPV = "cpv"
    PROCEDURE = "procedure"
    DURATION = "duration"
    SUBMISSION = "submission"
    DOCUMENTS = "documents"
    ACCREDITATIONS = "accreditations"
    CRITERIA = "criteria"
    WINNERS = "winners"


class ChangedFact(Frozen):
    """One fact with its value before and after, as JSON; None where a publication does not state it."""

    fact: Fact
    before: Any = None
    after: Any = None


def changed_facts(before: Notice, after: Notice) -> tuple[ChangedFact, ...]:
    """The facts that differ, in the order of the mail.

    A publication of another kind (the result after the call) states only a part of the facts; what it leaves out has
    not changed, so a fact that vanished is told only between publications of the same kind.
    """
    same_kind = before.kind == after.kind
    changes = []
    for fact, read in _READERS.items():
        old, new = read(before), read(after)
        if _canonical(old) == _canonical(new) or (new in (None, [], {}) and not same_kind):
            continue
        changes.append(ChangedFact(fact=fact, before=old, after=new))
    return tuple(changes)


def merged(changes: tuple[tuple[ChangedFact, ...], ...]) -> tuple[ChangedFact, ...]:
    """Several successive changes as one: the first `before` and the last `after` of each fact, equal ones dropped."""
    first: dict[Fact, Any] = {}
    last: dict[Fact, Any] = {}
    for change in (change for step in changes for change in step):
        first.setdefault(change.fact, change.before)
        last[change.fact] = change.after
    return tuple(
        ChangedFact(fact=fact, before=first[fact], after=last[fact])
        for fact in Fact
        if fact in first and _canonical(first[fact]) != _canonical(last[fact])
    )


def _canonical(value: Any) -> str:
    return json.dumps(value if value not in ([], {}) else None, sort_keys=True, ensure_ascii=False)


def _deadlines(notice: Notice) -> list[dict[str, Any]] | None:
    own = {(item.kind.value, _stamp(item.at), item.date_only, None) for item in notice.deadlines}
    lots = {(item.kind.value, _stamp(item.at), item.date_only, lot.id) for lot in notice.lots for item in lot.deadlines}
    by_lot = {(kind, at, date_only) for kind, at, date_only, _ in lots}
    if len(by_lot) <= 1:  # every lot says the same
        own |= {(kind, at, date_only, None) for kind, at, date_only in by_lot}
        lots = set()
    found = sorted(own | lots, key=lambda item: (item[1], item[0], item[3] or ""))
    return [{"kind": kind, "at": at, "date_only": only, "lot": lot} for kind, at, only, lot in found] or None


def _stamp(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat()


def _values(notice: Notice) -> list[dict[str, Any]] | None:
    of_results = [value for result in notice.results for value in result.values]
    found = [_money(value) for value in (*notice.values, *of_results)]
    return sorted(found, key=_canonical) or None


def _money(value: Money) -> dict[str, Any]:
    return {
        "amount": str(value.amount.normalize() if value.amount else 0),
        "currency": value.currency,
        "kind": value.kind.value,
        "tax_basis": value.tax_basis.value,
    }


def _lots(notice: Notice) -> dict[str, dict[str, Any]] | None:
    found = {}
    for lot in notice.all_lots:
        values = sorted((_money(value) for value in lot.values), key=_canonical)
        found[lot.id] = {"title": dict(sorted(lot.title.items())), "values": values}
    return found or None


def _names(parties: tuple[Organisation, ...]) -> list[dict[str, str]] | None:
    unique = {_canonical(party.name): dict(sorted(party.name.items())) for party in parties}
    return [unique[key] for key in sorted(unique)] or None


def _winners(notice: Notice) -> list[dict[str, Any]] | None:
    found = []
    for result in notice.results:
        names = _names(result.winners) or []
        if names or result.status:
            found.append({"lot": result.lot_id, "status": result.status, "winners": names})
    return sorted(found, key=_canonical) or None


def _documents(notice: Notice) -> list[str] | None:
    everywhere: tuple[Document, ...] = (*notice.documents, *(doc for lot in notice.lots for doc in lot.documents))
    return sorted({document.url for document in everywhere}) or None


def _places(notice: Notice) -> list[str] | None:
    everywhere = (*notice.places, *(place for lot in notice.lots for place in lot.places))
    named = {place.nuts or place.locality or place.country or place.printed or "" for place in everywhere}
    return sorted(named - {""}) or None


def _criteria(notice: Notice) -> list[str] | None:
    found = set()
    for lot in notice.all_lots:
        for criterion in lot.award_criteria:
            name = next(iter(criterion.name.values()), criterion.type or "")
            found.add(f"{name} ({criterion.weight.normalize():f})" if criterion.weight is not None else name)
    return sorted(found - {""}) or None


def _description(notice: Notice) -> dict[str, dict[str, str]] | None:
    """The beginning of each description, with a digest that notices a change further down."""
    return {
        code: {"start": text[:_LONGEST_TEXT], "digest": hashlib.sha256(text.encode()).hexdigest()[:16]}
        for code, text in sorted(notice.description.items())
    } or None


def _questions(notice: Notice) -> str | None:
    instants = [notice.question_deadline, *(lot.question_deadline for lot in notice.lots)]
    first = min((instant for instant in instants if instant is not None), default=None)
    if first is None and notice.question_period is not None and notice.question_period.end is not None:
        return notice.question_period.end.isoformat()
    return _stamp(first)


def _opening(notice: Notice) -> str | None:
    return _stamp(min((lot.opening_at for lot in notice.lots if lot.opening_at is not None), default=None))


def _procedure(notice: Notice) -> str | None:
    found = notice.procedure_type
    return None if found is None else found.code or "; ".join(found.printed) or None


def _duration(notice: Notice) -> dict[str, Any] | None:
    return None if notice.duration is None else notice.duration.model_dump(mode="json", exclude_none=True) or None


def _accreditations(notice: Notice) -> list[str] | None:
    return sorted({f"{item.category}{item.level}" for item in notice.accreditations}) or None


def _cpv(notice: Notice) -> list[str] | None:
    everywhere = (*notice.classifications, *(item for lot in notice.lots for item in lot.classifications))
    return sorted({item.code for item in everywhere if not item.inferred}) or None


_READERS: dict[Fact, Callable[[Notice], Any]] = {
    Fact.STATUS: lambda notice: "cancelled" if notice.cancelled else "in-force",
    Fact.KIND: lambda notice: notice.kind.value,
    Fact.DEADLINE: _deadlines,
    Fact.QUESTION_DEADLINE: _questions,
    Fact.OPENING: _opening,
    Fact.TITLE: lambda notice: dict(sorted(notice.title.items())) or None,
    Fact.DESCRIPTION: _description,
    Fact.VALUE: _values,
    Fact.LOTS: _lots,
    Fact.BUYERS: lambda notice: _names(notice.buyers),
    Fact.PLACES: _places,
    Fact.CPV: _cpv,
    Fact.PROCEDURE: _procedure,
    Fact.DURATION: _duration,
    Fact.SUBMISSION: lambda notice: notice.submission_url,
    Fact.DOCUMENTS: _documents,
    Fact.ACCREDITATIONS: _accreditations,
    Fact.CRITERIA: _criteria,
    Fact.WINNERS: _winners,
}

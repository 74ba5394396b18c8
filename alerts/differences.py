"""Changed facts in words: a label, what it was, what it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from alerts.facts import ChangedFact, Fact
from alerts.wording import N_, Wording, one_line
from notices.model import AmountKind, Deadline, Frozen, Money, NoticeKind, Period, TaxBasis
from notices.vocabularies import codes, regions

_MOST = 6

LABELS = {
    Fact.STATUS: N_("Statut"),
    Fact.KIND: N_("Publication"),
    Fact.DEADLINE: N_("Délai"),
    Fact.QUESTION_DEADLINE: N_("Questions jusqu'au"),
    Fact.OPENING: N_("Ouverture"),
    Fact.TITLE: N_("Intitulé"),
    Fact.DESCRIPTION: N_("Description"),
    Fact.VALUE: N_("Valeur"),
    Fact.LOTS: N_("Lots"),
    Fact.BUYERS: N_("Acheteur"),
    Fact.PLACES: N_("Lieu"),
    Fact.CPV: N_("CPV"),
    Fact.PROCEDURE: N_("Procédure"),
    Fact.DURATION: N_("Durée"),
    Fact.SUBMISSION: N_("Adresse de dépôt"),
    Fact.DOCUMENTS: N_("Documents"),
    Fact.ACCREDITATIONS: N_("Agréation"),
    Fact.CRITERIA: N_("Critères d'attribution"),
    Fact.WINNERS: N_("Attribution"),
}


class Difference(Frozen):
    """One line of a change: what it was (absent when nothing was stated) and what it is."""

    label: str
    before: str | None
    after: str


def difference(change: ChangedFact, words: Wording, portal_zone: ZoneInfo) -> Difference:
    """A changed fact in words."""
    label = words.translate(LABELS[change.fact])
    if change.fact is Fact.DOCUMENTS:
        return Difference(label=label, before=None, after=_documents(change, words))
    if change.fact is Fact.DESCRIPTION:
        return _description(change, label, words)
    write = _WRITERS[change.fact]
    silent = words.translate("non communiqué")
    before = write(change.before, words, portal_zone) if change.before else silent
    after = write(change.after, words, portal_zone) if change.after else silent
    if before == after:  # a difference too fine for one line, such as in the eleventh lot
        return Difference(label=label, before=None, after=words.translate("modifié, voir l'avis"))
    return Difference(label=label, before=before, after=after)


def _status(value: Any, words: Wording, _: ZoneInfo) -> str:
    return words.translate("annulé") if value == "cancelled" else words.translate("en cours")


def _kind(value: Any, words: Wording, _: ZoneInfo) -> str:
    return words.kind(NoticeKind(value))


def _deadlines(value: Any, words: Wording, zone: ZoneInfo) -> str:
    written = []
    for item in value[:_MOST]:
        deadline = Deadline(kind=item["kind"], at=item["at"], date_only=item["date_only"])
        text = words.deadline(deadline, zone)
        written.append(words.labelled(item["lot"], text))
    return _joined(written, len(value), words)


def _instant(value: Any, words: Wording, zone: ZoneInfo) -> str:
    return (
        words.day(date.fromisoformat(value)) if len(value) == 10 else words.instant(datetime.fromisoformat(value), zone)
    )


def _title(value: Any, words: Wording, _: ZoneInfo) -> str:
    return words.best(value)


def _values(value: Any, words: Wording, _: ZoneInfo) -> str:
    return _joined([words.money(_money(item)) for item in value[:_MOST]], len(value), words)


def _money(item: dict[str, str]) -> Money:
    kind, tax = AmountKind(item["kind"]), TaxBasis(item["tax_basis"])
    return Money(amount=Decimal(item["amount"]), currency=item["currency"], kind=kind, tax_basis=tax)


def _lots(value: Any, words: Wording, _: ZoneInfo) -> str:
    written = []
    for key, lot in list(value.items())[:_MOST]:
        text = f"{key} {words.best(lot['title'], 80)}".strip()
        amounts = ", ".join(words.money(_money(item)) for item in lot["values"][:1])
        written.append(f"{text} ({amounts})" if amounts else text)
    return words.labelled(words.plural("{n} lot", "{n} lots", len(value)), _joined(written, len(value), words))


def _names(value: Any, words: Wording, _: ZoneInfo) -> str:
    return _joined([words.best(name, 120) for name in value[:_MOST]], len(value), words)


def _places(value: Any, words: Wording, _: ZoneInfo) -> str:
    named = [
        f"{regions.label(code, words.language)} ({code})" if regions.is_known(code) else one_line(code, 80)
        for code in value[:_MOST]
    ]
    return _joined(named, len(value), words)


def _cpv(value: Any, words: Wording, _: ZoneInfo) -> str:
    return _joined([words.cpv(code) for code in value[:_MOST]], len(value), words)


def _procedure(value: Any, words: Wording, _: ZoneInfo) -> str:
    return words.procedure(value, ())


def _duration(value: Any, words: Wording, _: ZoneInfo) -> str:
    period = Period.model_validate(value)
    parts = []
    if period.amount is not None:
        unit = codes.label("duration-unit", period.unit or "", words.language) or period.unit or ""
        parts.append(f"{period.amount.normalize():f} {unit}".strip())
    if period.start or period.end:
        parts.append(" – ".join(words.day(day) for day in (period.start, period.end) if day))
    if period.unlimited:
        parts.append(words.translate("illimitée"))
    return ", ".join(parts)


def _plain(value: Any, words: Wording, _: ZoneInfo) -> str:
    items = [value] if isinstance(value, str) else list(value)
    return _joined([one_line(str(item), 120) for item in items[:_MOST]], len(items), words)


def _winners(value: Any, words: Wording, _: ZoneInfo) -> str:
    written = []
    for item in value[:_MOST]:
        names = ", ".join(words.best(name, 100) for name in item["winners"][:_MOST])
        status = codes.label("winner-selection-status", item["status"] or "", words.language)
        text = names or status or words.translate("sans attributaire")
        written.append(words.labelled(item["lot"], text))
    return _joined(written, len(value), words)


def _description(change: ChangedFact, label: str, words: Wording) -> Difference:
    def start(value: Any) -> str | None:
        return words.best({code: item["start"] for code, item in value.items()}, 200) if value else None

    before, after = start(change.before), start(change.after) or words.translate("non communiqué")
    if before == after:  # the difference lies further down
        return Difference(label=label, before=None, after=words.translate("modifié, voir l'avis"))
    return Difference(label=label, before=before, after=after)


def _documents(change: ChangedFact, words: Wording) -> str:
    before, after = set(change.before or ()), set(change.after or ())
    parts = []
    if added := sorted(after - before):
        listed = ", ".join(one_line(url, 200) for url in added[:2])
        parts.append(words.labelled(words.plural("{n} ajouté", "{n} ajoutés", len(added)), listed))
    if gone := before - after:
        parts.append(words.plural("{n} retiré", "{n} retirés", len(gone)))
    return words.several(parts)


def _joined(written: list[str], total: int, words: Wording) -> str:
    left = total - len(written)
    return words.several([*written, *([words.plural("et {n} autre", "et {n} autres", left)] if left > 0 else [])])


_WRITERS: dict[Fact, Callable[[Any, Wording, ZoneInfo], str]] = {
    Fact.STATUS: _status,
    Fact.KIND: _kind,
    Fact.DEADLINE: _deadlines,
    Fact.QUESTION_DEADLINE: _instant,
    Fact.OPENING: _instant,
    Fact.TITLE: _title,
    Fact.VALUE: _values,
    Fact.LOTS: _lots,
    Fact.BUYERS: _names,
    Fact.PLACES: _places,
    Fact.CPV: _cpv,
    Fact.PROCEDURE: _procedure,
    Fact.DURATION: _duration,
    Fact.SUBMISSION: _plain,
    Fact.ACCREDITATIONS: _plain,
    Fact.CRITERIA: _plain,
    Fact.WINNERS: _winners,
}

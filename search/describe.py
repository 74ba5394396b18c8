"""A query told to people, clause by clause, in French or in another language of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from babel.dates import format_date
from babel.numbers import format_decimal

from core.i18n import Translate, translator
from search.errors import ROOM

if TYPE_CHECKING:
    from search.query import DateRange, DeadlineRange, NoticeQuery, ValueRange

KINDS: Final = {
    "planning": "préinformation", "consultation": "consultation du marché", "competition": "appel à la concurrence",
    "direct-award": "attribution directe", "result": "résultat", "modification": "modification de contrat",
    "completion": "achèvement de contrat", "change": "avis rectificatif", "cancellation": "annulation",
    "information": "information", "registration": "enregistrement",
}  # fmt: skip
NATURES: Final = {"works": "travaux", "supplies": "fournitures", "services": "services"}
PROCEDURES: Final = {
    "open": "procédure ouverte", "restricted": "procédure restreinte",
    "neg-w-call": "procédure négociée avec appel à la concurrence",
    "neg-wo-call": "procédure négociée sans appel à la concurrence", "comp-dial": "dialogue compétitif",
    "innovation": "partenariat d’innovation", "comp-tend": "mise en concurrence", "oth-single": "autre, en une étape",
    "oth-mult": "autre, en plusieurs étapes",
}  # fmt: skip
FLAGS: Final = {
    "sme_suitable": ("adapté aux PME", "non adapté aux PME"),
    "reserved": ("réservé", "non réservé"),
    "green": ("avec objectif environnemental", "sans objectif environnemental"),
    "social": ("avec objectif social", "sans objectif social"),
    "innovation": ("avec objectif d’innovation", "sans objectif d’innovation"),
    "eu_funds": ("avec fonds de l’Union européenne", "sans fonds de l’Union européenne"),
    "electronic_submission": ("avec dépôt électronique", "sans dépôt électronique"),
}
_PLACE_OF: Final = {
    "performance": "lieu d’exécution {codes}",
    "seat": "siège de l’acheteur {codes}",
    "either": "lieu d’exécution ou siège de l’acheteur {codes}",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a query: its name, as in JSON, and its text for people."""

    name: str
    printed: str
    unknown: str | None = None
    """What happens to notices that do not say: include, exclude, or None when every notice says."""


def sentence(query: NoticeQuery, language: str) -> str:
    """The whole query as one sentence."""
    _ = translator(ROOM, language)
    found = clauses(query, language)
    if not found:
        return _("Tous les avis.")
    return _("Avis : {clauses}.", clauses=_(" ; ").join(clause.printed for clause in found))


def clauses(query: NoticeQuery, language: str) -> tuple[Clause, ...]:
    """Every clause that says something, in a fixed order."""
    _ = translator(ROOM, language)
    return (
        *_text_and_lists(query, _),
        *_codes(query, _),
        *_ranges(query, _, language),
        *(
            Clause(name, _(FLAGS[name][0 if clause.is_ else 1]) + _kept(clause.unknown, _), clause.unknown)
            for name, clause in query.flags.items()
        ),
    )


def _text_and_lists(query: NoticeQuery, _: Translate) -> Iterator[Clause]:
    if query.text:
        yield Clause("text", _("texte {text}", text=_quoted(_)(query.text)))
    if query.countries:
        yield Clause("countries", _("pays {codes}", codes=", ".join(query.countries)))
    if query.portals:
        yield Clause("portals", _("portail {codes}", codes=", ".join(query.portals)))
    if query.kinds:
        yield Clause("kinds", _("type d’avis {codes}", codes=_choice(query.kinds, _named(KINDS, _), _)))
    if query.buyers:
        yield Clause("buyers", _("acheteur {codes}", codes=_choice(query.buyers, _quoted(_), _)))


def _codes(query: NoticeQuery, _: Translate) -> Iterator[Clause]:
    if query.natures:
        yield _coded("natures", _("nature {codes}", codes=_choice(query.natures, _named(NATURES, _), _)), query, _)
    if query.procedures:
        named = _choice(query.procedures, _named(PROCEDURES, _), _)
        yield _coded("procedures", _("procédure {codes}", codes=named), query, _)
    if query.languages:
        yield _coded("languages", _("langue {codes}", codes=", ".join(query.languages)), query, _)
    if query.cpv:
        yield _coded("cpv", _("CPV {codes}", codes=_choice(query.cpv, str, _)), query, _)
    if query.cpv_not:
        yield Clause("cpv_not", _("sans CPV {codes}", codes=_choice(query.cpv_not, str, _)))
    if query.places:
        printed = _(_PLACE_OF[query.place_of], codes=_choice(query.places, str, _))
        yield _coded("places", printed, query, _)


def _coded(name: str, printed: str, query: NoticeQuery, _: Translate) -> Clause:
    unknown = getattr(query, f"{name}_unknown")
    return Clause(name, printed + _kept(unknown, _), unknown)


def _ranges(query: NoticeQuery, _: Translate, language: str) -> Iterator[Clause]:
    if query.value:
        yield Clause("value", _amounts(query.value, _, language) + _kept(query.value.unknown, _), query.value.unknown)
    if query.published:
        printed = _published(query.published, _, language)
        yield Clause("published", printed + _kept(query.published.unknown, _), query.published.unknown)
    if query.deadline and query.deadline.open:
        kept = _kept(query.deadline.unknown, _)
        yield Clause("open", _("appels ouverts") + kept, query.deadline.unknown)
    if query.deadline and query.deadline.ranged():
        printed = _deadline(query.deadline, _, language)
        yield Clause("deadline", printed + _kept(query.deadline.unknown, _), query.deadline.unknown)


def _amounts(value: ValueRange, _: Translate, language: str) -> str:
    def amount(number: Decimal) -> str:
        return f"{format_decimal(number, locale=language)} {value.currency}"

    if value.minimum is not None and value.maximum is not None:
        return _("valeur de {low} à {high}", low=amount(value.minimum), high=amount(value.maximum))
    if value.minimum is not None:
        return _("valeur d’au moins {low}", low=amount(value.minimum))
    if value.maximum is not None:
        return _("valeur d’au plus {high}", high=amount(value.maximum))
    return _("valeur en {currency}", currency=value.currency)


def _published(asked: DateRange, _: Translate, language: str) -> str:
    if asked.last_days:
        return _("publié depuis {days} jours au plus", days=asked.last_days)
    start, end = (day and format_date(day, locale=language) for day in (asked.from_, asked.to))
    if start and end:
        return _("publié du {start} au {end}", start=start, end=end)
    if start:
        return _("publié à partir du {start}", start=start)
    return _("publié jusqu’au {end}", end=end) if end else _("date de publication connue")


def _deadline(asked: DeadlineRange, _: Translate, language: str) -> str:
    if asked.next_days:
        return _("échéance dans {days} jours au plus", days=asked.next_days)
    start, end = (day and format_date(day, locale=language) for day in (asked.from_, asked.to))
    if start and end:
        return _("échéance du {start} au {end}", start=start, end=end)
    if start:
        return _("échéance à partir du {start}", start=start)
    return _("échéance jusqu’au {end}", end=end) if end else _("échéance connue")


def _kept(unknown: str, _: Translate) -> str:
    return _(" (ou non précisé)") if unknown == "include" else ""


def _named(names: dict[str, str], _: Translate) -> Callable[[str], str]:
    return lambda code: _(names[code]) if code in names else code


def _choice(values: tuple[str, ...], printed: Callable[[str], str], _: Translate) -> str:
    return _(" ou ").join(printed(value) for value in values)


def _quoted(_: Translate) -> Callable[[str], str]:
    return lambda text: _("« {text} »", text=text)

"""A query as something to click on: addresses of its neighbours, removable chips, values to choose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from notices.vocabularies import cpv
from search.query import FlagClause, NoticeQuery, Unknown
from web import labels
from web.texts import N_, Speaker

LIST_LABELS = {
    "countries": N_("Pays"),
    "portals": N_("Portail"),
    "kinds": N_("Type d'avis"),
    "natures": N_("Nature"),
    "procedures": N_("Procédure"),
    "buyers": N_("Acheteur"),
    "languages": N_("Langue"),
    "cpv": N_("CPV"),
    "cpv_not": N_("sans CPV"),
    "places": N_("Lieu"),
}
POLICIES = ("natures_unknown", "procedures_unknown", "languages_unknown", "cpv_unknown", "places_unknown")


@dataclass(frozen=True)
class Chip:
    """One active filter and the address of the query without it."""

    text: str
    remove: str


def address(query: NoticeQuery, path: str = "/", **beside: str | int | None) -> str:
    """Address of a page for this query; `beside` are the page's own parameters."""
    extra = urlencode([(key, value) for key, value in beside.items() if value is not None])
    return f"{path}?{query.to_url()}{'&' if extra else ''}{extra}"


def changed(query: NoticeQuery, **fields: Any) -> NoticeQuery:
    """The query with some fields replaced, checked again."""
    data = {**query.model_dump(by_alias=True), **fields}
    return NoticeQuery.model_validate(data)


def toggled(query: NoticeQuery, name: str, value: str) -> NoticeQuery:
    """The query with a value of a list added, or removed when it is there."""
    present: tuple[str, ...] = tuple(str(item) for item in getattr(query, name))
    rest = tuple(item for item in present if item != value)
    return changed(query, **{name: rest if value in present else (*present, value)})


def flag_set(query: NoticeQuery, name: str, clause: FlagClause | None) -> NoticeQuery:
    """The query with one flag asked for, or not."""
    flags = query.flags.model_dump(by_alias=True)
    flags[name] = clause.model_dump(by_alias=True) if clause else None
    return changed(query, flags=flags)


def open_only(query: NoticeQuery) -> bool:
    """Whether the query is about open calls."""
    return query.deadline is not None and query.deadline.open


def everything(query: NoticeQuery) -> NoticeQuery:
    """The query without its restriction to open calls."""
    if query.deadline is None:
        return query
    rest = query.deadline.model_copy(update={"open": False})
    return changed(query, deadline=rest.model_dump(by_alias=True) if rest.says_something() else None)


def hidden_pairs(query: NoticeQuery, shown: Iterable[str]) -> list[tuple[str, str]]:
    """The parameters that a form must carry along, without those it shows itself."""
    fields = frozenset(shown)
    return [(name, value) for name, value in parse_qsl(query.to_url()) if name not in fields]


def value_label(name: str, value: str, say: Speaker) -> str:
    """Name of one value of a list of the query."""
    readers = {
        "countries": lambda: labels.country(value, say),
        "portals": lambda: labels.portal(value, say),
        "kinds": lambda: labels.of(labels.KINDS, value, say),
        "natures": lambda: labels.of(labels.NATURES, value, say),
        "procedures": lambda: labels.procedure(value, say),
        "languages": lambda: labels.language_name(value, say).capitalize(),
        "places": lambda: labels.region(value, say),
    }
    if name in {"cpv", "cpv_not"}:
        return f"{value} {branch_label(value, say)}".strip()
    return readers[name]() if name in readers else value


def branch_label(branch: str, say: Speaker) -> str:
    """Label of a CPV branch given as its significant digits."""
    return cpv.label(branch.ljust(8, "0"), say.language) or ""


def chips(query: NoticeQuery, say: Speaker, sort: str | None = None) -> list[Chip]:
    """Every active filter, in the order of the page."""
    quoted = say.translate("« {text} »", text=query.text)
    found = [Chip(quoted, address(changed(query, text=None), sort=sort))] if query.text else []
    for name, label in LIST_LABELS.items():
        found += [
            Chip(
                f"{say.translate(label)}{say.colon}{value_label(name, str(value), say)}",
                address(toggled(query, name, str(value)), sort=sort),
            )
            for value in getattr(query, name)
        ]
    found += _range_chips(query, say, sort)
    for name, clause in query.flags.items():
        text = say.translate(labels.FLAGS[name]) + ("" if clause.is_ else f"{say.colon}{say.translate('non')}")
        found.append(Chip(text + _policy(clause.unknown, say), address(flag_set(query, name, None), sort=sort)))
    return found + _policy_chips(query, say, sort)


def _policy(unknown: Unknown, say: Speaker) -> str:
    return f" ({say.translate('sans les non communiqués')})" if unknown is Unknown.EXCLUDE else ""


def _policy_chips(query: NoticeQuery, say: Speaker, sort: str | None) -> list[Chip]:
    defaults = NoticeQuery()
    found = []
    for name in POLICIES:
        value = getattr(query, name)
        if value is not getattr(defaults, name):
            label = say.translate(LIST_LABELS[name.removesuffix("_unknown")])
            rule = N_("non communiqué exclu") if value is Unknown.EXCLUDE else N_("non communiqué gardé")
            target = address(changed(query, **{name: getattr(defaults, name)}), sort=sort)
            found.append(Chip(f"{label}{say.colon}{say.translate(rule)}", target))
    if query.place_of is not defaults.place_of:
        rule = PLACE_OF[query.place_of.value]
        found.append(Chip(say.translate(rule), address(changed(query, place_of=defaults.place_of), sort=sort)))
    return found


PLACE_OF = {
    "performance": N_("lieu d'exécution seulement"),
    "seat": N_("siège de l'acheteur seulement"),
    "either": N_("lieu d'exécution ou siège de l'acheteur"),
}


def _range_chips(query: NoticeQuery, say: Speaker, sort: str | None) -> list[Chip]:
    found = []
    if value := query.value:
        bounds = [
            say.translate(mark, amount=say.money(amount, value.currency))
            for mark, amount in ((N_("au moins {amount}"), value.minimum), (N_("au plus {amount}"), value.maximum))
            if amount is not None
        ]
        text = f"{say.translate('Montant')}{say.colon}{', '.join(bounds) or value.currency}"
        found.append(Chip(text + _policy(value.unknown, say), address(changed(query, value=None), sort=sort)))
    if published := query.published:
        days = _days(published.from_, published.to, published.last_days, say, N_LAST)
        text = f"{say.translate('Publication')}{say.colon}{days}"
        found.append(Chip(text, address(changed(query, published=None), sort=sort)))
    if (deadline := query.deadline) and deadline.ranged():
        text = (
            f"{say.translate('Délai')}{say.colon}{_days(deadline.from_, deadline.to, deadline.next_days, say, N_NEXT)}"
        )
        kept = {"open": True} if deadline.open else None
        target = address(changed(query, deadline=kept), sort=sort)
        found.append(Chip(text + _policy(deadline.unknown, say), target))
    if open_only(query):
        found.append(Chip(say.translate("Appels ouverts"), address(everything(query), sort=sort)))
    return found


N_LAST = (N_("dernier jour"), N_("{n} derniers jours"))
N_NEXT = (N_("prochain jour"), N_("{n} prochains jours"))


def _days(start: Any, end: Any, days: int | None, say: Speaker, words: tuple[str, str]) -> str:
    if days:
        return say.plural(*words, days)
    parts = [say.translate("du {day}", day=say.day(start))] if start else []
    parts += [say.translate("jusqu'au {day}", day=say.day(end))] if end else []
    return " ".join(parts) or say.translate("communiqué")

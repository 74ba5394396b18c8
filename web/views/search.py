"""What the search page shows: facets to choose from, result cards, pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from notices.model import Money, Notice
from notices.vocabularies import regions
from search.port import Facet, FacetCounts, SearchHit, SearchPage, Sort
from search.query import FlagClause, NoticeQuery, Unknown
from store.records import StoredNotice
from web import labels
from web.texts import N_, Speaker
from web.views import filters
from web.views.filters import address

PER_PAGE = 20
SORTS = {
    Sort.RELEVANCE: N_("pertinence"),
    Sort.PUBLISHED: N_("publication récente"),
    Sort.DEADLINE: N_("délai le plus proche"),
    Sort.VALUE: N_("montant le plus élevé"),
}
UNKNOWN_LABELS = {
    "value": N_("valeur non communiquée"),
    "deadline": N_("délai non communiqué"),
    "open": N_("délai non communiqué"),
    "published": N_("date de publication non communiquée"),
    "natures": N_("nature non communiquée"),
    "procedures": N_("procédure non communiquée"),
    "languages": N_("langue non communiquée"),
    "cpv": N_("code CPV non communiqué"),
    "places": N_("lieu non communiqué"),
    "sme_suitable": N_("accès des PME non communiqué"),
    "reserved": N_("réservation non communiquée"),
    "green": N_("critère environnemental non communiqué"),
    "social": N_("critère social non communiqué"),
    "innovation": N_("innovation non communiquée"),
    "eu_funds": N_("financement européen non communiqué"),
    "electronic_submission": N_("mode de remise non communiqué"),
}
PLAIN_FACETS = {
    "kinds": (Facet.KIND, N_("Type d'avis")),
    "natures": (Facet.NATURE, N_("Nature")),
    "places": (Facet.REGION, N_("Lieu")),
    "cpv": (Facet.CPV_DIVISION, N_("Domaine (CPV)")),
    "procedures": (Facet.PROCEDURE, N_("Procédure")),
    "buyers": (Facet.BUYER, N_("Acheteur")),
    "languages": (Facet.LANGUAGE, N_("Langue")),
    "countries": (Facet.COUNTRY, N_("Pays")),
    "portals": (Facet.PORTAL, N_("Portail")),
}
"""Field of the query to the facet that counts its values, in the order of the page."""
ASKED_FACETS = (*(facet for facet, _ in PLAIN_FACETS.values()), Facet.PROVINCE, Facet.DEADLINE, Facet.VALUE)
_OPEN_GROUPS = frozenset({"kinds", "natures", "places", "cpv"})
_MOST_CHOICES = 45


@dataclass(frozen=True)
class Choice:
    """One value of a facet."""

    label: str
    address: str
    on: bool
    count: str | None = None
    children: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Group:
    """One facet."""

    name: str
    title: str
    choices: tuple[Choice, ...]
    unknown: str | None = None
    open: bool = False
    active: bool = False
    others: str | None = None


@dataclass(frozen=True)
class Card:
    """One result."""

    hit: SearchHit
    stored: StoredNotice
    value: Money | None = None
    unknowns: tuple[str, ...] = field(default=())
    also: tuple[StoredNotice, ...] = ()
    """The same tender on other portals."""

    @property
    def notice(self) -> Notice:
        """The notice itself."""
        return self.stored.notice

    @property
    def copies(self) -> int:
        """Results that this card stands for besides its own."""
        return len(self.also)


def default_sort(query: NoticeQuery) -> Sort:
    """Relevance for words, the soonest deadline for open calls, the newest otherwise."""
    if query.text:
        return Sort.RELEVANCE
    return Sort.DEADLINE if filters.open_only(query) else Sort.PUBLISHED


def sort_of(asked: str | None, query: NoticeQuery) -> Sort:
    """The order asked for; an unknown one is the default."""
    return Sort(asked) if asked in {sort.value for sort in Sort} else default_sort(query)


def without_field(query: NoticeQuery, name: str) -> NoticeQuery:
    """The query without its choice in one list, to count what else could be chosen."""
    return filters.changed(query, **{name: ()})


def chosen_lists(query: NoticeQuery) -> list[str]:
    """Fields with a choice, whose facets must be counted without it."""
    return [name for name in PLAIN_FACETS if getattr(query, name)]


def groups(query: NoticeQuery, counts: Mapping[Facet, FacetCounts], say: Speaker, sort: str | None) -> list[Group]:
    """All facets with a value to show."""
    found = [_deadlines(query, counts, say, sort)]
    for name, (facet, title) in PLAIN_FACETS.items():
        counted = counts.get(facet)
        if name == "places":
            choices = _places(query, counts, say, sort)
        else:
            choices = _choices(query, name, counted.values if counted else (), say, sort)
        found.append(_group(query, name, say.translate(title), choices, counted, say))
    found.append(_values(query, counts, say, sort))
    found.append(_flags(query, say, sort))
    return [group for group in found if group.choices]


def _group(
    query: NoticeQuery, name: str, title: str, choices: list[Choice], counted: FacetCounts | None, say: Speaker
) -> Group:
    unknown = None
    if counted and counted.unknown and name in UNKNOWN_LABELS:
        unknown = f"{say.translate(UNKNOWN_LABELS[name])}{say.colon}{say.number(counted.unknown)}"
    active = bool(getattr(query, name))
    left = (
        0 if counted is None or name == "places" else counted.others + sum(n for _, n in counted.values[_MOST_CHOICES:])
    )
    others = f"{say.translate('autres')}{say.colon}{say.number(left)}" if left else None
    opened = name in _OPEN_GROUPS or active
    return Group(name, title, tuple(choices), unknown, open=opened, active=active, others=others)


def _choices(
    query: NoticeQuery, name: str, values: Iterable[tuple[str, int]], say: Speaker, sort: str | None
) -> list[Choice]:
    counted: dict[str, int | None] = dict(values)
    chosen = {str(value): None for value in getattr(query, name)}
    shown = {key: None for key in chosen if key not in counted} | counted
    return [_choice(query, name, key, number, say, sort) for key, number in list(shown.items())[:_MOST_CHOICES]]


def _choice(query: NoticeQuery, name: str, key: str, number: int | None, say: Speaker, sort: str | None) -> Choice:
    return Choice(
        label=f"{key} · {filters.branch_label(key, say)}" if name == "cpv" else filters.value_label(name, key, say),
        address=address(filters.toggled(query, name, key), sort=sort),
        on=key in {str(value) for value in getattr(query, name)},
        count=None if number is None else say.number(number),
    )


def _places(query: NoticeQuery, counts: Mapping[Facet, FacetCounts], say: Speaker, sort: str | None) -> list[Choice]:
    """Regions with their provinces below; a place chosen elsewhere stands first.

    Where the regions are of several countries they stand below these, and only a chosen region shows its provinces.
    """
    known = dict(counts[Facet.REGION].values) if Facet.REGION in counts else {}
    provinces = dict(counts[Facet.PROVINCE].values) if Facet.PROVINCE in counts else {}
    by_country: dict[str, list[Choice]] = {}
    several = len({code[:2] for code in known}) > 1
    for region, number in known.items():
        below = {code: count for code, count in provinces.items() if region in regions.above(code)}
        asked = region in query.places or any(code in query.places for code in below)
        children = tuple(_choice(query, "places", code, count, say, sort) for code, count in below.items())
        choice = replace(
            _choice(query, "places", region, number, say, sort), children=children if asked or not several else ()
        )
        by_country.setdefault(region[:2], []).append(choice)
    shown = {*known, *provinces, *(by_country if several else ())}
    found = [_choice(query, "places", code, None, say, sort) for code in query.places if code not in shown]
    for country, choices in by_country.items():
        found += (
            [replace(_choice(query, "places", country, None, say, sort), children=tuple(choices))]
            if several
            else choices
        )
    return found


def _deadlines(query: NoticeQuery, counts: Mapping[Facet, FacetCounts], say: Speaker, sort: str | None) -> Group:
    counted = counts.get(Facet.DEADLINE)
    numbers = dict(counted.values) if counted else {}
    week, month = numbers.get("next-7-days", 0), numbers.get("next-30-days", 0)
    now = query.deadline.next_days if query.deadline else None
    found = []
    for days, number, label in ((7, week, N_("dans les 7 jours")), (30, week + month, N_("dans les 30 jours"))):
        on = now == days
        deadline: dict[str, object] = {"open": filters.open_only(query)}
        if not on:
            deadline |= {"next_days": days, "unknown": Unknown.EXCLUDE}
        target = address(filters.changed(query, deadline=deadline if any(deadline.values()) else None), sort=sort)
        found.append(Choice(say.translate(label), target, on, say.number(number) if not now or on else None))
    unknown = None
    if counted and counted.unknown:
        unknown = f"{say.translate(UNKNOWN_LABELS['deadline'])}{say.colon}{say.number(counted.unknown)}"
    return Group("deadline", say.translate("Délai"), tuple(found), unknown, open=True, active=bool(now))


def _values(query: NoticeQuery, counts: Mapping[Facet, FacetCounts], say: Speaker, sort: str | None) -> Group:
    counted = counts.get(Facet.VALUE)
    found = [
        _band(query, key, number, say, sort) for key, number in (counted.values if counted else ()) if _bounds(key)
    ]
    unknown = None
    if counted and counted.unknown:
        unknown = f"{say.translate(UNKNOWN_LABELS['value'])}{say.colon}{say.number(counted.unknown)}"
    title = say.translate("Montant (EUR)")
    active = query.value is not None
    return Group("value", title, tuple(choice for choice in found if choice), unknown, open=active, active=active)


def _bounds(key: str) -> tuple[int | None, int | None] | None:
    """Bounds of a band: `below-50000`, `50000-143000`, `above-5538000`."""
    low, _, high = key.partition("-")
    if low in {"below", "under"} and high.isdigit():
        return None, int(high)
    if low in {"above", "over", "from"} and high.isdigit():
        return int(low) if low.isdigit() else int(high), None
    return (int(low), int(high)) if low.isdigit() and high.isdigit() else None


def _band(query: NoticeQuery, key: str, number: int, say: Speaker, sort: str | None) -> Choice:
    low, high = _bounds(key) or (None, None)
    wanted = {"minimum": low, "maximum": high, "currency": "EUR", "unknown": Unknown.EXCLUDE}
    now = query.value
    on = now is not None and (now.minimum, now.maximum, now.currency) == (low, high, "EUR")
    if low is None:
        label = say.translate("moins de {amount}", amount=say.number(high or 0))
    elif high is None:
        label = say.translate("{amount} et plus", amount=say.number(low))
    else:
        label = say.translate("de {low} à {high}", low=say.number(low), high=say.number(high))
    target = address(filters.changed(query, value=None if on else wanted), sort=sort)
    return Choice(label, target, on, say.number(number))


def _flags(query: NoticeQuery, say: Speaker, sort: str | None) -> Group:
    asked = dict(query.flags.items())
    found = []
    for name, label in labels.FLAGS.items():
        on = name in asked
        clause = None if on else FlagClause.model_validate({"is": True, "unknown": Unknown.EXCLUDE})
        found.append(Choice(say.translate(label), address(filters.flag_set(query, name, clause), sort=sort), on))
    return Group("flags", say.translate("Particularités"), tuple(found), open=bool(asked), active=bool(asked))


def cards(page: SearchPage, stored: Mapping[str, StoredNotice], say: Speaker) -> list[Card]:
    """Results that the store knows; a notice removed since it was indexed has no card.

    The same tender on several portals is one card on a page, which names the others.
    """
    found: dict[tuple[str, str, bool], Card] = {}
    shown: dict[tuple[str, str], set[str]] = {}
    for hit in page.hits:
        item = stored.get(hit.notice_id)
        if item is None:
            continue
        tender = (item.procedure_key, item.notice.kind.value)
        portals = shown.setdefault(tender, set())
        first = found.get((*tender, True))
        if first is not None and item.notice.portal not in portals:
            found[(*tender, True)] = replace(first, also=(*first.also, item))
        else:
            place = (*tender, True) if first is None else (item.notice.id, tender[1], False)
            found[place] = _card(hit, item, say)
        portals.add(item.notice.portal)
    return list(found.values())


def _card(hit: SearchHit, item: StoredNotice, say: Speaker) -> Card:
    unknowns = tuple(say.translate(UNKNOWN_LABELS[name]) for name in hit.unknowns if name in UNKNOWN_LABELS)
    return Card(hit=hit, stored=item, value=_headline(item.notice), unknowns=unknowns)


def _headline(notice: Notice) -> Money | None:
    """The amount that a card shows: the notice's own, else the only one of its lots."""
    if notice.values:
        return notice.values[0]
    below = [value for lot in notice.all_lots for value in lot.values]
    return below[0] if len(below) == 1 else None


def unknown_sentences(page: SearchPage, say: Speaker) -> list[str]:
    """How many results each filter kept because they do not say: « valeur non communiquée : 34 »."""
    return [
        f"{say.translate(UNKNOWN_LABELS[item.name])}{say.colon}{say.number(item.count)}"
        for item in page.unknowns
        if item.kept and item.count and item.name in UNKNOWN_LABELS
    ]


def page_numbers(current: int, last: int) -> list[int | None]:
    """Pages to link to: first, last, and those around the current one; None is a gap."""
    near = sorted({1, last, *range(max(1, current - 2), min(last, current + 2) + 1)})
    found: list[int | None] = []
    for number in near:
        if found and found[-1] is not None and number - found[-1] > 1:
            found.append(None)
        found.append(number)
    return found


def is_soon(at: datetime, now: datetime) -> bool:
    """Whether a deadline is less than a week away."""
    return 0 < (at - now).total_seconds() < 7 * 86_400

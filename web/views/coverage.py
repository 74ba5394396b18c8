"""Which days and portals an answer rests on, in sentences."""

from __future__ import annotations

from datetime import timedelta

from alerts.queries import portals_of
from core import clock
from crawlers import portals as definitions
from observatory import coverage
from search.query import NoticeQuery
from store.records import Coverage, Verdict, WindowRecord
from web import portals
from web.services import Services, asking_store
from web.texts import Speaker

_DAY = timedelta(days=1)


def sentences(services: Services, query: NoticeQuery, say: Speaker) -> list[str]:
    """What the answer to a query rests on; open calls are also collected on their own."""
    with asking_store():
        found = [sentence(item, say) for item in coverage.of_query(services.store, query, clock.now())]
        if query.deadline is not None and query.deadline.open:
            windows = [
                services.store.windows.latest_open(key) for key in portals_of(query, services.store.runs.portals())
            ]
            found += [_open_sentence(say, window) for window in windows if window is not None]
    return found


def sentence(found: Coverage, say: Speaker) -> str:
    """How many days of the period are really covered, and what can no longer be."""
    name = portals.short_name(found.portal, say.language)
    if not found.total_days:
        return say.translate("{portal} : la période demandée n'a pas encore commencé.", portal=name)
    if "days" not in definitions.load(found.portal).scopes:
        return _of_open_list(found, name, say)
    places = {"portal": name, "start": say.short_day(found.start), "end": say.short_day(found.end - _DAY)}
    if not found.missing:
        return say.translate("{portal} : tous les jours du {start} au {end} sont entièrement recueillis.", **places)
    told = say.plural(
        "{portal} : 1 jour sur {total} entièrement recueilli, du {start} au {end}.",
        "{portal} : {n} jours sur {total} entièrement recueillis, du {start} au {end}.",
        found.covered_days,
        total=say.number(found.total_days),
        **places,
    )
    return " ".join(filter(None, (told, _lost(found, say))))


def _of_open_list(found: Coverage, name: str, say: Speaker) -> str:
    """A portal that shows no past: on how many days since the first one its list of open calls was read whole."""
    known = since_first_reading(found)
    if known is None:
        return say.translate(
            "{portal} : la liste des consultations ouvertes n'a été lue en entier aucun jour depuis le {start}.",
            portal=name,
            start=say.short_day(found.start),
        )
    return say.plural(
        "{portal} : la liste des consultations ouvertes a été lue en entier 1 jour sur {total} depuis le {start}.",
        "{portal} : la liste des consultations ouvertes a été lue en entier {n} jours sur {total} depuis le {start}.",
        known.covered_days,
        portal=name,
        total=say.number(known.total_days),
        start=say.short_day(known.start),
    )


def since_first_reading(found: Coverage) -> Coverage | None:
    """The period from its first covered day on, for a portal whose past cannot be asked for; None without such a day.

    Of a portal that can be asked for publication days, the period itself.
    """
    if "days" in definitions.load(found.portal).scopes:
        return found
    missing = frozenset(found.missing)
    days = (found.start + number * _DAY for number in range(found.total_days))
    first = next((day for day in days if day not in missing), None)
    if first is None:
        return None
    left = tuple(day for day in found.missing if day >= first)
    return found.model_copy(update={"start": first, "missing": left, "total_days": (found.end - first).days})


def _lost(found: Coverage, say: Speaker) -> str | None:
    """That the portal does not show days of the period any more that were not read in time."""
    portal = definitions.load(found.portal)
    reach = portal.reaches_back_to(portal.today(clock.now()))
    if reach is None or found.missing[0] >= reach:
        return None
    return say.plural(
        "Le portail ne montre que la dernière journée : celles qui manquent ne peuvent plus être lues.",
        "Le portail ne montre que les {n} derniers jours : ceux d'avant qui manquent ne peuvent plus être lus.",
        portal.calendar.history_days or 0,
    )


def _open_sentence(say: Speaker, window: WindowRecord) -> str:
    name = portals.short_name(window.portal, say.language)
    when = say.ago(window.ended_at, clock.now())
    if window.verdict is Verdict.COMPLETE:
        return say.translate("{portal} : appels ouverts relevés au complet {when}.", portal=name, when=when)
    n = say.number(window.missing)
    return say.translate("{portal} : appels ouverts relevés {when}, {n} manquants.", portal=name, when=when, n=n)

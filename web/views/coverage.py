"""Which days and portals an answer rests on, in sentences."""

from __future__ import annotations

from datetime import timedelta

from alerts.queries import portals_of
from core import clock
from observatory import coverage
from search.query import NoticeQuery
from store.records import Coverage, Verdict, WindowRecord
from web import portals
from web.services import Services, asking_store
from web.texts import Speaker


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
    """How many days of the period are really covered."""
    if not found.total_days:
        return say.translate(
            "{portal} : la période demandée n'a pas encore commencé.",
            portal=portals.short_name(found.portal, say.language),
        )
    places = {
        "portal": portals.short_name(found.portal, say.language),
        "start": say.short_day(found.start),
        "end": say.short_day(found.end - timedelta(days=1)),
    }
    if not found.missing:
        return say.translate("{portal} : tous les jours du {start} au {end} sont entièrement recueillis.", **places)
    covered, total = say.number(found.covered_days), say.number(found.total_days)
    return say.translate(
        "{portal} : {covered} jours sur {total} entièrement recueillis, du {start} au {end}.",
        covered=covered,
        total=total,
        **places,
    )


def _open_sentence(say: Speaker, window: WindowRecord) -> str:
    name = portals.short_name(window.portal, say.language)
    when = say.ago(window.ended_at, clock.now())
    if window.verdict is Verdict.COMPLETE:
        return say.translate("{portal} : appels ouverts relevés au complet {when}.", portal=name, when=when)
    n = say.number(window.missing)
    return say.translate("{portal} : appels ouverts relevés {when}, {n} manquants.", portal=name, when=when, n=n)

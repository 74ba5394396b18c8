"""How each source is doing; operators also see runs, quarantine and queues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from core import clock
from core.settings import Settings
from crawlers import portals
from monitoring import telling
from monitoring.sources import SourceVerdict, overview
from monitoring.status import status
from store.records import Coverage, RunState
from web.rendering import render, site_of, speaker_of
from web.services import asking_store
from web.texts import N_
from web.views import coverage
from web.views.notice import safe_url

router = APIRouter()
LIGHTS = {
    SourceVerdict.FINE: ("good", N_("à jour")),
    SourceVerdict.RUNNING: ("warn", N_("première lecture en cours")),
    SourceVerdict.UNKNOWN: ("", N_("jamais lu")),
    SourceVerdict.SUSPECT: ("warn", N_("à vérifier")),
    SourceVerdict.INCOMPLETE: ("warn", N_("incomplet")),
    SourceVerdict.SILENT: ("bad", N_("muet")),
    SourceVerdict.FAILED: ("bad", N_("en panne")),
    SourceVerdict.PAUSED: ("warn", N_("suspendu")),
}
RUN_STATES = {
    RunState.RUNNING: N_("en cours"),
    RunState.FINISHED: N_("terminée"),
    RunState.FAILED: N_("échouée"),
    RunState.STOPPED: N_("arrêtée"),
    RunState.LOST: N_("interrompue"),
}
_MOST_RUNS, _MOST_HELD = 15, 50


@dataclass(frozen=True)
class Stretch:
    """Consecutive days of a coverage bar that are all covered, or all not."""

    start: int
    length: int
    covered: bool


def stretches(found: Coverage) -> list[Stretch]:
    """The days of a period as runs of covered and missing ones, oldest first."""
    missing = frozenset(found.missing)
    parts: list[Stretch] = []
    for number in range(found.total_days):
        covered = found.start + timedelta(days=number) not in missing
        if parts and parts[-1].covered == covered:
            parts[-1] = Stretch(parts[-1].start, parts[-1].length + 1, covered)
        else:
            parts.append(Stretch(number, 1, covered))
    return parts


@dataclass(frozen=True)
class Idle:
    """A portal that this installation does not read."""

    portal: portals.Portal
    reason: str


def _idle(key: str, settings: Settings) -> Idle:
    portal = portals.load(key)
    if settings.portal(key).enabled is False:
        reason = N_("l'opérateur l'a laissé de côté")
    elif settings.demo:
        reason = N_("la démonstration ne l'imite pas")
    else:
        reason = N_("sans heure de lecture ; l'opérateur peut l'activer")
    return Idle(portal, reason)


@router.get("/sources")
def sources(request: Request) -> HTMLResponse:
    """Every portal: last run, announced against stored, verdict, holes, age, coverage."""
    site, say, now = site_of(request), speaker_of(request), clock.now()
    with asking_store():
        store = site.services.store
        crawled = portals.enabled(site.settings)
        found = overview(store, now, crawled)
        details = {}
        admitted = site.gate.admits(request)
        if admitted:
            held = store.quarantine.held()
            for state in found:
                mine = [entry for entry in held if entry.portal == state.portal]
                details[state.portal] = (store.runs.recent(state.portal, _MOST_RUNS), mine[:_MOST_HELD], len(mine))
        inside = status(store, now, crawled) if admitted else None
    return render(
        request,
        "sources.html",
        sources=[
            (state, coverage.since_first_reading(state.coverage), coverage.sentence(state.coverage, say))
            for state in found
        ],
        stretches=stretches,
        details=details,
        inside=inside,
        lights=LIGHTS,
        run_states=RUN_STATES,
        told=telling.sentence,
        details_of=telling.details_of,
        portal_of=portals.load,
        idle=[_idle(key, site.settings) for key in portals.keys() if key not in crawled],
        safe_url=safe_url,
        gated=bool(site.settings.web.operator_password),
    )

"""Opens incidents when a crawl or a source goes wrong, and closes them when it is well again.

At most one incident of a kind is open per portal; judging twice changes nothing. The stored message is French;
`monitoring.telling` says kind and details in the reader's language.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from core import clock
from crawlers import portals
from monitoring import calendar, exports, identifiers, sentences, spools
from pipelines import pauses
from store import Store
from store.records import IncidentKind, RunRecord, RunState, Verdict, WindowRecord

log = logging.getLogger(__name__)


def judge(store: Store, run: RunRecord) -> None:
    """Judge a run that has ended (a running one is left alone), and the windows of its portal."""
    current = store.runs.get(run.id) or run
    if current.state is RunState.RUNNING:
        return
    _judge_end(store, current)
    identifiers.judge(store)
    _judge_windows(store, current.portal)
    _judge_quarantine(store, current.portal)


def watch(store: Store, portals: Iterable[str] | None = None, now: datetime | None = None) -> None:
    """Look for portals that went quiet, by the crawls their calendar plans; for a job that runs every few minutes."""
    at = now or clock.now()
    spools.judge(store, at)
    identifiers.judge(store)
    exports.judge(store)
    for key in _all_portals() if portals is None else portals:
        _judge_silence(store, key, at)


def _all_portals() -> tuple[str, ...]:
    return portals.keys()


def _judge_end(store: Store, run: RunRecord) -> None:
    told = run.message or ""
    if run.state is RunState.FAILED:
        message = f"La lecture de {run.portal} a échoué. {told}".strip()
        store.incidents.open(run.portal, IncidentKind.RUN_FAILED, message, {"run": run.id, "words": told})
    elif run.state is RunState.LOST:
        message = f"La lecture de {run.portal} s'est interrompue sans un mot (arrêt ou panne) ; la prochaine reprend."
        store.incidents.open(run.portal, IncidentKind.RUN_LOST, message, {"run": run.id})
    elif run.state is RunState.FINISHED:  # a crawl that somebody stopped says nothing about the portal
        for kind in (IncidentKind.RUN_FAILED, IncidentKind.RUN_LOST, IncidentKind.PORTAL_SILENT):
            store.incidents.close(run.portal, kind)


def _judge_windows(store: Store, key: str) -> None:
    windows = store.windows.incomplete(key)
    missing = [window for window in windows if window.verdict in (Verdict.INCOMPLETE, Verdict.FAILED)]
    suspect = [window for window in windows if window.verdict is Verdict.SUSPECT]
    _hold(
        store, key, IncidentKind.WINDOW_INCOMPLETE, missing,
        f"{key} : {len(missing)} fenêtre(s) incomplète(s), {_how_many(missing)} ; elles sont réessayées.",
    )  # fmt: skip
    _hold(
        store, key, IncidentKind.WINDOW_SUSPECT, suspect,
        f"{key} : {len(suspect)} fenêtre(s) avec moins d'avis que le seuil du portail ; à vérifier sur le portail.",
    )  # fmt: skip


def _how_many(windows: list[WindowRecord]) -> str:
    """How many notices are missing; a window that failed, or whose counts disagree, does not know."""
    known = sum(window.missing for window in windows)
    if not known:
        return "nombre d'avis manquants inconnu"
    at_least = "au moins " if any(not window.missing for window in windows) else ""
    return f"{at_least}{known} avis annoncés manquent"


def _hold(store: Store, key: str, kind: IncidentKind, windows: list[WindowRecord], message: str) -> None:
    if not windows:
        store.incidents.close(key, kind)
        return
    named = [f"{window.scope} {window.start} {window.end}" for window in windows[:50]]
    reasons = sorted({window.reason for window in windows if window.reason})[:10]
    details = {
        "count": len(windows),
        "missing": sum(window.missing for window in windows),
        "windows": named,
        "reasons": reasons,
    }
    store.incidents.open(key, kind, message, details)


def _judge_quarantine(store: Store, key: str) -> None:
    held = store.quarantine.counts().get(key, 0)
    if held:
        message = f"{key} : {held} avis illisible(s) en quarantaine ; « vigie quarantine » en dit la raison."
        store.incidents.open(key, IncidentKind.QUARANTINE, message, {"held": held})
    else:
        store.incidents.close(key, IncidentKind.QUARANTINE)


def _judge_silence(store: Store, key: str, now: datetime) -> None:
    portal = portals.load(key)
    runs = store.runs.recent(key, limit=50)
    if not runs:
        return  # never crawled: the sources page says so, and nothing went quiet
    pause = pauses.last_of(store, key)
    if pause is not None and pause.ended_at(now) is None:
        store.incidents.close(key, IncidentKind.PORTAL_SILENT)  # nobody expects anything of it
        return
    success = next((run.ended_at for run in runs if run.state is RunState.FINISHED), None)
    expected = success or runs[-1].started_at
    if pause is not None:  # crawls that a pause left out are no silence
        expected = max(expected, pause.ended_at(now) or expected)
    since = calendar.silent_since(portal, expected, now)
    if since is None:
        store.incidents.close(key, IncidentKind.PORTAL_SILENT)
        return
    when = sentences.moment(since, portal.clock, "fr")
    message = (
        f"{key} : aucune lecture réussie depuis celle prévue le {when} ; le portail ou la planification est arrêté."
    )
    store.incidents.open(key, IncidentKind.PORTAL_SILENT, message, {"since": since.isoformat()})

"""How each source is doing: its last run, what it announced against what is stored, its holes, its age."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime

from core import clock
from crawlers import portals
from crawlers.portals import Portal
from monitoring import calendar, sentences
from monitoring.sentences import N_
from notices.model import Frozen, best_text
from pipelines import coverage, pauses
from pipelines.pauses import Pause
from store import Store
from store.records import Coverage, Incident, RunRecord, RunState, Verdict, WindowRecord

COVERAGE_DAYS = 90
_RECENT_RUNS = 20


class SourceVerdict(StrEnum):
    """How a source is doing, worst last. *Unknown* is not a green light."""

    FINE = "fine"
    RUNNING = "running"  # never finished yet, a crawl is under way
    UNKNOWN = "unknown"  # never crawled
    SUSPECT = "suspect"  # fewer notices announced than the portal's floor
    INCOMPLETE = "incomplete"  # announced notices are missing
    SILENT = "silent"  # planned crawls passed without success
    FAILED = "failed"  # the last crawl failed
    PAUSED = "paused"  # an operator wants it so


class SourceState(Frozen):
    """One source, in figures; `sentence(language)` says it in words."""

    portal: str
    name: dict[str, str]
    zone: str
    verdict: SourceVerdict
    last_run: RunRecord | None
    last_success_at: AwareDatetime | None
    age: timedelta | None
    """Since the last run that ended well."""
    announced: int
    """By the windows of the last run that reported any."""
    stored: int
    quarantined: int
    missing: int
    """Over every window that is not complete."""
    incomplete_windows: tuple[WindowRecord, ...]
    held: int
    """Payloads in quarantine."""
    notices: int
    coverage: Coverage
    incidents: tuple[Incident, ...]
    pause: Pause | None = None
    """Why nothing is crawled now, when an operator wants it so."""
    remarks: tuple[str, ...] = ()
    """What the last run has to say of its counts, such as rows that were left out on purpose."""

    def sentence(self, language: str = "fr") -> str:
        """What a person should know of this source."""
        return sentence(self, language)


def overview(store: Store, now: datetime | None = None, keys: Iterable[str] | None = None) -> list[SourceState]:
    """Every source, in the order of their keys."""
    at = now or clock.now()
    held = store.quarantine.counts()
    current = store.incidents.current()
    paused = pauses.current(store, at)
    found = []
    for key in keys if keys is not None else portals.keys():
        incidents = tuple(incident for incident in current if incident.portal == key)
        found.append(_state(store, portals.load(key), at, held.get(key, 0), incidents, paused.get(key)))
    return found


def _state(
    store: Store, portal: Portal, now: datetime, held: int, incidents: tuple[Incident, ...], pause: Pause | None
) -> SourceState:
    runs = store.runs.recent(portal.key, limit=_RECENT_RUNS)
    success = next((run.ended_at for run in runs if run.state is RunState.FINISHED), None)
    windows = _windows_of_last_run(store, portal.key)
    incomplete = tuple(store.windows.incomplete(portal.key))
    today = portal.today(now)
    return SourceState(
        portal=portal.key,
        name=portal.name,
        zone=portal.zone,
        verdict=SourceVerdict.PAUSED if pause else _verdict(portal, runs, incomplete, success, now),
        last_run=runs[0] if runs else None,
        last_success_at=success,
        age=now - success if success else None,
        announced=sum(window.announced or 0 for window in windows),
        stored=sum(window.stored for window in windows),
        quarantined=sum(window.quarantined for window in windows),
        missing=sum(window.missing for window in incomplete),
        incomplete_windows=incomplete,
        held=held,
        notices=store.notices.count(portal.key),
        coverage=coverage.of_days(
            store, portal.key, today - timedelta(days=COVERAGE_DAYS - 1), today + timedelta(days=1)
        ),
        incidents=incidents,
        pause=pause,
        remarks=tuple(dict.fromkeys(window.reason for window in windows if window.reason)),
    )


def _windows_of_last_run(store: Store, key: str) -> list[WindowRecord]:
    recent = store.windows.recent(key, limit=200)
    return [window for window in recent if window.run_id == recent[0].run_id]


def _verdict(
    portal: Portal,
    runs: list[RunRecord],
    incomplete: tuple[WindowRecord, ...],
    success: datetime | None,
    now: datetime,
) -> SourceVerdict:
    if not runs:
        return SourceVerdict.UNKNOWN
    # A crawl that somebody stopped says nothing about the portal.
    ended = next((run for run in runs if run.state not in (RunState.RUNNING, RunState.STOPPED)), None)
    if ended is None:
        return SourceVerdict.RUNNING if runs[0].state is RunState.RUNNING else SourceVerdict.UNKNOWN
    if ended.state in (RunState.FAILED, RunState.LOST):
        return SourceVerdict.FAILED
    if success is not None and calendar.silent_since(portal, success, now) is not None:
        return SourceVerdict.SILENT
    verdicts = {window.verdict for window in incomplete}
    if verdicts & {Verdict.INCOMPLETE, Verdict.FAILED}:
        return SourceVerdict.INCOMPLETE
    return SourceVerdict.SUSPECT if Verdict.SUSPECT in verdicts else SourceVerdict.FINE


def sentence(state: SourceState, language: str) -> str:
    """The state of a source in words: what it is, since when, and what Vigie does about it."""
    _ = sentences.speaker(language)
    name = best_text(state.name, (language, "fr", "en"))
    if state.pause is not None:
        return _paused(state.pause, state, name, language)
    if state.verdict is SourceVerdict.INCOMPLETE and not state.missing:
        return _(_INCOMPLETE_UNCOUNTED, name=name, **_places(state, language))
    return _(_SENTENCES[state.verdict], name=name, **_places(state, language))


def _paused(pause: Pause, state: SourceState, name: str, language: str) -> str:
    _ = sentences.speaker(language)
    zone = ZoneInfo(state.zone)
    since = sentences.moment(pause.since, zone, language)
    if pause.until is None:
        return _(_PAUSED, name=name, since=since, reason=pause.reason)
    return _(
        _PAUSED_UNTIL, name=name, since=since, until=sentences.moment(pause.until, zone, language), reason=pause.reason
    )


_PAUSED = N_("{name} : lecture suspendue par l'opérateur depuis le {since}. Raison : {reason}")
_PAUSED_UNTIL = N_("{name} : lecture suspendue par l'opérateur du {since} au {until}. Raison : {reason}")
_SENTENCES = {
    SourceVerdict.FINE: N_("{name} : à jour, lu il y a {age} ; {stored} avis conservés sur {announced} annoncés."),
    SourceVerdict.RUNNING: N_("{name} : la première lecture est en cours."),
    SourceVerdict.UNKNOWN: N_("{name} : n'a pas encore été lu."),
    SourceVerdict.SUSPECT: N_(
        "{name} : le portail annonce moins d'avis que d'habitude ({windows}) ; il peut en manquer."
    ),
    SourceVerdict.INCOMPLETE: N_("{name} : {missing} avis annoncés manquent ({windows}) ; Vigie réessaie."),
    SourceVerdict.SILENT: N_("{name} : aucune lecture réussie depuis {age}, alors que plusieurs étaient prévues."),
    SourceVerdict.FAILED: N_("{name} : la dernière lecture a échoué ou s'est interrompue ; Vigie réessaie."),
}

_INCOMPLETE_UNCOUNTED = N_(
    "{name} : une lecture n'a pas abouti ({windows}), nombre d'avis manquants inconnu ; Vigie réessaie."
)


def _places(state: SourceState, language: str) -> dict[str, object]:
    return {
        "age": sentences.lapse(state.age, language) if state.age is not None else "",
        "stored": sentences.number(state.stored + state.quarantined, language),
        "announced": sentences.number(state.announced, language),
        "missing": sentences.number(state.missing, language),
        "windows": _windows(state.incomplete_windows, language),
    }


def _windows(windows: tuple[WindowRecord, ...], language: str) -> str:
    _ = sentences.speaker(language)
    named = []
    for window in windows[-3:]:
        if window.start is None or window.end is None:
            named.append(_("avis ouverts"))
        elif (window.end - window.start).days == 1:
            named.append(sentences.day(window.start, language))
        else:
            last = window.end - timedelta(days=1)
            named.append(
                _("{start} au {end}", start=sentences.day(window.start, language), end=sentences.day(last, language))
            )
    left = len(windows) - len(named)
    return ", ".join(named) + (_(" et {n} autres fenêtres", n=sentences.number(left, language)) if left else "")

"""What the sources of a digest did not deliver in its period, as sentences for the people concerned."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cached_property

from alerts.queries import portals_of, readable
from alerts.wording import N_, Wording, portal_zone
from pipelines import pauses
from pipelines.pauses import Pause
from search.query import NoticeQuery
from store import Store
from store.records import Incident, IncidentKind, Profile, Verdict, WindowRecord

_LONGEST_PERIOD = timedelta(days=14)
"""Older holes stay visible on the sources page; a mail does not repeat them for ever."""
_DOWN = {
    IncidentKind.PORTAL_SILENT: N_("{portal} : aucune lecture n'a réussi comme prévu depuis le {moment}."),
    IncidentKind.RUN_FAILED: N_("{portal} : la lecture échoue depuis le {moment}."),
    IncidentKind.RUN_LOST: N_("{portal} : une lecture s'est interrompue le {moment} ; elle sera reprise."),
}
"""Incidents of a source that its readers are told of, with the sentence; the first that is open is told."""
_PAUSED = N_("{portal} : l'opérateur a suspendu la lecture depuis le {moment}. Raison : {reason}")


class Sources:
    """What the store says of the sources at one moment, read once however many digests are built of it."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self.now = now
        self._incomplete: dict[str, list[WindowRecord]] = {}

    def feeding(self, profiles: Iterable[Profile]) -> tuple[str, ...]:
        """Keys of the portals that feed these profiles."""
        found: set[str] = set()
        for profile in profiles:
            found.update(portals_of(readable(profile) or NoticeQuery(), self._crawled))
        return tuple(sorted(found))

    def sentences(self, keys: Iterable[str], since: datetime, words: Wording) -> tuple[str, ...]:
        """One sentence per thing that is wrong with a source in the period, none when all is well."""
        period = max(since, self.now - _LONGEST_PERIOD)
        told: list[str] = []
        for key in keys:
            name = words.portal(key)
            windows = [window for window in self._windows(key) if _concerns(window, key, period, self.now)]
            told += _of_windows(name, windows, words)
            down = next((found for kind in _DOWN if (found := self._open.get((key, kind.value)))), None)
            if key in self._paused:
                told.append(_of_pause(name, self._paused[key], words))
            elif down is not None:
                told.append(_of_incident(name, down, words))
        return tuple(told)

    @cached_property
    def _crawled(self) -> frozenset[str]:
        return self._store.runs.portals()

    @cached_property
    def _paused(self) -> dict[str, Pause]:
        return pauses.current(self._store, self.now)

    @cached_property
    def _open(self) -> dict[tuple[str | None, str], Incident]:
        return {(incident.portal, incident.kind): incident for incident in self._store.incidents.current()}

    def _windows(self, key: str) -> list[WindowRecord]:
        if key not in self._incomplete:
            self._incomplete[key] = self._store.windows.incomplete(key)
        return self._incomplete[key]


def _concerns(window: WindowRecord, key: str, since: datetime, now: datetime) -> bool:
    zone = portal_zone(key)
    if window.start is None or window.end is None:
        return window.ended_at >= since
    first, last = since.astimezone(zone).date(), now.astimezone(zone).date()
    return window.start <= last and window.end > first


def _of_windows(name: str, windows: list[WindowRecord], words: Wording) -> list[str]:
    _ = words.translate
    told = []
    missing = [window for window in windows if window.verdict is Verdict.INCOMPLETE]
    if missing:
        count = sum(window.missing for window in missing)
        told.append(
            _(
                "{portal} : {what} n'ont pas encore pu être lus ({days}).",
                portal=name,
                what=_missing(count, words),
                days=_days(missing, words),
            )
        )
    if suspect := [window for window in windows if window.verdict is Verdict.SUSPECT]:
        told.append(
            _(
                "{portal} : le portail annonce anormalement peu d'avis ({days}) ; il peut en manquer.",
                portal=name,
                days=_days(suspect, words),
            )
        )
    if failed := [window for window in windows if window.verdict is Verdict.FAILED]:
        told.append(_("{portal} : le portail n'a pas pu être lu ({days}).", portal=name, days=_days(failed, words)))
    return told


def _missing(count: int, words: Wording) -> str:
    if count == 0:
        return words.translate("des avis annoncés")
    return words.plural("au moins {n} avis annoncé", "au moins {n} avis annoncés", count)


def _of_incident(name: str, incident: Incident, words: Wording) -> str:
    text = _DOWN[IncidentKind(incident.kind)]
    return words.translate(text, portal=name, moment=words.moment(incident.opened_at))


def _of_pause(name: str, pause: Pause, words: Wording) -> str:
    return words.translate(_PAUSED, portal=name, moment=words.moment(pause.since), reason=pause.reason)


def _days(windows: Iterable[WindowRecord], words: Wording) -> str:
    days: set[date] = set()
    open_now = False
    for window in windows:
        if window.start is None or window.end is None:
            open_now = True
            continue
        days.update(
            window.start + timedelta(days=number) for number in range(min((window.end - window.start).days, 31))
        )
    parts = [words.days(days)] if days else []
    return ", ".join([*parts, *([words.translate("avis ouverts")] if open_now else [])])

"""What a profile would have found: the notices of the last 90 days that answer it, and the days really covered."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from alerts.queries import portals_of
from core.i18n import translator
from crawlers import portals
from notices.model import Frozen, NoticeKind, best_text
from pipelines import coverage
from search.port import SearchIndex
from search.query import DateRange, DeadlineRange, NoticeQuery
from store import Store
from store.records import Coverage

DAYS = 90
_CALLS = (NoticeKind.COMPETITION, NoticeKind.CHANGE)
"""What an open call was when it was published; see `as_published`."""


class Preview(Frozen):
    """A count with its denominator."""

    matches: int
    days: int
    covered_days: int
    """Days of the period that every portal concerned covers completely."""
    coverages: tuple[Coverage, ...]

    def sentence(self, language: str = "fr") -> str:
        """The count and the coverage, for people."""
        _ = translator(Path(__file__).parent, language)
        if self.matches == 0:
            found = _("Aucun avis des {days} derniers jours n'aurait répondu à cette alerte", days=self.days)
        elif self.matches == 1:
            found = _("1 avis des {days} derniers jours aurait répondu à cette alerte", days=self.days)
        else:
            found = _(
                "{n} avis des {days} derniers jours auraient répondu à cette alerte", n=self.matches, days=self.days
            )
        if self.covered_days == self.days:
            return _("{found} ; Vigie a lu chacun de ces jours entièrement.", found=found)
        if len(self.coverages) < 2:
            return _(
                "{found}, parmi ce que Vigie a lu : {covered} jours sur {days} sont complets.",
                found=found, covered=self.covered_days, days=self.days,
            )  # fmt: skip
        least = min(self.coverages, key=lambda coverage: coverage.covered_days)
        return _(
            "{found}, parmi ce que Vigie a lu : {complete} portails sur {portals} sont complets sur ces jours ; celui "
            "qui l’est le moins ({portal}) l’est pour {covered} jours sur {days}.",
            found=found, complete=sum(not coverage.missing for coverage in self.coverages),
            portals=len(self.coverages), portal=_named(least.portal, language), covered=least.covered_days,
            days=self.days,
        )  # fmt: skip


def _named(key: str, language: str) -> str:
    return best_text(portals.load(key).name, (language, "fr", "en"))


def preview(store: Store, index: SearchIndex, query: NoticeQuery, now: datetime, days: int = DAYS) -> Preview:
    """Count what was published in the last `days` days, today included, and answers the query."""
    matches = index.count(as_published(query, days), now=now)
    coverages = tuple(_coverage(store, key, now, days) for key in portals_of(query, store.runs.portals()))
    missing = {day for coverage in coverages for day in coverage.missing}
    covered = days - len(missing) if coverages else 0
    return Preview(matches=matches, days=days, covered_days=covered, coverages=coverages)


def as_published(query: NoticeQuery, days: int) -> NoticeQuery:
    """The query over the last `days` days, where *open* means that the call was open when it was published."""
    changes: dict[str, object] = {"published": DateRange(last_days=days)}
    if query.deadline is not None and query.deadline.open:
        rest: DeadlineRange = query.deadline.model_copy(update={"open": False})
        changes["deadline"] = rest if rest.says_something() else None
        changes["kinds"] = query.kinds or _CALLS
    return query.model_copy(update=changes)


def _coverage(store: Store, key: str, now: datetime, days: int) -> Coverage:
    today = portals.load(key).today(now)
    return coverage.of_days(store, key, today - timedelta(days=days - 1), today + timedelta(days=1))

"""Which windows a crawl looks at: what is open, given days, what was missed lately, days gone by."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Protocol, Self

from pydantic import Field, model_validator

from core.errors import VigieError
from crawlers.contract import Window
from crawlers.portals import Portal
from notices.model import Frozen
from store.records import Coverage, RunPurpose, Verdict, WindowRecord

PATIENT_TRIES = 3
"""A window that is not complete is tried again in every run so often; from then on once a day."""


class CrawlRequest(Frozen):
    """What to crawl. Use `open_calls`, `of_days`, `catch_up` or `backfill` to make one."""

    portal: str
    purpose: RunPurpose
    first: date | None = Field(default=None, description="first publication day, on the portal's calendar")
    last: date | None = Field(default=None, description="last publication day, included")
    backfill_days: int | None = Field(
        default=None, ge=1, description="days before today that have no complete window yet"
    )
    only_missing: bool = Field(default=False, description="of the days given, those without a complete window")
    base_url: str | None = Field(default=None, description="another address than portal.yml and the settings say")
    ignore_closed_hours: bool = False
    job: int | None = Field(default=None, description="of many machines, which asks for it: cancelled, the crawl ends")
    retry_incomplete: bool = Field(default=True, description="begin with windows that were not complete, within reach")

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if (self.first is None) != (self.last is None):
            raise ValueError("a crawl of days needs the first and the last one")
        if self.first and self.last and self.first > self.last:
            raise ValueError(f"the first day, {self.first}, is after the last one, {self.last}")
        return self

    @classmethod
    def open_calls(cls, portal: str, *, base_url: str | None = None, ignore_closed_hours: bool = False) -> Self:
        """Everything that is open now."""
        return cls(portal=portal, purpose=RunPurpose.OPEN, base_url=base_url, ignore_closed_hours=ignore_closed_hours)

    @classmethod
    def of_days(
        cls,
        portal: str,
        first: date,
        last: date,
        *,
        base_url: str | None = None,
        ignore_closed_hours: bool = False,
        purpose: RunPurpose = RunPurpose.MANUAL,
    ) -> Self:
        """Publication days from `first` to `last`, both included, and nothing else."""
        return cls(
            portal=portal,
            purpose=purpose,
            first=first,
            last=last,
            base_url=base_url,
            ignore_closed_hours=ignore_closed_hours,
            retry_incomplete=False,
        )

    @classmethod
    def catch_up(cls, portal: str, *, base_url: str | None = None, ignore_closed_hours: bool = False) -> Self:
        """The regular crawl: everything since the last complete day, however long ago, and the days that overlap."""
        return cls(portal=portal, purpose=RunPurpose.WINDOW, base_url=base_url, ignore_closed_hours=ignore_closed_hours)

    @classmethod
    def missing_days(
        cls, portal: str, first: date, last: date, *, base_url: str | None = None, ignore_closed_hours: bool = False
    ) -> Self:
        """Of the days from `first` to `last`, both included, those that have no complete window yet, newest first."""
        return cls(
            portal=portal,
            purpose=RunPurpose.BACKFILL,
            first=first,
            last=last,
            only_missing=True,
            base_url=base_url,
            ignore_closed_hours=ignore_closed_hours,
            retry_incomplete=False,
        )

    @classmethod
    def backfill(
        cls, portal: str, days: int, *, base_url: str | None = None, ignore_closed_hours: bool = False
    ) -> Self:
        """So many days before today, newest first, without those that are covered already."""
        return cls(
            portal=portal,
            purpose=RunPurpose.BACKFILL,
            backfill_days=days,
            base_url=base_url,
            ignore_closed_hours=ignore_closed_hours,
            retry_incomplete=False,
        )


class WindowHistory(Protocol):
    """What planning asks of `store.windows`."""

    def incomplete(self, portal: str) -> list[WindowRecord]:
        """Windows whose latest verdict is not complete."""
        ...

    def last_complete_day(self, portal: str) -> date | None:
        """The last day that a complete window covers."""
        ...

    def coverage(self, portal: str, start: date, end: date) -> Coverage:
        """Which days of `[start, end)` are covered."""
        ...


def plan(request: CrawlRequest, portal: Portal, history: WindowHistory, at: datetime) -> tuple[Window, ...]:
    """The windows of a crawl in their order, each once: first those to try again, then what was asked for.

    A portal that knows no publication days is asked for what is open instead, one that knows nothing else for the days
    since the last complete one. Days that the portal does not show any more are left out, unless they are asked for by
    name; `out_of_reach` says so.
    """
    today = portal.today(at)
    asked = _asked(request, portal, history, today, at)
    again = _again(portal, history, today, at) if request.retry_incomplete else ()
    return tuple(dict.fromkeys((*(window for window in again if window not in asked), *asked)))


def out_of_reach(request: CrawlRequest, portal: Portal, history: WindowHistory, at: datetime) -> str | None:
    """Which days a crawl leaves out because the portal does not show them any more, as a sentence; None for none."""
    today = portal.today(at)
    reach, first = portal.reaches_back_to(today), _first_wanted(request, portal, history, today)
    if reach is None or first is None or first >= reach or "days" not in portal.scopes:
        return None
    missing = history.coverage(portal.key, first, reach).missing
    return beyond(portal, missing[0], reach) if missing else None


def beyond(portal: Portal, first: date, reach: date) -> str:
    """That days from `first` on, before `reach`, cannot be read any more."""
    return (
        f"{portal.key} shows its last {portal.calendar.history_days} days only: what it published from {first} to "
        f"{reach - timedelta(days=1)} cannot be read any more."
    )


def _first_wanted(request: CrawlRequest, portal: Portal, history: WindowHistory, today: date) -> date | None:
    """The earliest day that a crawl would look at if the portal showed all of its past; None where days are named."""
    if request.first:
        return request.first if request.only_missing else None
    if request.backfill_days:
        return today - timedelta(days=request.backfill_days)
    return history.last_complete_day(portal.key) if request.purpose is RunPurpose.WINDOW else None


def _asked(
    request: CrawlRequest, portal: Portal, history: WindowHistory, today: date, at: datetime
) -> tuple[Window, ...]:
    has_days, has_open = "days" in portal.scopes, "open" in portal.scopes
    if request.first and request.last:
        if not has_days:
            raise VigieError(f"{portal.key} cannot be asked for publication days, only for what is open now.")
        if request.only_missing:
            first = portal.within_reach(request.first, today)
            return _uncovered(history, portal.key, first, request.last + timedelta(days=1), at)
        return Window.days(request.first, request.last)
    if request.backfill_days:
        if not has_days:
            return ()
        first = portal.within_reach(today - timedelta(days=request.backfill_days), today)
        return _uncovered(history, portal.key, first, today, at)
    if request.purpose is RunPurpose.OPEN and has_open:
        return (Window.open_now(),)
    if request.purpose is RunPurpose.WINDOW and not has_days:
        return (Window.open_now(),)
    if request.purpose in (RunPurpose.WINDOW, RunPurpose.OPEN):
        return _since_last_complete_day(portal, history, today)
    raise VigieError("A crawl needs days, a number of days backwards, or one of the purposes open and window.")


def _since_last_complete_day(portal: Portal, history: WindowHistory, today: date) -> tuple[Window, ...]:
    """Days in their order, so that an interruption leaves no gap behind the last complete day.

    That day itself is looked at again: it may have gone on after it was read. A notice may also appear days after it
    was sent, when it waits for its European publication.
    """
    first = today - timedelta(days=portal.calendar.overlap_days)
    last_complete = history.last_complete_day(portal.key)
    first = first if last_complete is None else min(first, last_complete)
    return Window.days(portal.within_reach(first, today), today)


def _uncovered(history: WindowHistory, portal: str, start: date, end: date, at: datetime) -> tuple[Window, ...]:
    """Days without a complete window, newest first; one that was tried in vain waits for its next try."""
    resting = {(item.start, item.end) for item in history.incomplete(portal) if not _due(item, at)}
    missing = sorted(history.coverage(portal, start, end).missing, reverse=True)
    return tuple(window for day in missing if ((window := Window.day(day)).start, window.end) not in resting)


def _again(portal: Portal, history: WindowHistory, today: date, at: datetime) -> tuple[Window, ...]:
    reach = portal.within_reach(today - timedelta(days=portal.calendar.retry_days), today)
    return tuple(
        Window(start=item.start, end=item.end)
        for item in history.incomplete(portal.key)
        if item.scope == "days" and item.start and item.end and item.start >= reach and _due(item, at)
    )


def _due(item: WindowRecord, at: datetime) -> bool:
    if item.verdict is Verdict.COMPLETE or item.attempts < PATIENT_TRIES:
        return True
    return at - item.ended_at >= timedelta(hours=20)

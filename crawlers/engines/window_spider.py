"""A spider that crawls windows one after the other: list, fetch what changed, report.

The whole crawl is one coroutine, `start()`, so it reads from top to bottom. A portal's spider says how its list is
walked (`list_window`) and how one notice is fetched (`fetch`).
"""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

from scrapy import Spider, signals

from core.clock import now
from core.settings import CrawlSettings, PortalSettings
from crawlers.contract import (
    CrawlError,
    HostBudget,
    KnownNotices,
    MemoryNotebook,
    Notebook,
    NothingKnown,
    PortalDown,
    RawNotice,
    Window,
    WindowReport,
)
from crawlers.engines.faults import named

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawlers.portals.definition import Portal

logger = logging.getLogger(__name__)

T = TypeVar("T")

FAILURES_IN_A_ROW = 5
"""After so many notices in a row that could not be fetched, the portal counts as down."""
TURNS_TO_NOTICE = 100
"""Turns of the event loop at most between the last outcome of an item and the engine's own account of it."""
TURNS_TO_SEND = 10
"""Turns of the event loop that put a begun request on the wire; the notice before it is read while it travels."""


@dataclass(frozen=True)
class ListedNotice:
    """One row of a portal's list that is new or changed."""

    native_id: str
    fingerprint: str
    row: dict[str, Any]


@dataclass
class Listing:
    """What the list of one window showed. Filled while it is walked, so that a walk that breaks off keeps its rows."""

    announced: int | None = None
    second_count: int | None = None
    distinct: int = 0
    changed: dict[str, ListedNotice] = field(default_factory=dict)
    unchanged: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    partial: set[str] = field(default_factory=set)
    """Notices that are handed out in part, since the portal keeps something of them back; they are asked for again."""

    def begin(self) -> None:
        """Begin a walk: its counts are its own, while rows seen on earlier walks stay."""
        self.announced = self.second_count = None
        self.distinct = 0

    def note(self, problem: str) -> None:
        """Remember an oddity once."""
        if problem not in self.problems:
            self.problems.append(problem)


class _Halted(Exception):
    """The crawl ends before the portal has answered."""


async def _abandon(task: asyncio.Task[Any]) -> None:
    """End a task and wait until it has let go of the engine; its outcome is nobody's any more."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.debug("What was under way when the window ended had failed: %s", error)


class WindowSpider(Spider):
    """Base of the spiders of portals that are asked window by window."""

    def __init__(
        self,
        portal: Portal,
        windows: Sequence[Window],
        *,
        base_url: str | None = None,
        crawl_settings: CrawlSettings | None = None,
        portal_settings: PortalSettings | None = None,
        known: KnownNotices | None = None,
        notebook: Notebook | None = None,
        budget: HostBudget | None = None,
        ignore_closed_hours: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=portal.key, **kwargs)
        self.base_url = base_url
        """Another address than the one in portal.yml, where somebody asked for one."""
        self.portal = portal.at(base_url)
        self.windows = tuple(windows)
        self.crawl_settings = crawl_settings or CrawlSettings()
        self.portal_settings = portal_settings or PortalSettings()
        self.known = known or NothingKnown()
        self.notebook = notebook or MemoryNotebook()
        self.budget = budget
        """What this crawl shares with others; without one it keeps to its own delay."""
        self.ignore_closed_hours = ignore_closed_hours
        self.stopped_early: str | None = None
        """Why windows were left for later."""
        self.crashed: str | None = None
        """What broke in the spider itself."""
        self.halted = False
        """Whether the crawl ends after what is in hand; see `halt`."""
        self.ended = False
        """Whether the last window is done."""
        self._at_portal: asyncio.Task[Any] | None = None
        """What waits for the portal now."""
        self._under_way = 0
        self._settled = asyncio.Event()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Built by Scrapy. Listens to what becomes of its items."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(spider._one_settled, signal=signal)
        return spider

    # --- what a portal's spider says ---------------------------------------------------------------------------------

    @abstractmethod
    async def list_window(self, window: Window, listing: Listing) -> None:
        """Walk the portal's list of a window and fill `listing`. Raises `CrawlError` when it cannot."""

    @abstractmethod
    async def fetch(self, listed: ListedNotice) -> RawNotice:
        """All that the parser needs of one notice. Raises `CrawlError` when it cannot be had."""

    def halt(self) -> None:
        """End now: what the portal owes is not waited for, what is in the pipelines is, no further window begins.

        The spider ends by itself rather than be stopped by the engine: Scrapy (2.19) never wakes a stop that began
        while items of `start()` were in the pipelines.
        """
        self.halted = True
        if self._at_portal is not None:
            self._at_portal.cancel()

    # --- the crawl ---------------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[RawNotice | WindowReport]:
        """Crawl all windows. After the portal went down, the windows that are left fail with that reason, unasked."""
        down: str | None = None
        for number, window in enumerate(self.windows):
            if self.halted:
                break
            closed = None if self.ignore_closed_hours else self.portal.closed_at(now())
            if closed:
                left = len(self.windows) - number
                self.stopped_early = f"{left} of {len(self.windows)} windows were left for later. {closed}"
                break
            async for outcome in self._crawl_window(window) if down is None else self._leave_out(window, down):
                if isinstance(outcome, PortalDown):
                    down = str(outcome)
                    continue
                self._under_way += 1
                yield outcome
            await self._all_settled()
        await self._let_engine_notice()
        self.ended = True

    async def _leave_out(self, window: Window, down: str) -> AsyncIterator[WindowReport]:
        yield self._report(window, Listing(), failure=down)

    def _one_settled(self) -> None:
        self._under_way -= 1
        self._settled.set()

    async def _all_settled(self) -> None:
        """Return when the pipelines are done with the window, so that windows never overlap."""
        while self._under_way > 0:
            self._settled.clear()
            await self._settled.wait()

    async def _let_engine_notice(self) -> None:
        """Return when the engine knows that its items are done: one that learns it late closes seconds later."""
        for _ in range(TURNS_TO_NOTICE):
            if self.crawler.engine.scraper.slot is None or self.crawler.engine.scraper.slot.is_idle():
                break
            await asyncio.sleep(0)

    async def _crawl_window(self, window: Window) -> AsyncIterator[RawNotice | WindowReport | PortalDown]:
        """One window to its report. One that `halt` cuts short has none: it was not judged, and is crawled anew."""
        listing, failure = Listing(), None
        fetched: list[str] = []
        missed: dict[str, str] = {}
        try:
            try:
                await self._unless_halted(self._ask(self.list_window(window, listing)))
            except (PortalDown, _Halted):
                raise
            except CrawlError as error:
                failure = str(error)
            async for raw in self._fetch_all(listing.changed.values(), missed):
                fetched.append(raw.native_id)
                yield raw
        except _Halted:
            return
        except PortalDown as error:
            failure = str(error)
            yield error
        except Exception as error:
            # A fault of ours must be seen on the window, not only in a log.
            logger.exception("The spider of %s failed on %s", self.portal.key, window)
            self.crashed = failure = f"The spider failed: {named(error)}"
            yield PortalDown(failure)
        yield self._report(window, listing, fetched=fetched, missed=missed, failure=failure)

    async def _fetch_all(self, changed: Iterable[ListedNotice], missed: dict[str, str]) -> AsyncIterator[RawNotice]:
        """Fetch in the list's order, one request under way while the notice before it is worked on."""
        waiting = iter(changed)
        task = self._begin(next(waiting, None))
        in_a_row = 0
        try:
            while task is not None:
                native_id = task.get_name()
                try:
                    raw = await self._unless_halted(task)
                except (PortalDown, _Halted):
                    raise
                except CrawlError as error:
                    missed[native_id] = str(error)
                    in_a_row += 1
                    if in_a_row >= FAILURES_IN_A_ROW:
                        raise PortalDown(f"{in_a_row} notices in a row could not be fetched. {error}") from error
                    task = self._begin(next(waiting, None))
                    continue
                in_a_row = 0
                task = self._begin(next(waiting, None))
                for _ in range(TURNS_TO_SEND):
                    await asyncio.sleep(0)
                yield raw
        finally:
            if task is not None:
                await _abandon(task)

    def _begin(self, listed: ListedNotice | None) -> asyncio.Task[RawNotice] | None:
        return None if listed is None else self._ask(self.fetch(listed), listed.native_id)

    def _ask(self, work: Coroutine[Any, Any, T], name: str | None = None) -> asyncio.Task[T]:
        """Begin to wait for the portal, in a way that `halt` can end."""
        self._at_portal = task = asyncio.create_task(work, name=name)
        return task

    async def _unless_halted(self, task: asyncio.Task[T]) -> T:
        if self.halted:
            await _abandon(task)
            raise _Halted
        try:
            return await task
        except asyncio.CancelledError:
            if self.halted:
                raise _Halted from None
            raise

    def _report(
        self,
        window: Window,
        listing: Listing,
        *,
        fetched: Sequence[str] = (),
        missed: dict[str, str] | None = None,
        failure: str | None = None,
    ) -> WindowReport:
        return WindowReport(
            portal=self.portal.key,
            window=window,
            announced=listing.announced,
            second_count=listing.second_count,
            distinct=listing.distinct,
            listed=(*listing.changed, *sorted(listing.unchanged)),
            fetched=tuple(fetched),
            unchanged=tuple(sorted(listing.unchanged)),
            missed=missed or {},
            partial=len(listing.partial),
            problems=(*listing.problems, *self._never_verified(window)),
            failure=failure,
        )

    def _never_verified(self, window: Window) -> tuple[str, ...]:
        """Said once per run: what this spider does on the word of others."""
        unverified = self.portal.unverified
        if not unverified or self.portal.simulated or window != self.windows[0]:
            return ()
        return (f"{len(unverified)} habits of the portal were never seen live, such as: {unverified[0].what}.",)

    # --- for portals' spiders ---------------------------------------------------------------------------------------

    async def fingerprints(self, native_ids: Sequence[str]) -> dict[str, str | None]:
        """The stored fingerprints of notices, asked in a thread because the store may have to wait."""
        return dict(await asyncio.to_thread(self.known.fingerprints, self.portal.key, native_ids))

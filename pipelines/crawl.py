"""One crawl, in this process: `run(CrawlRequest, settings, store, archive) -> CrawlReport`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from scrapy import signals

from core.clock import now
from core.errors import VigieError
from core.settings import Settings
from crawlers import settings as scrapy_settings
from crawlers.engines.faults import named
from crawlers.portals import load, parser, spider_class
from crawlers.portals.loading import parser_version
from notices.model import Frozen
from pipelines import origins, pauses
from pipelines.budget import budget_of, crawling_alone
from pipelines.opening import refuse_closed
from pipelines.reading import Reader
from pipelines.requests import CrawlRequest, out_of_reach, plan
from pipelines.services import CrawlServices, StoredFingerprints, Tell, VigieCrawler, tell_nobody
from store.notebook import OLD_FOLDER
from store.records import RunRecord, RunState, Verdict, WindowRecord

if TYPE_CHECKING:
    from crawlers.engines.window_spider import WindowSpider
    from store import Store
    from store.archive import Archive

logger = logging.getLogger(__name__)

# Scrapy says so of every handler that works without a Twisted reactor, twice per crawl.
logging.getLogger("scrapy.core.downloader.handlers._base_streaming").addFilter(
    lambda record: "is experimental" not in str(record.msg)
)

SIGNALS = (signal.SIGTERM, signal.SIGINT)
PATIENCE = 3.0
"""Seconds that a crawl told to stop has for what is in hand; a supervisor kills after five."""
LOOK_SECONDS = 5.0
"""How soon a running crawl ends when its portal is paused, or its job is cancelled."""
MOST_UNREAD = 200
"""Unread paths kept per run; a portal that invents keys must not fill the store."""

__all__ = ["CrawlReport", "CrawlRequest", "run"]


class CrawlReport(Frozen):
    """How a crawl ended."""

    run: RunRecord
    windows: tuple[WindowRecord, ...]
    planned: int
    stopped: bool = False
    """Whether somebody asked to stop; nothing more should be crawled then, even if this crawl was just done."""

    @property
    def complete(self) -> bool:
        """Whether every planned window is complete."""
        done = all(window.verdict is Verdict.COMPLETE for window in self.windows)
        return self.run.state is RunState.FINISHED and done and len(self.windows) == self.planned


def run(
    request: CrawlRequest, settings: Settings, store: Store, archive: Archive, progress: Tell = tell_nobody
) -> CrawlReport:
    """Crawl. Blocks until all windows have a verdict, or a signal (SIGTERM, SIGINT) asks to end.

    `PortalClosed` in the portal's closed hours, `PortalPaused` while an operator paused it, `VigieError` when real and
    invented notices would mix. When the store or the archive fails, the run is marked failed where that is still
    possible, and the error is raised.
    """
    portal = load(request.portal).at(_address(request, settings))
    if settings.demo and not portal.simulated:
        raise VigieError(f"The demonstration crawls simulated portals alone, and {portal.base_url} is none.")
    origins.keep_apart(portal, settings, store)
    if not request.ignore_closed_hours:
        refuse_closed(portal, store)
    windows, unseen = plan(request, portal, store.windows, now()), out_of_reach(request, portal, store.windows, now())
    with _stops() as stops, crawling_alone(store, portal.key) as alone:
        store.notebook.take_over(settings.data_dir / OLD_FOLDER)
        services = CrawlServices(
            settings=settings,
            portal=portal,
            reader=Reader(parser(portal.key)),
            parser_version=parser_version(portal.key),
            store=store,
            archive=archive,
            run=store.runs.start(portal.key, request.purpose),
            windows=windows,
            tell=progress,
            budget=budget_of(portal, settings, store, alone),
        )
        return _finish(services, _Crawl(services, request, stops).run(), stops, unseen)


def _address(request: CrawlRequest, settings: Settings) -> str | None:
    return request.base_url or settings.portal(request.portal).base_url


@dataclass
class _Stops:
    """The signals that ask to end, of which the first counts."""

    first: str | None = None

    def note(self, number: int, _frame: FrameType | None = None) -> None:
        """A signal arrived."""
        self.first = self.first or signal.Signals(number).name


@contextlib.contextmanager
def _stops() -> Iterator[_Stops]:
    """Remember signals from before a run is opened until it is closed, so that none leaves it open.

    Set explicitly, for a shell may have made them ignored.
    """
    stops = _Stops()
    if threading.current_thread() is not threading.main_thread():
        yield stops
        return
    before = {number: signal.signal(number, stops.note) for number in SIGNALS}
    try:
        yield stops
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Crawl:
    """One Scrapy crawl on an asyncio loop of its own."""

    def __init__(self, services: CrawlServices, request: CrawlRequest, stops: _Stops) -> None:
        self._services = services
        self._request = request
        self._stops = stops
        self._crawler: VigieCrawler | None = None
        self._crawling: asyncio.Task[None] | None = None
        self._overdue = False

    def run(self) -> _Ending:
        """Crawl to the end; a signal ends it early, after the batch in hand is written."""
        try:
            with _collecting_seldom():
                asyncio.run(self._crawl())
        except Exception as error:
            logger.exception("The crawl of %s failed", self._services.portal.key)
            return _Ending(self._requests, f"The crawl failed: {named(error)}", RunState.FAILED)
        spider: WindowSpider | None = getattr(self._crawler, "spider", None)
        if self._stops.first:
            return _Ending(self._requests, f"Stopped by {self._stops.first} before the end.", RunState.STOPPED)
        if spider is not None and spider.crashed:
            return _Ending(self._requests, spider.crashed, RunState.FAILED)
        return _Ending(self._requests, spider.stopped_early if spider is not None else None)

    @property
    def _requests(self) -> int:
        return 0 if self._crawler is None or self._crawler._stats is None else self._crawler.requests

    async def _crawl(self) -> None:
        services = self._services
        portal = services.portal
        transport = services.settings.portal(portal.key).transport or portal.transport
        self._crawler = VigieCrawler(spider_class(portal.key), scrapy_settings.as_dict(transport), services)
        with self._signals(self._crawler):
            if self._stops.first is not None:
                return
            self._crawling = asyncio.create_task(self._crawler.crawl_async(**self._arguments()))
            watching = asyncio.create_task(self._watch_operators(self._crawler))
            try:
                await self._crawling
            except asyncio.CancelledError:
                if not self._overdue:
                    raise
            finally:
                watching.cancel()
                await services.reader.close()
            if self._overdue:
                await self._leave()

    def _arguments(self) -> dict[str, Any]:
        """What the spider is made with."""
        services = self._services
        return {
            "portal": services.portal,
            "windows": services.windows,
            "crawl_settings": services.settings.crawl,
            "portal_settings": services.settings.portal(services.portal.key),
            "base_url": _address(self._request, services.settings),
            "known": StoredFingerprints(services.store),
            "budget": services.budget,
            "notebook": services.store.notebook,
            "ignore_closed_hours": self._request.ignore_closed_hours,
        }

    async def _leave(self) -> None:
        """After a stop that did not end in time: write what is in hand, let go of the connections."""
        crawler, portal = self._crawler, self._services.portal.key
        logger.warning("The crawl of %s did not end within %s s of the signal; it is left as it is", portal, PATIENCE)
        await self._services.flush()
        if crawler is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(crawler.signals.send_catch_log_async(signals.engine_stopped), 1.0)

    @contextlib.contextmanager
    def _signals(self, crawler: VigieCrawler) -> Iterator[None]:
        """Signals end the crawl cleanly while the loop runs; before and after it they are remembered."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._stop, crawler, number)
        try:
            yield
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)
                signal.signal(number, self._stops.note)

    def _stop(self, crawler: VigieCrawler, number: signal.Signals) -> None:
        """The spider ends by itself, after what is in the pipelines; whatever keeps it is waited for `PATIENCE`."""
        if self._stops.first is not None:
            return
        self._stops.note(number)
        self._halt(crawler)

    async def _watch_operators(self, crawler: VigieCrawler) -> None:
        """End the crawl when somebody pauses its portal or cancels its job, also while its worker hangs."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                reason = await asyncio.to_thread(self._unwanted)
            except Exception as error:  # noqa: BLE001 - the store being away is told by the pipelines that need it
                logger.debug("Whether %s is to end cannot be asked now: %s", self._services.portal.key, error)
                continue
            if reason and self._stops.first is None:
                self._stops.first = reason
                self._halt(crawler)

    def _unwanted(self) -> str | None:
        """Why nobody wants this crawl any more, if so."""
        store, request = self._services.store, self._request
        if not request.ignore_closed_hours and (paused := pauses.of(store, self._services.portal.key)):
            return f"the pause of {paused.by}"
        if request.job is not None and store.jobs.is_cancelled(request.job):
            return f"whoever cancelled job {request.job}"
        return None

    def _halt(self, crawler: VigieCrawler) -> None:
        spider: WindowSpider | None = getattr(crawler, "spider", None)
        if spider is not None:
            spider.halt()
        asyncio.get_running_loop().call_later(PATIENCE, self._overdue_now)

    def _overdue_now(self) -> None:
        if self._crawling is not None and not self._crawling.done():
            self._overdue = True
            self._crawling.cancel()


@contextlib.contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Let the garbage collector leave libraries and vocabularies alone: walking them took a sixth of a crawl's time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@dataclass(frozen=True)
class _Ending:
    requests: int
    message: str | None = None
    state: RunState = RunState.FINISHED


def _finish(services: CrawlServices, ending: _Ending, stops: _Stops, unseen: str | None) -> CrawlReport:
    ledger = services.ledger
    counts = ledger.counts(ending.requests)
    if services.broken is not None:
        message = f"Nothing could be kept any more: {named(services.broken)}"
        with contextlib.suppress(Exception):
            # The store may be what is broken; then the run is found lost, by its silence.
            services.store.runs.finish(services.run.id, RunState.FAILED, counts, message, _unread(ledger.unread))
        raise services.broken
    verdicts = Counter(window.verdict for window in ledger.windows)
    all_failed = bool(ledger.windows) and verdicts[Verdict.FAILED] == len(ledger.windows)
    state, ended = ending.state, ending.message
    if state is RunState.STOPPED and len(ledger.windows) == len(services.windows):
        state, ended = RunState.FINISHED, None  # the signal came when all was done
    if state is RunState.FINISHED and all_failed:
        state = RunState.FAILED
    told = " ".join(filter(None, (ended, _summary(ledger.windows), unseen))) or None
    record = services.store.runs.finish(services.run.id, state, counts, told, _unread(ledger.unread))
    return CrawlReport(
        run=record, windows=tuple(ledger.windows), planned=len(services.windows), stopped=bool(stops.first)
    )


def _summary(windows: list[WindowRecord]) -> str | None:
    """The first window that is not complete, and how many there are."""
    wrong = [window for window in windows if window.verdict is not Verdict.COMPLETE]
    if not wrong:
        return None
    first = wrong[0]
    days = "what is open now" if first.start is None else str(first.start)
    more = f" {len(wrong)} of {len(windows)} windows are not complete." if len(wrong) > 1 else ""
    return f"{days}: {first.verdict}. {first.reason or ''}{more}".strip()


def _unread(unread: Counter[str]) -> dict[str, int]:
    return dict(unread.most_common(MOST_UNREAD))

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
from typing import TYPE_CHECKING

from core.clock import now
from core.errors import VigieError
from core.settings import Settings
from crawlers import settings as scrapy_settings
from crawlers.portals import load, parser, spider_class
from crawlers.portals.loading import parser_version
from notices.model import Frozen
from pipelines.notebook import FileNotebook
from pipelines.requests import CrawlRequest, plan
from pipelines.services import CrawlServices, StoredFingerprints, Tell, VigieCrawler, tell_nobody
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

MOST_UNREAD = 200
"""Unread paths kept per run; a portal that invents keys must not fill the store."""

__all__ = ["CrawlReport", "CrawlRequest", "PortalClosed", "run"]


class PortalClosed(VigieError):
    """The portal has closed hours now, and nobody asked to ignore them."""


class CrawlReport(Frozen):
    """How a crawl ended."""

    run: RunRecord
    windows: tuple[WindowRecord, ...]
    planned: int

    @property
    def complete(self) -> bool:
        """Whether every planned window is complete."""
        done = all(window.verdict is Verdict.COMPLETE for window in self.windows)
        return self.run.state is RunState.FINISHED and done and len(self.windows) == self.planned


def run(
    request: CrawlRequest, settings: Settings, store: Store, archive: Archive, progress: Tell = tell_nobody
) -> CrawlReport:
    """Crawl. Blocks until all windows have a verdict, or a signal (SIGTERM, SIGINT) asks to end.

    `PortalClosed` in the portal's closed hours. When the store or the archive fails, the run is marked failed where
    that is still possible, and the error is raised.
    """
    portal = load(request.portal).at(_address(request, settings))
    closed = None if request.ignore_closed_hours else portal.closed_at(now())
    if closed:
        raise PortalClosed(f"{closed} It opens at {portal.opens_at(now()).astimezone(portal.clock):%Y-%m-%d %H:%M}.")
    windows = plan(request, portal, store.windows, now())
    services = CrawlServices(
        settings=settings,
        portal=portal,
        parser=parser(portal.key),
        parser_version=parser_version(portal.key),
        store=store,
        archive=archive,
        run=store.runs.start(portal.key, request.purpose),
        windows=windows,
        tell=progress,
    )
    return _finish(services, _Crawl(services, request).run())


def _address(request: CrawlRequest, settings: Settings) -> str | None:
    return request.base_url or settings.portal(request.portal).base_url


class _Crawl:
    """One Scrapy crawl on an asyncio loop of its own."""

    def __init__(self, services: CrawlServices, request: CrawlRequest) -> None:
        self._services = services
        self._request = request
        self._stopped_by: str | None = None
        self._crawler: VigieCrawler | None = None

    def run(self) -> _Ending:
        """Crawl to the end; a signal ends it early, after the batch in hand is written."""
        try:
            with _collecting_seldom():
                asyncio.run(self._crawl())
        except Exception as error:
            logger.exception("The crawl of %s failed", self._services.portal.key)
            return _Ending(self._requests, f"The crawl failed: {type(error).__name__}: {error}", failed=True)
        spider: WindowSpider | None = getattr(self._crawler, "spider", None)
        if self._stopped_by:
            return _Ending(self._requests, f"Stopped by {self._stopped_by} before the end.", failed=True)
        if spider is not None and spider.crashed:
            return _Ending(self._requests, spider.crashed, failed=True)
        return _Ending(self._requests, spider.stopped_early if spider is not None else None)

    @property
    def _requests(self) -> int:
        return 0 if self._crawler is None or self._crawler._stats is None else self._crawler.requests

    async def _crawl(self) -> None:
        services = self._services
        self._crawler = VigieCrawler(spider_class(services.portal.key), scrapy_settings.as_dict(), services)
        with self._signals(self._crawler):
            await self._crawler.crawl_async(
                portal=services.portal,
                windows=services.windows,
                crawl_settings=services.settings.crawl,
                portal_settings=services.settings.portal(services.portal.key),
                base_url=_address(self._request, services.settings),
                known=StoredFingerprints(services.store),
                notebook=FileNotebook(services.settings.data_dir / "notebook"),
                ignore_closed_hours=self._request.ignore_closed_hours,
            )

    @contextlib.contextmanager
    def _signals(self, crawler: VigieCrawler) -> Iterator[None]:
        """SIGTERM and SIGINT end the crawl cleanly; set explicitly, for a shell may have made them ignored."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.getsignal(number) for number in numbers}
        for number in numbers:
            loop.add_signal_handler(number, self._stop, crawler, number)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)
                signal.signal(number, before[number])

    def _stop(self, crawler: VigieCrawler, number: signal.Signals) -> None:
        spider: WindowSpider | None = getattr(crawler, "spider", None)
        if self._stopped_by is not None or spider is None or spider.ended:
            return
        self._stopped_by = number.name
        spider.halted = True
        if crawler._engine is not None and crawler._engine.running:
            # Ends waits for the portal too; an engine that does not run yet finds the spider halted.
            self._ending = asyncio.get_running_loop().create_task(crawler.stop_async())


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
    failed: bool = False


def _finish(services: CrawlServices, ending: _Ending) -> CrawlReport:
    ledger = services.ledger
    counts = ledger.counts(ending.requests)
    if services.broken is not None:
        message = f"Nothing could be kept any more: {type(services.broken).__name__}: {services.broken}"
        with contextlib.suppress(Exception):
            # The store may be what is broken; then the run is found lost, by its silence.
            services.store.runs.finish(services.run.id, RunState.FAILED, counts, message, _unread(ledger.unread))
        raise services.broken
    verdicts = Counter(window.verdict for window in ledger.windows)
    all_failed = bool(ledger.windows) and verdicts[Verdict.FAILED] == len(ledger.windows)
    state = RunState.FAILED if ending.failed or all_failed else RunState.FINISHED
    told = " ".join(filter(None, (ending.message, _summary(ledger.windows)))) or None
    record = services.store.runs.finish(services.run.id, state, counts, told, _unread(ledger.unread))
    return CrawlReport(run=record, windows=tuple(ledger.windows), planned=len(services.windows))


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

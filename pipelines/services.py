"""What the item pipelines of one crawl work with, handed to them by the crawler that builds them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scrapy.crawler import Crawler

from core.settings import Settings
from crawlers.engines.window_spider import WindowSpider
from crawlers.portals import Portal
from notices.model import Frozen
from pipelines.reading import Reader
from store.records import RunCounts, RunRecord, SaveStatus, WindowRecord

if TYPE_CHECKING:
    from crawlers.contract import HostBudget, Window
    from store import Store
    from store.archive import Archive


logger = logging.getLogger(__name__)


class Progress(Frozen):
    """How far a crawl is; told after every batch and every window."""

    portal: str
    run_id: str
    counts: RunCounts
    windows_done: int
    windows_total: int
    window: WindowRecord | None = None


Tell = Callable[[Progress], None]


def tell_nobody(_progress: Progress) -> None:
    """Progress that nobody watches."""


async def nothing_to_flush() -> None:
    """What is to be written before a pipeline holds anything."""


@dataclass
class Ledger:
    """What a run counted so far."""

    announced: int = 0
    listed: int = 0
    fetched: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    late: int = 0
    quarantined: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    windows: list[WindowRecord] = field(default_factory=list)

    def count(self, status: SaveStatus) -> None:
        """Count what saving one notice did."""
        if status is SaveStatus.NEW:
            self.new += 1
        elif status is SaveStatus.LATE:
            self.late += 1
        elif status is SaveStatus.UNCHANGED:
            self.unchanged += 1
        else:
            self.changed += 1

    def counts(self, requests: int) -> RunCounts:
        """The counts as the store keeps them."""
        return RunCounts(
            requests=requests,
            announced=self.announced,
            listed=self.listed,
            fetched=self.fetched,
            new=self.new,
            changed=self.changed,
            unchanged=self.unchanged,
            late=self.late,
            quarantined=self.quarantined,
        )


@dataclass
class CrawlServices:
    """Everything around one crawl."""

    settings: Settings
    portal: Portal
    reader: Reader
    parser_version: str
    store: Store
    archive: Archive
    run: RunRecord
    windows: tuple[Window, ...]
    tell: Tell = tell_nobody
    budget: HostBudget | None = None
    """What this crawl may ask of the portal's host beside those of other machines; None on one machine."""
    ledger: Ledger = field(default_factory=Ledger)
    broken: Exception | None = None
    """Why nothing can be kept any more: the disk is full, the database is gone."""
    flush: Callable[[], Awaitable[None]] = nothing_to_flush
    """Writes the batch in hand; set by the pipeline that holds it."""
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a notice reached the last pipeline, and when nothing will any more."""


class VigieCrawler(Crawler):
    """A Scrapy crawler that carries the services of its crawl."""

    def __init__(self, spider_class: type[WindowSpider], settings: Mapping[str, Any], services: CrawlServices) -> None:
        super().__init__(spider_class, dict(settings))
        self.services = services

    @property
    def requests(self) -> int:
        """Requests sent so far, repeated ones included."""
        return int(self.stats.get_value("downloader/request_count", 0) or 0)

    def give_up(self, error: Exception) -> None:
        """End the crawl because nothing can be kept any more; the run says why."""
        if self.services.broken is None:
            logger.error("Nothing can be kept any more; the crawl of %s ends", self.services.portal.key, exc_info=error)
            self.services.broken = error
            self.services.moved.set()
            if isinstance(self.spider, WindowSpider):
                self.spider.halt()


def vigie_crawler(crawler: Crawler) -> VigieCrawler:
    """The crawler that carries the services; the pipelines work under no other."""
    if not isinstance(crawler, VigieCrawler):
        raise TypeError(
            "The pipelines of Vigie run under pipelines.crawl.run(), which hands them the store and the archive."
        )
    return crawler


class StoredFingerprints:
    """The port through which a spider asks what the store knows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def fingerprints(self, portal: str, native_ids: Iterable[str]) -> Mapping[str, str | None]:
        """The stored fingerprint of each known notice."""
        return self._store.notices.fingerprints(portal, native_ids)

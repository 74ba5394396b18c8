"""Last pipeline: notices go to the store in batches, after their payloads are safe; windows get a verdict.

A batch is written in a thread, so that the portal is asked on while the disk works. Nothing counts as done before it is
written: a window's verdict is computed from what was written.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from core.clock import now
from crawlers.completeness import Kept, judge
from crawlers.contract import Window, WindowReport
from pipelines.items import ReadNotice, RefusedNotice
from pipelines.services import CrawlServices, Progress, VigieCrawler, vigie_crawler
from store.payloads import PayloadEntry
from store.records import SaveOutcome, Saving, WindowRecord

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

BATCH = 100
"""Notices per transaction."""
LONGEST = timedelta(seconds=30)
"""A batch that is not full is written after that, at the next notice: some portals hand one out every few seconds."""
HEARTBEAT = timedelta(seconds=20)

Outcome = ReadNotice | RefusedNotice


def invented(services: CrawlServices) -> bool:
    """Whether the notices are invented, so that their number says nothing about the real portal."""
    return services.settings.demo or services.portal.simulated


class StorePipeline:
    """Writes what the crawl found."""

    def __init__(self, crawler: VigieCrawler) -> None:
        self._crawler = crawler
        self._services = crawler.services
        self._batch: list[Outcome] = []
        self._begun = now()
        self._stored: dict[str, bool] = {}
        """Native id to whether it was stored; False for what went to quarantine."""
        self._arrived: set[str] = set()
        self._writing = asyncio.Lock()
        self._heart: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Built by Scrapy."""
        return cls(vigie_crawler(crawler))

    async def open_spider(self) -> None:
        """Begin to give signs of life."""
        self._heart = asyncio.create_task(self._beat())
        self._services.flush = self._flush

    async def close_spider(self) -> None:
        """Write what is left."""
        if self._heart is not None:
            self._heart.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._heart
        await self._flush()

    async def process_item(self, item: Outcome | WindowReport) -> Outcome | WindowReport:
        """Collect a notice; write when the batch is full or its window is over."""
        if isinstance(item, WindowReport):
            await self._all_arrived(item)
            await self._flush()
            await self._close_window(item)
            self._stored.clear()  # windows do not overlap, and a crawl may be of a hundred thousand notices
            self._arrived.clear()
            return item
        if not self._batch:
            self._begun = now()
        self._batch.append(item)
        self._arrived.add(item.archived.raw.native_id)
        self._services.moved.set()
        self._services.ledger.fetched += 1
        if len(self._batch) >= BATCH or now() - self._begun > LONGEST:
            await self._flush()
        return item

    async def _all_arrived(self, report: WindowReport) -> None:
        """Items go through the pipelines side by side: wait for those that the report overtook."""
        while not self._services.broken and not self._arrived.issuperset(report.fetched):
            self._services.moved.clear()
            await self._services.moved.wait()

    # --- writing -----------------------------------------------------------------------------------------------------

    async def _flush(self) -> None:
        async with self._writing:
            batch, self._batch = self._batch, []
            if not batch or self._services.broken:
                return
            try:
                outcomes = await asyncio.to_thread(self._write, batch)
            except Exception as error:  # noqa: BLE001 - whatever the disk or the database says ends the crawl, told by the run
                self._crawler.give_up(error)
                return
            self._account(batch, outcomes)
            self._tell(None)

    def _write(self, batch: list[Outcome]) -> list[SaveOutcome]:
        """One batch: payloads safe first, then the notices in one transaction, then the quarantine."""
        services = self._services
        services.archive.sync()
        services.store.payloads.add_many([self._payload_entry(item) for item in batch])
        outcomes = services.store.notices.save_many(
            [self._saving(item) for item in batch if isinstance(item, ReadNotice)]
        )
        for item in batch:
            if isinstance(item, RefusedNotice):
                raw = item.archived.raw
                services.store.quarantine.add(
                    raw.portal, raw.native_id, services.run.id, item.archived.address, item.reason, item.path
                )
        services.store.runs.heartbeat(services.run.id, services.ledger.counts(self._crawler.requests))
        return outcomes

    def _payload_entry(self, item: Outcome) -> PayloadEntry:
        raw = item.archived.raw
        return (f"{raw.portal}:{raw.native_id}", self._services.run.id, item.archived.address, raw.listed_at)

    def _saving(self, item: ReadNotice) -> Saving:
        return Saving(
            notice=item.reading.notice,
            digest=item.digest,
            fingerprint=item.archived.raw.fingerprint,
            run_id=self._services.run.id,
            parser_version=self._services.parser_version,
        )

    def _account(self, batch: list[Outcome], outcomes: list[SaveOutcome]) -> None:
        ledger = self._services.ledger
        for item in batch:
            native_id = item.archived.raw.native_id
            if isinstance(item, RefusedNotice):
                self._stored[native_id] = False
                ledger.quarantined += 1
                continue
            self._stored[native_id] = True
            for element in item.reading.unread:
                ledger.unread[element.path] += element.count
        for outcome in outcomes:
            ledger.count(outcome.status)

    # --- windows -----------------------------------------------------------------------------------------------------

    async def _close_window(self, report: WindowReport) -> None:
        if self._services.broken:
            return
        try:
            record = await asyncio.to_thread(self._record, report)
        except Exception as error:  # noqa: BLE001 - as above
            self._crawler.give_up(error)
            return
        ledger = self._services.ledger
        ledger.announced += report.announced or 0
        ledger.listed += len(report.listed)
        ledger.unchanged += len(report.unchanged)
        ledger.windows.append(record)
        self._tell(record)

    def _record(self, report: WindowReport) -> WindowRecord:
        services, unchanged = self._services, set(report.unchanged)
        services.store.notices.touch(report.portal, report.unchanged, services.run.id)
        kept = Kept(
            stored=sum(native_id in unchanged or self._stored.get(native_id) is True for native_id in report.listed),
            quarantined=sum(
                native_id not in unchanged and self._stored.get(native_id) is False for native_id in report.listed
            ),
        )
        floor, may_be_empty = self._expected(report.window)
        judgement = judge(report, kept, floor, may_be_empty=may_be_empty)
        return services.store.windows.record(
            WindowRecord(
                portal=report.portal,
                scope=report.window.scope,
                start=report.window.start,
                end=report.window.end,
                run_id=services.run.id,
                announced=report.announced,
                second_count=report.second_count,
                distinct=report.distinct,
                stored=kept.stored,
                quarantined=kept.quarantined,
                verdict=judgement.verdict,
                missing=judgement.missing,
                reason=judgement.reason,
                ended_at=now(),
            )
        )

    def _expected(self, window: Window) -> tuple[int | None, bool]:
        """What the window announces at least, and whether nothing at all would be nothing unusual.

        Invented notices and a day that is not whole yet have no floor.
        """
        portal = self._services.portal
        expected, today = portal.expectations, portal.today(now())
        if window.start is None or window.end is None:
            return None if invented(self._services) else expected.open_floor or None, expected.may_be_empty
        if window.end - window.start != timedelta(days=1):
            return None, expected.may_be_empty
        settled = window.end + timedelta(days=expected.settled_after_days) <= today
        floor = expected.floor_on(window.start)
        unsettled = expected.settled_after_days > 0 and not settled
        may_be_empty = expected.may_be_empty or floor == 0 or unsettled
        return (floor if settled and not invented(self._services) else None), may_be_empty

    # --- signs of life -----------------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        services = self._services
        while True:
            await asyncio.sleep(HEARTBEAT.total_seconds())
            counts = services.ledger.counts(self._crawler.requests)
            try:
                await asyncio.to_thread(services.store.runs.heartbeat, services.run.id, counts)
            except Exception:
                logger.exception("No sign of life could be written for run %s", services.run.id)

    def _tell(self, window: WindowRecord | None) -> None:
        services = self._services
        services.tell(
            Progress(
                portal=services.portal.key,
                run_id=services.run.id,
                counts=services.ledger.counts(self._crawler.requests),
                windows_done=len(services.ledger.windows),
                windows_total=len(services.windows),
                window=window,
            )
        )

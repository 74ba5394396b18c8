"""Second pipeline: the portal's pure parser makes a valid `Notice`, or the payload goes to quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from crawlers.contract import Parsing, RawNotice, WindowReport
from pipelines.items import ArchivedNotice, ReadNotice, RefusedNotice
from pipelines.reading import Refusal
from pipelines.services import CrawlServices, vigie_crawler

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class ValidatePipeline:
    """Reads archived notices."""

    def __init__(self, services: CrawlServices) -> None:
        self._services = services

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Built by Scrapy."""
        return cls(vigie_crawler(crawler).services)

    async def process_item(self, item: ArchivedNotice | WindowReport) -> ReadNotice | RefusedNotice | WindowReport:
        """Read one notice; a refused one goes on to the store's quarantine, and the run goes on."""
        if isinstance(item, WindowReport):
            return item
        found = await self._services.reader.read(item.raw.payload, self._parsing(item.raw))
        if isinstance(found, Refusal):
            return RefusedNotice(item, found.reason, found.path)
        expected = f"{item.raw.portal}:{item.raw.native_id}"
        if found.reading.notice.id != expected:
            return RefusedNotice(
                item, f"contradiction: The payload is of {found.reading.notice.id}, and {expected} was asked for."
            )
        return ReadNotice(item, *found)

    def _parsing(self, raw: RawNotice) -> Parsing:
        services = self._services
        return Parsing(
            portal=raw.portal,
            base_url=services.portal.base_url,
            native_id=raw.native_id,
            max_payload_bytes=services.settings.crawl.max_payload_bytes,
        )

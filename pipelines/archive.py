"""First pipeline: the raw payload goes to the archive before anybody tries to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from scrapy.exceptions import DropItem

from crawlers.contract import RawNotice, WindowReport
from pipelines.items import ArchivedNotice
from pipelines.services import VigieCrawler, vigie_crawler
from store import ArchiveError

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class ArchivePipeline:
    """Appends payloads to the archive's local spool; they are synced with their batch, before the notices commit."""

    def __init__(self, crawler: VigieCrawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Built by Scrapy."""
        return cls(vigie_crawler(crawler))

    def process_item(self, item: RawNotice | WindowReport) -> ArchivedNotice | WindowReport:
        """Archive a raw notice; a window's report passes."""
        if isinstance(item, WindowReport):
            return item
        services = self._crawler.services
        try:
            address = services.archive.put(
                run_id=services.run.id,
                notice_id=f"{item.portal}:{item.native_id}",
                url=item.url,
                payload=item.payload,
                media_type=item.media_type,
                at=item.listed_at,
            )
        except (OSError, ArchiveError) as error:
            self._crawler.give_up(error)
            raise DropItem("The archive takes nothing any more.", log_level="INFO") from error
        return ArchivedNotice(item, address)

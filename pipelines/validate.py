"""Second pipeline: the portal's pure parser makes a valid `Notice`, or the payload goes to quarantine."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Self

from pydantic import ValidationError

from crawlers.contract import Parsing, RawNotice, WindowReport
from crawlers.portals.loading import Parser
from notices.formats.eforms import NoticeFormatError, Reading
from pipelines.items import ArchivedNotice, ReadNotice, RefusedNotice
from pipelines.services import CrawlServices, vigie_crawler

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class Refusal(Exception):
    """Why a payload did not become a notice, as a sentence, and where in it the trouble lies."""

    def __init__(self, reason: str, path: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path


def read(parser: Parser, payload: bytes, context: Parsing) -> Reading:
    """Run a parser over a payload; whatever goes wrong becomes a `Refusal`."""
    try:
        return parser(payload, context)
    except NoticeFormatError as error:
        raise Refusal(f"{error.reason}: {error.sentence}", error.path) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refusal(f"unexpected: A value does not fit the model: {first['msg']}.", where) from error
    except Exception as error:
        # A payload must not be able to end a run, whatever it does to the parser.
        logger.exception("The parser of %s failed on %s", context.portal, context.native_id or "a payload")
        raise Refusal(f"unexpected: The parser failed: {type(error).__name__}: {error}"[:500]) from error


class ValidatePipeline:
    """Reads archived notices."""

    def __init__(self, services: CrawlServices) -> None:
        self._services = services

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Built by Scrapy."""
        return cls(vigie_crawler(crawler).services)

    def process_item(self, item: ArchivedNotice | WindowReport) -> ReadNotice | RefusedNotice | WindowReport:
        """Read one notice; a refused one goes on to the store's quarantine, and the run goes on."""
        if isinstance(item, WindowReport):
            return item
        try:
            reading = read(self._services.parser, item.raw.payload, self._parsing(item.raw))
        except Refusal as refusal:
            return RefusedNotice(item, refusal.reason, refusal.path)
        expected = f"{item.raw.portal}:{item.raw.native_id}"
        if reading.notice.id != expected:
            return RefusedNotice(
                item, f"contradiction: The payload is of {reading.notice.id}, and {expected} was asked for."
            )
        return ReadNotice(item, reading)

    def _parsing(self, raw: RawNotice) -> Parsing:
        services = self._services
        return Parsing(
            portal=raw.portal,
            base_url=services.portal.base_url,
            native_id=raw.native_id,
            max_payload_bytes=services.settings.crawl.max_payload_bytes,
        )

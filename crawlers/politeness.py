"""The manners of every spider, as one Scrapy add-on.

Declared user agent with a contact; robots.txt obeyed where one really exists; one connection per host; AutoThrottle;
`Retry-After` honoured; growing pauses after 429, 5xx and lost connections; limits on size and time; certificates
checked; no redirects, cookies or consoles. What differs between portals comes from `portal.yml`, what an operator may
choose from the settings.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.core.downloader import Downloader
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.robotstxt import ProtegoRobotParser

from core.clock import now
from crawlers.contract import CrawlError, PortalDown

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.core.downloader.handlers import DownloadHandlers
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings

    from core.settings import CrawlSettings
    from crawlers.contract import HostBudget
    from crawlers.portals.definition import Portal

logger = logging.getLogger(__name__)

RETRIED_STATUSES = (408, 429, 500, 502, 503, 504, 522, 524)
RETRIED_EXCEPTIONS = (
    "scrapy.exceptions.CannotResolveHostError",
    "scrapy.exceptions.DownloadConnectionRefusedError",
    "scrapy.exceptions.DownloadFailedError",
    "scrapy.exceptions.DownloadTimeoutError",
    "scrapy.exceptions.ResponseDataLossError",
    "builtins.OSError",
)
LONGEST_BACK_OFF = 60.0
"""Seconds that a pause grows to at most when the portal does not say how long to wait."""


def user_agent(contact: str) -> str:
    """What Vigie calls itself, with where to complain."""
    try:
        number = version("vigie")
    except PackageNotFoundError:
        number = "0"
    return f"Vigie/{number} (+{contact})"


def effective_delay(portal: Portal, settings: CrawlSettings) -> float:
    """Seconds between two requests: what the operator set, never below `portal.yml`; none for a simulated portal."""
    if portal.simulated:
        return settings.delay if "delay" in settings.model_fields_set else 0.0
    return max(portal.politeness.delay, settings.delay)


def retry_after(value: str | None, at: datetime) -> float | None:
    """Seconds that a `Retry-After` asks to wait (RFC 9110, 10.2.3: seconds or a date); None when it says nothing."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (aware - at).total_seconds())


def back_off(tries: int, delay: float) -> float:
    """Seconds to wait after so many failed tries: doubling from twice the delay."""
    return float(min(LONGEST_BACK_OFF, max(2 * delay, 0.05) * 2 ** (tries - 1)))


class Politeness:
    """The add-on: sets Scrapy up from the portal's definition and the operator's settings, both known to the spider."""

    def __init__(self, portal: Portal, settings: CrawlSettings, budget: HostBudget | None = None) -> None:
        self._portal = portal
        self._crawl = settings
        self._budget = budget

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Politeness:
        """Built by Scrapy; the spider exists already."""
        spider = crawler.spider
        return cls(spider.portal, spider.crawl_settings, spider.budget)  # type: ignore[union-attr]

    def update_settings(self, settings: BaseSettings) -> None:
        """Called by Scrapy before the crawl."""
        delay = effective_delay(self._portal, self._crawl)
        for name, value in self._values(delay).items():
            settings.set(name, value, priority="addon")
        if self._budget is not None:
            settings.set("DOWNLOADER", SharingDownloader, priority="addon")
        # In place: middlewares that a spider names would win over an add-on's whole dictionary.
        settings.set_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", RetryMiddleware, None)
        settings.set_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", PatientRetries, 550)
        settings.set_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", OwnHostsOnly, 50)

    def _values(self, delay: float) -> dict[str, object]:
        politeness = self._portal.politeness
        return {
            "USER_AGENT": user_agent(self._crawl.contact),
            "ROBOTSTXT_OBEY": True,
            "ROBOTSTXT_USER_AGENT": "Vigie",
            "ROBOTSTXT_PARSER": "crawlers.politeness.RobotsPolicy",
            "CONCURRENT_REQUESTS": politeness.connections,
            "CONCURRENT_REQUESTS_PER_DOMAIN": politeness.connections,
            "DOWNLOAD_DELAY": delay,
            "DOWNLOAD_DELAY_JITTER": 0.2,
            "AUTOTHROTTLE_ENABLED": delay > 0,
            "AUTOTHROTTLE_START_DELAY": delay,
            "AUTOTHROTTLE_TARGET_CONCURRENCY": float(politeness.connections),
            "DOWNLOAD_TIMEOUT": max(self._crawl.timeout, politeness.timeout or 0.0),
            "DOWNLOAD_MAXSIZE": self._crawl.max_response_bytes,
            "DOWNLOAD_WARNSIZE": 0,
            # Loading the certificates takes as long as twenty notices; without TLS there is nothing to check.
            "DOWNLOAD_VERIFY_CERTIFICATES": self._portal.base_url.startswith("https:"),
            "REDIRECT_ENABLED": False,
            "RETRY_TIMES": politeness.tries - 1,
            "RETRY_HTTP_CODES": list(RETRIED_STATUSES),
            "RETRY_EXCEPTIONS": list(RETRIED_EXCEPTIONS),
        }


class SharingDownloader(Downloader):
    """Scrapy's downloader, which sends a request when the host's budget of all machines has a turn for it.

    It asks last, after the crawl's own delay: a request that has its turn is on its way.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.handlers: Any = _InTurn(self, self.handlers)


class _InTurn:
    """Stands before the download handlers."""

    def __init__(self, downloader: Downloader, handlers: DownloadHandlers) -> None:
        spider: Any = downloader.crawler.spider
        self._downloader = downloader
        self._handlers = handlers
        self._budget: HostBudget = spider.budget
        self._delay = effective_delay(spider.portal, spider.crawl_settings)
        self._connections: int = spider.portal.politeness.connections

    async def download_request_async(self, request: Request) -> Response:
        """The answer to a request, sent in its turn."""
        slot = self._downloader.slots.get(str(request.meta.get(Downloader.DOWNLOAD_SLOT)))
        # AutoThrottle asks less often when the portal is slow; what others may ask follows it
        interval = max(self._delay, slot.delay) if slot is not None and self._delay else self._delay
        async with self._budget.turn(urlsplit(request.url).hostname or "", interval, self._connections):
            return await self._handlers.download_request_async(request)


class OwnHostsOnly:
    """Keeps a crawl on the hosts that `portal.yml` names: a page must not send the crawler anywhere else, and the
    crawl of a simulated portal never reaches the real one.
    """

    def __init__(self, portal: Portal) -> None:
        self._key = portal.key
        self._hosts = portal.hosts

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> OwnHostsOnly:
        """Built by Scrapy; the spider knows its portal."""
        return cls(crawler.spider.portal)  # type: ignore[union-attr]

    def process_request(self, request: Request) -> None:
        """Called for every request."""
        host = urlsplit(request.url).hostname
        if host not in self._hosts:
            raise CrawlError(f"{request.url} is no address of {self._key}; it is not asked.")


class RobotsPolicy(ProtegoRobotParser):
    """A robots.txt where one really exists: a page of HTML served in its place (a soft 404) is no policy."""

    def __init__(self, robotstxt_body: bytes, spider: object) -> None:
        body = robotstxt_body.lstrip(b"\xef\xbb\xbf \t\r\n")
        super().__init__(b"" if body.startswith(b"<") else robotstxt_body, spider)  # type: ignore[arg-type]


class PatientRetries(RetryMiddleware):
    """Tries again after a pause: the one that `Retry-After` asks for, else one that doubles.

    One request is under way at a time, so the pause holds the whole crawl of the portal, and by the host's budget those
    of other machines.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PatientRetries:
        """Built by Scrapy."""
        made = super().from_crawler(crawler)
        spider = crawler.spider
        made._longest = spider.portal.politeness.longest_wait  # type: ignore[union-attr]
        made._delay = effective_delay(spider.portal, spider.crawl_settings)  # type: ignore[union-attr]
        made._budget = getattr(spider, "budget", None)
        return made

    _longest: float
    _delay: float
    _budget: HostBudget | None

    async def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Wait and repeat after a status that passes; the answer itself when the tries are used up."""
        if request.meta.get("dont_retry") or response.status not in self.retry_http_codes:
            return response
        again = self._retry(request, f"status {response.status}")
        if again is None:
            return response
        asked = retry_after((response.headers.get("Retry-After") or b"").decode("latin-1"), now())
        if asked is not None and asked > self._longest:
            raise PortalDown(f"The portal answers {response.status} and asks to wait {asked:.0f} seconds.")
        await self._pause(again, back_off(again.meta["retry_times"], self._delay) if asked is None else asked)
        return again

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:  # type: ignore[override]
        """Wait and repeat after a lost connection or a timeout; None passes the exception on."""
        if not isinstance(exception, self.exceptions_to_retry) or request.meta.get("dont_retry"):
            return None
        again = self._retry(request, exception)
        if again is not None:
            await self._pause(again, back_off(again.meta["retry_times"], self._delay))
        return again

    async def _pause(self, request: Request, seconds: float) -> None:
        logger.info("Waiting %.1f s before asking %s again", seconds, request.url)
        if self._budget is not None:
            await self._budget.hold_back(urlsplit(request.url).hostname or "", seconds)
        await asyncio.sleep(seconds)

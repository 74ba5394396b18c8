"""What every engine does that asks a portal: it sends a request through Scrapy's downloader and names what went wrong.

Requests go that way so that politeness, retries and limits hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import DownloadCancelledError, IgnoreRequest

from crawlers.contract import CrawlError, PortalDown
from crawlers.engines.faults import not_fetched, where

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.http import Response


class NoSuchThing(CrawlError):
    """The portal answers 404 or 410."""


class TooLarge(CrawlError):
    """The answer is larger than the limit."""


class PortalService:
    """Sends the requests of a spider through Scrapy's downloader."""

    def __init__(self, spider: Spider) -> None:
        self._spider = spider

    @property
    def delay(self) -> float:
        """Seconds between two requests to the portal."""
        return self._spider.crawler.settings.getfloat("DOWNLOAD_DELAY")

    async def download(self, request: Request) -> Response:
        """The answer to a request whatever its status and kind. Failures of the connection are `CrawlError`s."""
        try:
            return await self._spider.crawler.engine.download_async(request)
        except CrawlError:
            raise
        except DownloadCancelledError as error:
            raise TooLarge(f"{where(request)} answers more than is accepted: {error}") from error
        except IgnoreRequest as error:
            raise PortalDown(f"{where(request)}: {error}") from error
        except Exception as error:
            raise CrawlError(not_fetched(request, error)) from error


def asked_for(response: Response) -> str:
    """What an answer answers, as a person reads it."""
    return where(response.request) if response.request else response.url


def check_status(response: Response, *, refused: str) -> None:
    """Raise a named error unless the status is 200. `refused` is what a 401 or 403 means."""
    asked = asked_for(response)
    if response.status in (404, 410):
        raise NoSuchThing(f"{asked} answers {response.status}.")
    if response.status in (401, 403):
        raise PortalDown(f"{asked} answers {response.status}: {refused}.")
    if response.status != 200:
        raise CrawlError(f"{asked} answers {response.status}.")


def content_type(response: Response) -> str:
    """What an answer claims to be, in lower case; empty when it claims nothing."""
    return (response.headers.get("Content-Type") or b"").decode("latin-1").lower()

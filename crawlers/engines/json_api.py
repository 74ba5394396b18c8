"""Asks a JSON service and says in a sentence what is wrong with an answer that cannot be used."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest

from crawlers.contract import CrawlError, LayoutError, PortalDown
from crawlers.engines.faults import not_fetched, where
from crawlers.politeness import back_off

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.http import Response

logger = logging.getLogger(__name__)

TRIES_OF_A_CUT_ANSWER = 3


class NoSuchThing(CrawlError):
    """The service answers 404 or 410."""


class TooLarge(CrawlError):
    """The answer is larger than the limit."""


class JsonService:
    """Sends requests of a spider through Scrapy's downloader and reads the answers."""

    def __init__(self, spider: Spider) -> None:
        self._spider = spider

    async def get(self, url: str, **meta: Any) -> tuple[Any, bytes]:
        """The JSON of an address, with the bytes it came in."""
        return await self.ask(Request(url, meta=meta, headers=_HEADERS))

    async def post(self, url: str, body: dict[str, Any], **meta: Any) -> tuple[Any, bytes]:
        """The JSON answered to a JSON body."""
        headers = {**_HEADERS, "Content-Type": "application/json"}
        return await self.ask(Request(url, method="POST", body=json.dumps(body), headers=headers, meta=meta))

    async def ask(self, request: Request) -> tuple[Any, bytes]:
        """The JSON answered to a request. An answer that is cut is asked for again; all else raises a `CrawlError`."""
        for tries in range(1, TRIES_OF_A_CUT_ANSWER + 1):
            response = await self.download(request)
            check_is_json(response)
            try:
                return json.loads(response.body), response.body
            except (ValueError, RecursionError) as error:
                logger.warning("%s answers JSON that cannot be read: %s", request.url, error)
                problem = error
            delay = self._spider.crawler.settings.getfloat("DOWNLOAD_DELAY")
            await asyncio.sleep(back_off(tries, delay))
        raise LayoutError(f"{where(request)} answers JSON that cannot be read: {problem}.")

    async def download(self, request: Request) -> Response:
        """The answer to a request whatever its status. Failures of the connection are `CrawlError`s."""
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


_HEADERS = {"Accept": "application/json, text/plain, */*"}


def check_is_json(response: Response) -> None:
    """Raise a named error unless this is an answer of status 200 that claims to be JSON."""
    request = response.request
    asked = where(request) if request else response.url
    if response.status in (404, 410):
        raise NoSuchThing(f"{asked} answers {response.status}.")
    if response.status in (401, 403):
        raise PortalDown(f"{asked} answers {response.status}: the portal refuses, with a fresh token too.")
    if response.status != 200:
        raise CrawlError(f"{asked} answers {response.status}.")
    kind = (response.headers.get("Content-Type") or b"").decode("latin-1").lower()
    start = response.body[:4096].lstrip()
    if "json" in kind and not start.startswith(b"<"):
        return
    if b"maintenance" in start.lower():
        raise PortalDown(f"{asked} answers 200 with a maintenance page.")
    if "html" in kind or start.startswith(b"<"):
        raise LayoutError(f"{asked} answers 200 with a page instead of JSON (a soft 404): the address may have moved.")
    raise LayoutError(f"{asked} answers 200 with {kind or 'no content type'} instead of JSON.")


def need(record: Any, key: str, kind: type | tuple[type, ...], what: str) -> Any:
    """`record[key]` of the expected type; `LayoutError` names what is missing or changed."""
    if not isinstance(record, dict):
        raise LayoutError(f"{what} is not an object.")
    if key not in record:
        raise LayoutError(f"{what} has no key {key}; it has: {', '.join(sorted(map(str, record)))[:500]}.")
    value = record[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise LayoutError(f"{what}: {key} is {type(value).__name__}, which it never was.")
    return value

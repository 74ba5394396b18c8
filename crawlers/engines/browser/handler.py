"""Scrapy's download handler that opens pages in Chromium.

scrapy-playwright (0.0.48) does the same with a Twisted reactor, and refuses to run without one; Vigie runs Scrapy on an
asyncio loop alone. What holds for plain requests holds here, because this stands in the place of the HTTP client:
delay, one request at a time, robots.txt, user agent with contact, retries, limits on size and time.

One page is open at a time, and left for an empty one between two visits, so that no script of it runs on. Cookies
travel in the request and the answer, as with plain requests, so a spider's session is the same on either transport.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError
from scrapy.http import Headers
from scrapy.responsetypes import responsetypes

from crawlers.contract import LayoutError
from crawlers.engines.browser.chromium import Chromium
from crawlers.engines.browser.errors import scrapy_error
from crawlers.engines.browser.tab import Tab
from crawlers.engines.browser.visit import VISIT, Reach, Visit
from crawlers.engines.faults import where
from crawlers.engines.pages import END_OF_PAGE

if TYPE_CHECKING:
    from playwright.async_api import Page, Route
    from playwright.async_api import Request as Asked
    from playwright.async_api import Response as Answer
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

SCRIPT_HOSTS = "script_hosts"
"""Key of a portal's `options`: hosts from which its pages load scripts that they cannot do without."""
EMPTY_ERROR = "ERR_HTTP_RESPONSE_CODE_FAILURE"
"""What Chromium says of an error status without a page."""
LEFT = "ERR_ABORTED"
"""What it says of a page that it does not show: a file to download, or the page before another one."""
_OWN_HEADERS = frozenset({b"cookie", b"user-agent", b"host", b"content-length", b"accept-encoding", b"connection"})
_NOT_PASSED_ON = frozenset({"content-encoding", "content-length", "transfer-encoding", "set-cookie"})


@dataclass
class Taken:
    """What was taken from a page."""

    url: str
    status: int
    headers: Headers
    body: bytes


class BrowserDownloadHandler(BaseDownloadHandler):
    """Opens each request's address in Chromium."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        spider: Any = crawler.spider
        portal = spider.portal
        others = [route.base_url for route in portal.routes.values() if route.base_url]
        self.reach = Reach.of((portal.base_url, *others), tuple(portal.options.get(SCRIPT_HOSTS, ())))
        self.chromium = Chromium(spider.crawl_settings.chromium, self.reach)
        self._largest = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._one_at_a_time = asyncio.Lock()
        self._tab = Tab(self.chromium)

    async def close(self) -> None:
        """Called by Scrapy at the end."""
        await self._tab.close()
        await self.chromium.close()

    async def download_request(self, request: Request) -> Response:
        """The answer to a request, as the browser has it. Raises Scrapy's exceptions, or a `CrawlError`."""
        if not self.reach.is_portal(request.url):
            raise LayoutError(f"{where(request)} is not on the portal's host, so the browser does not open it.")
        async with self._one_at_a_time:
            begun = time.monotonic()
            taken = await self._in_time(request)
            request.meta["download_latency"] = time.monotonic() - begun
        if self._largest and len(taken.body) > self._largest:
            raise DownloadCancelledError(
                f"{len(taken.body):,} bytes, more than the {self._largest:,} that are accepted"
            )
        kind = responsetypes.from_args(headers=taken.headers, url=taken.url, body=taken.body)
        return kind(url=taken.url, status=taken.status, headers=taken.headers, body=taken.body)

    async def _in_time(self, request: Request) -> Taken:
        from playwright.async_api import Error

        limit = float(request.meta.get("download_timeout", self._timeout))
        try:
            await self.chromium.browser()  # to start one takes time that is not the portal's
            async with asyncio.timeout(limit):
                page = await self._tab.page(request, _Gate(self.reach, request).decide)
                taken = await self._visit(page, request)
                await self._tab.leave()
                return taken
        except TimeoutError as error:
            await self._tab.close()
            raise DownloadTimeoutError(f"Opening {request.url} took longer than {limit} seconds.") from error
        except Error as error:
            await self._tab.close()
            raise scrapy_error(error.message, request) from error
        except BaseException:
            await self._tab.close()
            raise

    # --- one page ---------------------------------------------------------------------------------------------------

    async def _visit(self, page: Page, request: Request) -> Taken:
        """Open and read. Chromium waits forever for the rest of a page that broke off, so that is looked for beside."""
        heard = _Heard(page, request.meta.get(VISIT) or Visit(), self.reach)
        reading: asyncio.Future[Any] = asyncio.ensure_future(self._read(page, request, heard))
        try:
            await asyncio.wait([reading, heard.lost], return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                raise scrapy_error(heard.lost.result(), request)
            taken: Taken = reading.result()
            return taken
        finally:
            heard.stop()
            if not reading.done():
                reading.cancel()
                await asyncio.wait({reading})

    async def _read(self, page: Page, request: Request, heard: _Heard) -> Taken:
        answer = await self._goto(page, request, heard)
        if not self.reach.is_portal(answer.url):
            raise _left(request, answer.url)
        if answer.status != 200:
            return await self._taken(page, answer, None)
        if heard.visit.receives is not None:
            return await self._taken(page, await self._received(heard, request), None)
        return await self._taken(page, answer, heard.visit)

    async def _received(self, heard: _Heard, request: Request) -> Answer:
        try:
            async with asyncio.timeout(heard.visit.patience):
                return await heard.received
        except TimeoutError as error:
            what = heard.visit.receives
            raise LayoutError(f"{where(request)} shows a page that received nothing from {what}.") from error

    async def _goto(self, page: Page, request: Request, heard: _Heard) -> Answer:
        from playwright.async_api import Error

        try:
            answer = await page.goto(request.url, wait_until="domcontentloaded", timeout=0)
        except Error as error:
            # An error status with an empty body is no page for Chromium, and an answer like any other for us.
            if EMPTY_ERROR in str(error) and heard.answers:
                return heard.answers[-1]
            if heard.away is not None:
                raise _left(request, heard.away) from error
            raise
        if answer is None:
            raise LayoutError(f"{where(request)} opens no page.")
        return answer

    async def _taken(self, page: Page, answer: Answer, visit: Visit | None) -> Taken:
        """What is read. `visit` says what to wait for where the page is built by script; None: the answer itself."""
        headers = Headers({k: v for k, v in (await answer.all_headers()).items() if k not in _NOT_PASSED_ON})
        body = b"" if answer.status >= 400 and not await self._has_body(answer) else await answer.body()
        if visit is not None and visit.until is not None and END_OF_PAGE in body[-4096:].lower():
            # A page that was cut is handed out as it came: as Chromium completes it, nobody would notice.
            body = await self._built(page, visit, visit.until)
            headers["Content-Type"] = "text/html; charset=utf-8"
        for cookie in await page.context.cookies(answer.url):
            headers.appendlist("Set-Cookie", f"{cookie['name']}={cookie['value']}; Path={cookie['path']}")
        return Taken(answer.url, answer.status, headers, body)

    async def _built(self, page: Page, visit: Visit, until: str) -> bytes:
        """The page as its script built it. One that never shows what is waited for is read as it is, to be named."""
        from playwright.async_api import TimeoutError as NeverShown

        try:
            await page.wait_for_selector(until, state="attached", timeout=visit.patience * 1000)
        except NeverShown:
            logger.info("%s never showed %s", page.url, until)
        return (await page.content()).encode("utf-8", "surrogatepass")

    async def _has_body(self, answer: Answer) -> bool:
        return (await answer.header_value("content-length")) != "0"


def _left(request: Request, address: str) -> LayoutError:
    """A redirection leads to another page of the portal, or nowhere."""
    return LayoutError(f"{where(request)} sends the browser to another host, {urlsplit(address).netloc[:100]}.")


class _Heard:
    """What a page tells while it is opened: its answers, the one that is waited for, and that one broke off."""

    def __init__(self, page: Page, visit: Visit, reach: Reach) -> None:
        self.visit = visit
        self.away: str | None = None
        """Where a redirection led that the browser could not follow, because it is not the portal."""
        self._reach = reach
        self.answers: list[Answer] = []
        loop = asyncio.get_running_loop()
        self.received: asyncio.Future[Answer] = loop.create_future()
        self.lost: asyncio.Future[str] = loop.create_future()
        self._page = page
        page.on("response", self._answered)
        page.on("requestfailed", self._failed)

    def stop(self) -> None:
        """Listen no more."""
        self._page.remove_listener("response", self._answered)
        self._page.remove_listener("requestfailed", self._failed)
        for waiting in (self.received, self.lost):
            waiting.cancel()

    def _answered(self, answer: Answer) -> None:
        if answer.request.is_navigation_request() and answer.frame == self._page.main_frame:
            self.answers.append(answer)
        if self.visit.receives and self.visit.receives in answer.url and not self.received.done():
            self.received.set_result(answer)

    def _failed(self, asked: Asked) -> None:
        """The page itself broke off after it had begun: all else that can fail ends the opening by itself."""
        if asked.is_navigation_request() and asked.redirected_from and not self._reach.is_portal(asked.url):
            self.away = asked.url
        begun = any(answer.request == asked for answer in self.answers)
        why = asked.failure or "the answer broke off"
        if begun and not self.lost.done() and not any(sign in why for sign in (EMPTY_ERROR, LEFT)):
            self.lost.set_result(why)


class _Gate:
    """Decides on everything that a page asks for; turns the first navigation into the request that was meant."""

    def __init__(self, reach: Reach, request: Request) -> None:
        self._reach = reach
        self._request = request
        self._begun = False

    async def decide(self, route: Route) -> None:
        """Let through, or refuse."""
        asked = route.request
        navigation = asked.is_navigation_request()
        if not self._reach.allows(asked.url, asked.resource_type, navigation=navigation):
            await route.abort("blockedbyclient")
            return
        if not (navigation and not self._begun):
            await route.continue_()
            return
        self._begun = True
        headers = {**asked.headers, **_headers(self._request)}
        body = self._request.body or None
        await route.continue_(method=self._request.method, headers=headers, post_data=body)


def _headers(request: Request) -> dict[str, str]:
    """What a request says beside what a browser says of itself."""
    return {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in request.headers.items()
        if name.lower() not in _OWN_HEADERS
    }

"""The one page that is open, in the one context there is."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawlers.engines.browser.chromium import CLOSE_LIMIT, Chromium

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from playwright.async_api import BrowserContext, Page, Route
    from scrapy import Request

    Decide = Callable[[Route], Awaitable[None]]

logger = logging.getLogger(__name__)

VISITS_PER_CONTEXT = 25
"""After so many visits the page and its context are closed: what pages keep in memory goes with them."""


class Tab:
    """Opens a page when one is needed, hands the same one out for some visits, closes it before its context."""

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium
        self._context: BrowserContext | None = None
        self._page: Page | None = None
        self._visits = 0
        self._decide: Decide | None = None

    async def page(self, request: Request, decide: Decide) -> Page:
        """The page, with the cookies of a request and no others. `decide` is asked about all that it asks for."""
        self._decide = decide
        browser = await self._chromium.browser()
        page, context = self._page, self._context
        fresh = page is None or page.is_closed() or context is None or context.browser is not browser
        if fresh or self._visits >= VISITS_PER_CONTEXT:
            await self.close()
            self._context = context = await browser.new_context(
                user_agent=(request.headers.get("User-Agent") or b"").decode("latin-1") or None,
                locale="fr-FR",
                accept_downloads=False,
                service_workers="block",
                ignore_https_errors=False,
            )
            await context.route("**/*", self._gate)
            self._page = page = await context.new_page()
            page.on("popup", _close_popup)
            self._visits = 0
        if page is None or context is None:
            raise RuntimeError("a page was opened, and there is none")
        self._visits += 1
        self._chromium.visited()
        await context.clear_cookies()
        if cookies := _cookies(request):
            await context.add_cookies(cookies)  # type: ignore[arg-type]
        return page

    async def leave(self) -> None:
        """Leave the page for an empty one: no script of it runs on while the portal is left in peace."""
        self._decide = None
        if self._page is None:
            return
        from playwright.async_api import Error

        try:
            await self._page.goto("about:blank", timeout=CLOSE_LIMIT * 1000)
        except Error as error:
            # A failed page is still on its way to the browser's own error page; a fresh one has no past.
            logger.info("A page could not be left (%s); the next visit gets another one", type(error).__name__)
            await self.close()

    async def _gate(self, route: Route) -> None:
        """What a page asks for between two visits is refused."""
        if self._decide is None:
            await route.abort("blockedbyclient")
        else:
            await self._decide(route)

    async def close(self) -> None:
        """Close the page, then its context. Where that cannot be done the whole browser is closed."""
        page, context, self._page, self._context = self._page, self._context, None, None
        if context is None:
            return
        from playwright.async_api import Error

        try:
            async with asyncio.timeout(CLOSE_LIMIT):
                if page is not None:
                    await page.close()
                await context.close()
        except (TimeoutError, Error) as error:
            logger.warning("A page could not be closed (%s); the browser is started anew", type(error).__name__)
            await self._chromium.close_browser()


async def _close_popup(popup: Page) -> None:
    await popup.close()


def _cookies(request: Request) -> list[dict[str, Any]]:
    """The cookies of a request's header, for the context."""
    header = (request.headers.get("Cookie") or b"").decode("latin-1")
    parts = urlsplit(request.url)
    site = f"{parts.scheme}://{parts.netloc}"
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return [{"name": name, "value": value, "url": site} for name, _, value in pairs if name]

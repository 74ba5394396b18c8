"""One Chromium: found, started, and started again after it crashed or has shown so many pages."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from crawlers.contract import PortalDown
from crawlers.engines.faults import cleaned

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

    from crawlers.engines.browser.visit import Reach

logger = logging.getLogger(__name__)

VISITS_PER_BROWSER = 250
"""After so many visits the browser is closed and started anew: its memory grows slowly, whatever pages close."""
CLOSE_LIMIT = 10.0
"""Seconds that closing may take."""
START_LIMIT = 60.0
"""Seconds that starting may take."""
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ARGUMENTS = (
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--mute-audio",
    "--no-first-run",
)


def executable(chosen: Path | None) -> str | None:
    """The browser to start: the one that was set, one of the system, or (None) the one that Playwright installed."""
    if chosen is not None:
        return str(chosen)
    return next(filter(None, map(shutil.which, NAMES)), None)


class Chromium:
    """Starts Chromium when it is first needed."""

    def __init__(self, chosen: Path | None, reach: Reach) -> None:
        self._chosen = chosen
        self._reach = reach
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._visits = 0
        self.starts = 0
        """How often a browser was started."""

    async def browser(self) -> Browser:
        """A browser that is alive; `PortalDown` says why there is none."""
        if self._browser is not None and (not self._browser.is_connected() or self._visits >= VISITS_PER_BROWSER):
            await self.close_browser()
        if self._browser is None:
            self._browser = await self._start()
            self._visits = 0
            self.starts += 1
        return self._browser

    @property
    def running(self) -> Browser | None:
        """The browser as it is, without starting one."""
        return self._browser

    def visited(self) -> None:
        """Count a visit: after so many the next one gets a new browser."""
        self._visits += 1

    async def _start(self) -> Browser:
        try:
            from playwright.async_api import Error, async_playwright
        except ImportError as error:
            raise PortalDown(
                "This portal is opened in a browser, and the package playwright, which drives it, is not installed."
            ) from error
        try:
            if self._playwright is None:
                self._playwright = await async_playwright().start()
            return await self._playwright.chromium.launch(
                executable_path=executable(self._chosen),
                args=[*ARGUMENTS, self._only_these_hosts()],
                # Chromium refuses to run its sandbox as root, which is what containers often are.
                chromium_sandbox=os.geteuid() != 0,
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
                timeout=START_LIMIT * 1000,
            )
        except (Error, OSError) as error:
            first = cleaned(str(error).splitlines()[0]) if str(error) else type(error).__name__
            raise PortalDown(
                f"Chromium could not be started ({first}). Install it, or name it in VIGIE_CRAWL__CHROMIUM."
            ) from error

    def _only_these_hosts(self) -> str:
        """No other host has an address for this browser. Unlike a look at each request this holds for redirections."""
        excluded = " , ".join(f"EXCLUDE {name}" for name in self._reach.names)
        return f"--host-resolver-rules=MAP * ~NOTFOUND , {excluded}"

    async def close_browser(self) -> None:
        """Let go of the browser, whether it is alive or not."""
        browser, self._browser = self._browser, None
        if browser is not None:
            await _in_time(browser.close(), "the browser")

    async def close(self) -> None:
        """Let go of everything."""
        await self.close_browser()
        playwright, self._playwright = self._playwright, None
        if playwright is not None:
            await _in_time(playwright.stop(), "Playwright")


async def _in_time(closing: object, what: str) -> None:
    """Wait for something to close. What cannot be closed is left behind, and said."""
    from playwright.async_api import Error

    try:
        await asyncio.wait_for(closing, CLOSE_LIMIT)  # type: ignore[arg-type]
    except (TimeoutError, Error) as error:
        logger.warning("Closing %s failed: %s", what, cleaned(str(error)) or "it took too long")

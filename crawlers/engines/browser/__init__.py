"""The browser transport: a portal's pages are opened in Chromium, by the same spider, and read by the same parser.

A spider needs to know nothing of it; where a page is rendered by script, it says with a `Visit` what to wait for.
"""

from crawlers.engines.browser.visit import VISIT, Visit

HANDLER = "crawlers.engines.browser.handler.BrowserDownloadHandler"
"""Scrapy's download handler for `transport: browser`."""

__all__ = ["HANDLER", "VISIT", "Visit"]

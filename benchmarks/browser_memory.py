"""Whether the memory of a crawl by the browser stays bounded, however many pages it opens.

A simulated portal (a process of its own) has so many open consultations; one crawl opens each one's page, and those of
the list, in Chromium. Printed after each tenth of the pages: the memory of the crawling process; of all processes of
the browser, now and at most during that tenth; how many those are; contexts and pages that are open; how often a
browser was begun. Chromium is begun anew after so many visits, so its memory rises and falls: the summary compares the
most of the last half with the most of the first one.

    python -m benchmarks.browser_memory [--portal fr_achatpublic] [--pages 1000] [--visits-per-browser N]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import Response

from benchmarks.crawled import begun_by, crawl_into_nothing, grown, program_of, resident_mb, simulated_portal, summary
from crawlers.engines import browser
from crawlers.engines.browser import chromium
from crawlers.engines.browser.handler import BrowserDownloadHandler
from pipelines.crawl import CrawlRequest

EVERY = 5
"""Pages after which the browser is weighed."""

Tenth = dict[str, Any]


class Watch:
    """Weighs crawler and browser while pages are opened."""

    def __init__(self, pages: int) -> None:
        self._pages = pages
        self._opened = 0
        self._most = 0.0
        self.tenths: list[Tenth] = []

    def page_was_opened(self, opener: chromium.Chromium) -> None:
        """Count a page; weigh after some, and write down after each tenth."""
        self._opened += 1
        if self._opened % EVERY:
            return
        processes = [process for process in begun_by(os.getpid()) if "chrom" in program_of(process).split(" ")[0]]
        weight = resident_mb(*processes)
        self._most = max(self._most, weight)
        if self._opened >= (len(self.tenths) + 1) * self._pages // 10:
            contexts = opener.running.contexts if opener.running is not None else []
            self.tenths.append(
                {
                    "pages": self._opened,
                    "crawler_megabytes": resident_mb(os.getpid()),
                    "browser_megabytes": weight,
                    "browser_megabytes_at_most": self._most,
                    "browser_processes": len(processes),
                    "open_contexts": len(contexts),
                    "open_pages": sum(len(context.pages) for context in contexts),
                    "browsers_begun": opener.starts,
                }
            )
            self._most = 0.0
            print(json.dumps(self.tenths[-1]), flush=True)

    def most(self, name: str, first: int, last: int) -> float:
        """The largest value of some tenths, the first one being number 1."""
        return max((float(tenth[name]) for tenth in self.tenths[first - 1 : last]), default=0.0)


class WatchedHandler(BrowserDownloadHandler):
    """The browser transport, watched."""

    watch: ClassVar[Watch]

    async def download_request(self, request: Request) -> Response:
        """Open a page, then weigh."""
        response = await super().download_request(request)
        self.watch.page_was_opened(self.chromium)
        return response


def main() -> None:
    """Print one JSON object per tenth, then the summary."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--portal", default="fr_achatpublic")
    options.add_argument("--pages", type=int, default=1000)
    options.add_argument("--visits-per-browser", type=int, default=chromium.VISITS_PER_BROWSER)
    asked = options.parse_args()
    logging.getLogger().setLevel(logging.ERROR)
    chromium.VISITS_PER_BROWSER = asked.visits_per_browser
    watch = WatchedHandler.watch = Watch(asked.pages)
    browser.HANDLER = f"{__name__}.{WatchedHandler.__name__}"
    with simulated_portal(asked.portal, asked.pages) as base_url:
        begun = time.perf_counter()
        report = crawl_into_nothing(CrawlRequest.open_calls(asked.portal, base_url=base_url), lambda _progress: None)
        seconds = time.perf_counter() - begun
    found = {
        **summary(asked.portal, report, seconds),
        "crawler_megabytes_grown_since_the_second_tenth": grown(watch.tenths, "crawler_megabytes"),
        "browser_megabytes_at_most_in_the_first_half": watch.most("browser_megabytes_at_most", 1, 5),
        "browser_megabytes_at_most_in_the_second_half": watch.most("browser_megabytes_at_most", 6, 10),
        "processes_left": sum("chrom" in program_of(process) for process in begun_by(os.getpid())),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()

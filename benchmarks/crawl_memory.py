"""Whether the memory of a crawl stays flat, however many notices it brings.

A simulated portal (a process of its own) serves that many notices, in days as long as the real portal's; one crawl
reads them day by day into an empty store. Printed: the memory of the crawling process and of the one that reads
payloads for it, after each tenth of the notices, and how much the last is above the second (the first tenth still loads
vocabularies). Beside it the blocks that Python has in use: what grows without them is the gaps between blocks, and the
pages of SQLite, which it keeps up to a limit of its own.

    python -m benchmarks.crawl_memory [--portal fr_boamp] [--notices 100000] [--days 400]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from datetime import timedelta

from benchmarks.crawled import begun_by, crawl_into_nothing, grown, program_of, resident_mb, simulated_portal, summary
from core.clock import now
from crawlers import portals
from pipelines.crawl import CrawlRequest
from pipelines.helper import Helper
from pipelines.services import Progress

SPARE = 1.08
"""The simulated portal is asked for more notices: it dates some years back, outside the days that are crawled."""

Tenth = dict[str, float | None]


class Watch:
    """Weighs the crawl after each tenth of its notices."""

    def __init__(self, notices: int) -> None:
        self._notices = notices
        self.tenths: list[Tenth] = []

    def __call__(self, progress: Progress) -> None:
        """Told by the crawl after every batch."""
        fetched = progress.counts.fetched
        if len(self.tenths) == 10 or fetched < (len(self.tenths) + 1) * self._notices // 10:
            return
        helpers = [process for process in begun_by(os.getpid()) if Helper.__module__ in program_of(process)]
        parsing = resident_mb(*helpers) if helpers else None
        self.tenths.append(
            {
                "notices": fetched,
                "megabytes": resident_mb(os.getpid()),
                "python_blocks": sys.getallocatedblocks(),
                "parsing_megabytes": parsing,
            }
        )
        print(json.dumps(self.tenths[-1]), flush=True)


def main() -> None:
    """Print one JSON object per tenth, then the summary."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--portal", default="fr_boamp")
    options.add_argument("--notices", type=int, default=100_000)
    options.add_argument("--days", type=int, default=400)
    asked = options.parse_args()
    logging.getLogger().setLevel(logging.ERROR)
    watch, today = Watch(asked.notices), portals.load(asked.portal).today(now())
    with simulated_portal(asked.portal, round(asked.notices * SPARE)) as base_url:
        begun = time.perf_counter()
        request = CrawlRequest.of_days(asked.portal, today - timedelta(days=asked.days), today, base_url=base_url)
        report = crawl_into_nothing(request, watch)
        seconds = time.perf_counter() - begun
    growths = {
        f"{name}_grown_since_the_second_tenth": grown(watch.tenths, name)
        for name in ("megabytes", "python_blocks", "parsing_megabytes")
    }
    print(json.dumps({**summary(asked.portal, report, seconds), **growths}))


if __name__ == "__main__":
    main()

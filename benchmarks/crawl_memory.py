"""Whether the memory of a crawl stays flat, however many notices it brings.

A simulated portal (a process of its own) serves that many notices of the last weeks; one crawl reads them day by day
into an empty store. Printed: the memory of the crawling process after each tenth of the notices, and how much the last
is above the second (the first tenth still loads vocabularies).

    python -m benchmarks.crawl_memory [--portal fr_boamp] [--notices 100000] [--days 50]
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from core.clock import now
from core.settings import Settings
from crawlers import portals
from pipelines.crawl import CrawlRequest, run
from pipelines.services import Progress
from store import Store
from store.archive import Archive


def resident_mb() -> float:
    """Memory of this process now, where the system tells; else the most it ever was."""
    statm = Path("/proc/self/statm")
    if statm.is_file():
        return int(statm.read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    """Print one JSON object per tenth, then the summary."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--portal", default="fr_boamp")
    options.add_argument("--notices", type=int, default=100_000)
    options.add_argument("--days", type=int, default=50)
    asked = options.parse_args()
    logging.getLogger().setLevel(logging.ERROR)
    command = [sys.executable, "-m", "simulated_portals", "one", asked.portal, "--invented", str(asked.notices)]
    seen: list[tuple[int, float]] = []

    def tell(progress: Progress) -> None:
        if progress.counts.fetched >= (len(seen) + 1) * asked.notices // 10:
            seen.append((progress.counts.fetched, round(resident_mb(), 1)))
            print(json.dumps({"notices": seen[-1][0], "megabytes": seen[-1][1]}), flush=True)

    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as portal,
        tempfile.TemporaryDirectory() as folder,
    ):
        assert portal.stdout is not None
        try:
            base_url = portal.stdout.readline().split()[-1]
            settings = Settings.model_validate({"data_dir": Path(folder), "demo": True})
            today = portals.load(asked.portal).today(now())
            with (
                Store.open(settings) as store,
                Archive(settings.archive, settings.spool_dir, store.payloads) as archive,
            ):
                store.migrate()
                request = CrawlRequest.of_days(asked.portal, today - timedelta(days=asked.days), today)
                begun = time.perf_counter()
                report = run(request.model_copy(update={"base_url": base_url}), settings, store, archive, tell)
                seconds = time.perf_counter() - begun
        finally:
            portal.terminate()
    counts = report.run.counts
    growth = seen[-1][1] - seen[1][1] if len(seen) > 2 else None
    print(
        json.dumps(
            {
                "portal": asked.portal,
                "stored": counts.new,
                "complete": report.complete,
                "told": report.run.message,
                "requests": counts.requests,
                "seconds": round(seconds),
                "megabytes_grown_since_the_second_tenth": growth if growth is None else round(growth, 1),
            }
        )
    )


if __name__ == "__main__":
    main()

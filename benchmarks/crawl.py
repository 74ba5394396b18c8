"""How much longer a crawl of Vigie takes than a bare Scrapy spider that fetches the same pages and drops them.

Both crawl the open calls of the same simulated portal (a process of its own), one connection, no politeness delay, in
turns. Vigie archives, parses, stores and judges; the bare spider yields the answers. It runs with Scrapy's defaults
(a Twisted reactor), and, for comparison, on the download handler that Vigie uses, which is faster. Aims, against the
defaults: at most 1.5 times at no latency, at most 1.05 times at 200 ms per answer. Also printed: requests per new
notice, and what a second crawl asks.

    python -m benchmarks.crawl [--turns N] [--notices N]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request as UrlRequest
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).parent.parent))

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response

from core.settings import Settings
from pipelines.crawl import CrawlReport, CrawlRequest, run
from store import Store
from store.archive import Archive

AIMS = {0: 1.5, 200: 1.05}
"""Milliseconds of latency to the ratio aimed at."""
PAGE = 100


class BareSpider(Spider):
    """Token, pages of the list, workspaces: what Vigie fetches, in the style of Scrapy's tutorial."""

    name = "bare"
    base_url: str

    async def start(self) -> AsyncIterator[Request]:
        """The portal's public client first."""
        yield Request(f"{self.base_url}/env.config.js", self.parse_config)

    def parse_config(self, response: Response) -> Iterator[Request]:
        """Ask for a token."""
        values = dict(
            line.strip(" ,;").split(": ") for line in response.body.decode().splitlines() if "VITE_AUTH" in line
        )
        client, secret = values["VITE_AUTH_CLIENTID"].strip("'"), values["VITE_AUTH_CLIENTSECRET"].strip("'")
        yield Request(
            f"{self.base_url}/auth/realms/supplier/protocol/openid-connect/token",
            self.parse_token,
            method="POST",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=f"grant_type=client_credentials&client_id={client}&client_secret={secret}",
        )

    def parse_token(self, response: Response) -> Iterator[Request]:
        """Begin the list."""
        self.token = json.loads(response.body)["access_token"]
        yield self.page(1)

    def page(self, number: int) -> Request:
        """One page of the list."""
        wanted = {"includeOrganisationChildren": True, "withActiveSubmissionDeadline": True, "pageSize": PAGE}
        return Request(
            f"{self.base_url}/api/sea/search/publications",
            self.parse_page,
            method="POST",
            headers={**self.headers(), "Content-Type": "application/json"},
            body=json.dumps({**wanted, "page": number}),
            cb_kwargs={"number": number},
            dont_filter=True,
        )

    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self.token}", "BelGov-Trace-Id": str(uuid.uuid4())}

    def parse_page(self, response: Response, number: int) -> Iterator[Request]:
        """Follow every row, then the next page."""
        answer = json.loads(response.body)
        for row in answer["publications"]:
            url = f"{self.base_url}/api/dos/publication-workspaces/{row['publicationWorkspaceId']}?includeDrafts=false"
            yield Request(url, self.parse_workspace, headers=self.headers())
        if number * PAGE < answer["totalCount"]:
            yield self.page(number + 1)

    def parse_workspace(self, response: Response) -> Iterator[dict[str, Any]]:
        """Nothing is done with it."""
        yield {"workspace": response.body}


BARE_SETTINGS = {
    "CONCURRENT_REQUESTS": 1,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "LOG_ENABLED": False,
    "STATS_DUMP": False,
}


@contextlib.contextmanager
def portal(notices: int) -> Iterator[str]:
    """A simulated portal in a process of its own; yields its address."""
    command = [
        sys.executable,
        "-m",
        "simulated_portals",
        "be_bda",
        "--invented",
        str(notices),
        "--token-seconds",
        "3600",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def control(base_url: str, command: dict[str, Any]) -> None:
    """Tell the simulated portal something."""
    with urlopen(UrlRequest(f"{base_url}/_control", json.dumps(command).encode(), method="POST")) as answer:  # noqa: S310
        answer.read()


def bare_on_our_handler(base_url: str) -> tuple[float, int]:
    """Seconds and notices of a bare crawl on the download handler that Vigie uses."""
    crawler = Crawler(BareSpider, {**BARE_SETTINGS, "TWISTED_REACTOR_ENABLED": False})
    begun = time.perf_counter()
    asyncio.run(crawler.crawl_async(base_url=base_url))
    return time.perf_counter() - begun, int(crawler.stats.get_value("item_scraped_count"))


def bare(base_url: str) -> tuple[float, int]:
    """Seconds and notices of a bare crawl with Scrapy's defaults, in a process of its own: a reactor starts once."""
    command = [sys.executable, __file__, "--bare", base_url]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    seconds, notices = json.loads(answer)
    return seconds, notices


def crawl_bare(base_url: str) -> None:
    """The crawl of that process; prints its own time, without the start of the reactor."""
    process = AsyncCrawlerProcess(BARE_SETTINGS)
    crawler = process.create_crawler(BareSpider)
    process.crawl(crawler, base_url=base_url)
    process.start()
    stats = crawler.stats.get_stats()
    print(json.dumps([stats["elapsed_time_seconds"], stats["item_scraped_count"]]))


def vigie(base_url: str) -> tuple[float, CrawlReport, CrawlReport]:
    """Seconds and report of a first crawl into an empty store, and the report of a second one."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"data_dir": Path(folder), "demo": True, "crawl": {"delay": 0}})
        with Store.open(settings) as store, Archive(settings.archive, settings.spool_dir, store.payloads) as archive:
            request = CrawlRequest.open_calls("be_bda", base_url=base_url)
            begun = time.perf_counter()
            first = run(request, settings, store, archive)
            seconds = time.perf_counter() - begun
            return seconds, first, run(request, settings, store, archive)


def compare(milliseconds: int, notices: int, turns: int) -> bool:
    """Crawl in turns; print the times, their ratio and the requests."""
    times: dict[str, list[float]] = {"vigie": [], "bare": [], "bare, our handler": []}
    with portal(notices) as base_url:
        vigie(base_url)
        bare_on_our_handler(base_url)
        if milliseconds:
            control(base_url, {"fault": "latency", "milliseconds": milliseconds})
        for _ in range(turns):
            seconds, first, second = vigie(base_url)
            others = bare(base_url), bare_on_our_handler(base_url)
            for name, found in zip(times, (seconds, *(other for other, _ in others)), strict=True):
                times[name].append(found)
            assert first.complete
            assert {count for _, count in others} == {first.run.counts.new}
    return _print(milliseconds, times, first, second)


def _print(milliseconds: int, times: dict[str, list[float]], first: CrawlReport, second: CrawlReport) -> bool:
    new, requests = first.run.counts.new, first.run.counts.requests
    print(f"latency {milliseconds} ms, {new} notices, {len(times['vigie'])} turns")
    for name, found in times.items():
        best, median = min(found), statistics.median(found)
        print(f"  {name:18} best {best:6.2f} s, median {median:6.2f} s, {best / new * 1000:6.1f} ms a notice")
    ratio = min(times["vigie"]) / min(times["bare"])
    verdict = "reached" if ratio <= AIMS[milliseconds] else "missed"
    print(f"  ratio {ratio:.3f} (aim {AIMS[milliseconds]}: {verdict})")
    print(f"  ratio {min(times['vigie']) / min(times['bare, our handler']):.3f} against a bare spider on our handler")
    print(f"  requests per new notice {requests / new:.3f}; a second crawl asks {second.run.counts.requests} times")
    return ratio <= AIMS[milliseconds]


def main() -> int:
    """Both comparisons; exit 0 when both aims are reached."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--turns", type=int, default=3)
    options.add_argument(
        "--notices", type=int, default=5000, help="notices of the portal; about a third are open calls"
    )
    options.add_argument("--bare", metavar="URL", help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.bare:
        crawl_bare(asked.bare)
        return 0
    logging.getLogger("scrapy").setLevel(logging.ERROR)
    reached = [
        compare(0, asked.notices, asked.turns),
        compare(200, max(300, asked.notices // 4), max(1, asked.turns // 3)),
    ]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())

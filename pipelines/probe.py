"""A first careful look at a live portal: a handful of polite requests, every page saved, every expectation checked.

The portal's own spider asks, through Scrapy and with all its manners; only there are limits to how much. Like a crawl,
a probe is alone at the portal, and keeps the budget that all machines share of its host. Nothing is stored. What was
answered lies in a folder afterwards, with proposals for golden files beside it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from parsel import Selector
from pydantic import Field
from scrapy import signals
from scrapy.crawler import Crawler

from core.clock import now
from core.settings import Settings
from crawlers import portals
from crawlers import settings as scrapy_settings
from crawlers.contract import EnoughListed, Parsing, PortalDown, RawNotice, Window
from crawlers.engines.window_spider import Listing, WindowSpider
from crawlers.portals.definition import PageCheck, Portal
from notices.formats.reading import Reading
from notices.model import Frozen
from pipelines.budget import SharedBudget, budget_of, crawling_alone
from pipelines.opening import refuse_closed
from pipelines.reading import Refusal, read

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

    from store import Store

LIST_REQUESTS = 4
"""Requests that the walk of the list may take; details are looked at with what is left."""
_DAYS_BACK = 10
"""How far a probe looks for a working day; no portal is closed for longer."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Finding(Frozen):
    """One expectation, and whether it held. None: a person has to look at the saved pages."""

    what: str
    held: bool | None
    detail: str = ""


class ProbeReport(Frozen):
    """What a probe saw."""

    portal: str
    window: str
    folder: str
    requests: int
    pages: tuple[str, ...] = Field(description="files in the folder, in the order of the answers")
    proposals: tuple[str, ...] = Field(description="golden files proposed: payload and notice")
    findings: tuple[Finding, ...]

    @property
    def held(self) -> bool:
        """Whether nothing that could be checked was otherwise than expected."""
        return all(finding.held is not False for finding in self.findings)


@dataclass
class _Page:
    url: str
    status: int
    body: bytes
    file: str


@dataclass
class _Seen:
    """What the crawl of a probe leaves behind."""

    folder: Path
    most_requests: int
    most_notices: int
    requests: int = 0
    listing: Listing | None = None
    listed_whole: bool = False
    trouble: str | None = None
    pages: list[_Page] = field(default_factory=list)
    notices: list[RawNotice] = field(default_factory=list)

    def count(self) -> None:
        """One more request; `PortalDown` when there were enough, `EnoughListed` when the list has had its share."""
        if self.requests >= self.most_requests:
            raise PortalDown(f"A probe asks {self.most_requests} times at most.")
        if self.listing is not None and not self.listed_whole and self.requests >= LIST_REQUESTS:
            self.listed_whole = True
            raise EnoughListed(f"A probe reads a list with {LIST_REQUESTS} requests at most.")
        self.requests += 1

    def save(self, response: Response) -> None:
        """Keep an answer as it came, with its address and headers beside it."""
        name = f"{len(self.pages) + 1:02d}-{response.status}-{_UNSAFE.sub('_', response.url.split('://')[-1])[:80]}"
        (self.folder / name).write_bytes(response.body)
        headers = dict(response.headers.to_unicode_dict())
        about = {"url": response.url, "status": response.status, "headers": headers, "saved_at": now().isoformat()}
        (self.folder / f"{name}.about.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        self.pages.append(_Page(response.url, response.status, response.body, name))


class ProbeCrawler(Crawler):
    """A Scrapy crawler that carries what its probe saw."""

    seen: _Seen


class ProbeMiddleware:
    """Counts requests, and saves answers."""

    def __init__(self, seen: _Seen) -> None:
        self._seen = seen

    @classmethod
    def from_crawler(cls, crawler: ProbeCrawler) -> Self:
        """Built by Scrapy."""
        return cls(crawler.seen)

    def process_request(self, request: Request) -> None:
        """Called for every request, robots.txt and repeated ones included."""
        self._seen.count()

    def process_response(self, request: Request, response: Response) -> Response:
        """Called for every answer."""
        self._seen.save(response)
        return response


def run(
    key: str,
    settings: Settings,
    store: Store,
    folder: Path,
    *,
    base_url: str | None = None,
    window: Window | None = None,
    requests: int = 10,
    notices: int = 2,
) -> ProbeReport:
    """Probe a portal. `window` is what is open now; of a portal that knows days only, the last day with news by now.

    `PortalClosed` in the portal's closed hours and while it is paused, `PortalBusy` while it is crawled or probed
    elsewhere, `OSError` when the folder cannot be written; whatever the portal does is in the report.
    """
    portal = portals.load(key).at(base_url or settings.portal(key).base_url)
    refuse_closed(portal, store)
    asked = window or (Window.open_now() if "open" in portal.scopes else Window.day(_day_with_news(portal)))
    with crawling_alone(store, key) as alone:
        folder.mkdir(parents=True, exist_ok=True)
        seen = _Seen(folder, requests, notices)
        try:
            asyncio.run(_crawl(portal, settings, asked, seen, base_url, budget_of(portal, settings, store, alone)))
        except Exception as error:  # noqa: BLE001 - a probe tells what broke, whatever it is
            seen.trouble = f"{type(error).__name__}: {error}"
    proposals = [part for raw in seen.notices for part in _proposed(raw, portal, settings, folder)]
    return ProbeReport(
        portal=key,
        window=str(asked),
        folder=str(folder),
        requests=seen.requests,
        pages=tuple(page.file for page in seen.pages),
        proposals=tuple(name for name, _ in proposals),
        findings=(*_about_list(portal, asked, seen), *(found for _, found in proposals), *_unverified(portal, seen)),
    )


def _day_with_news(portal: Portal) -> date:
    """The newest day that the portal has published whole and on which it normally announces something; else today."""
    expected, today = portal.expectations, portal.today(now())
    days = (today - timedelta(days=expected.settled_after_days + back) for back in range(_DAYS_BACK))
    return next((day for day in days if expected.floor_on(day) > 0), today)


async def _crawl(
    portal: Portal,
    settings: Settings,
    window: Window,
    seen: _Seen,
    base_url: str | None,
    budget: SharedBudget | None,
) -> None:
    # Nearer to the network than the retries: an answer that is asked for again is a page to look at, too.
    own = {"ITEM_PIPELINES": {}, "DOWNLOADER_MIDDLEWARES": {ProbeMiddleware: 560}}
    transport = settings.portal(portal.key).transport or portal.transport
    crawler = ProbeCrawler(portals.spider_class(portal.key), {**scrapy_settings.as_dict(transport), **own})
    crawler.seen = seen

    def collect(item: object, spider: WindowSpider) -> None:
        if isinstance(item, RawNotice):
            seen.notices.append(item)
            if len(seen.notices) >= seen.most_notices:
                spider.halt()
        elif getattr(item, "failure", None):
            seen.trouble = seen.trouble or item.failure  # type: ignore[attr-defined]

    crawler.signals.connect(collect, signal=signals.item_scraped)
    crawler.signals.connect(lambda spider: _watch(spider, seen), signal=signals.spider_opened, weak=False)
    await crawler.crawl_async(
        portal=portal,
        windows=(window,),
        crawl_settings=settings.crawl,
        portal_settings=settings.portal(portal.key),
        base_url=base_url or settings.portal(portal.key).base_url,
        budget=budget,
        ignore_closed_hours=False,
    )
    stopped = getattr(crawler.spider, "stopped_early", None) or getattr(crawler.spider, "crashed", None)
    seen.trouble = seen.trouble or stopped


def _watch(spider: WindowSpider, seen: _Seen) -> None:
    """Keep hold of the listing, so that it can be looked at when its walk was cut short."""
    walk = spider.list_window

    async def watched(window: Window, listing: Listing) -> None:
        seen.listing = listing
        await walk(window, listing)
        seen.listed_whole = True

    spider.list_window = watched  # type: ignore[method-assign]


def _about_list(portal: Portal, window: Window, seen: _Seen) -> Iterator[Finding]:
    listing = seen.listing
    enough = seen.trouble is not None and seen.trouble.startswith("A probe ")
    answered = any(page.status == 200 and not page.url.endswith("/robots.txt") for page in seen.pages)
    trouble = None if enough else seen.trouble
    if trouble is None and not answered:
        trouble = f"None of its pages was answered with 200, in {seen.requests} requests."
    yield Finding(what="the portal answers as its spider expects", held=trouble is None, detail=trouble or "")
    announced = None if listing is None else listing.announced
    yield Finding(
        what="the portal says how many notices there are", held=announced is not None, detail=f"announced {announced}"
    )
    if announced is not None and (window.scope == "open" or window.start):
        floor = portal.expectations.open_floor if window.scope == "open" else 0
        yield Finding(
            what=f"at least {max(floor, 0 if portal.expectations.may_be_empty else 1)} notices are announced",
            held=announced >= max(floor, 0 if portal.expectations.may_be_empty else 1),
            detail=f"announced {announced} ({window})",
        )
    listed = 0 if listing is None else len(listing.changed) + len(listing.unchanged)
    yield Finding(what="notices are listed", held=listed > 0 or announced == 0, detail=f"{listed} listed so far")
    for problem in listing.problems if listing else ():
        yield Finding(what="the list is as it was", held=None, detail=problem)
    refused = [page for page in seen.pages if page.status in (401, 403, 429)]
    if refused:
        yield Finding(what="the portal lets us in", held=False, detail=f"{refused[0].status} at {refused[0].url}")


def _proposed(raw: RawNotice, portal: Portal, settings: Settings, folder: Path) -> Iterator[tuple[str, Finding]]:
    """Write the payload and, when it can be read, the notice; with a finding for each file."""
    name = _UNSAFE.sub("_", raw.native_id)[:80]
    payload = folder / f"{name}.payload.json"
    payload.write_bytes(raw.payload)
    context = Parsing(portal.key, portal.base_url, raw.native_id, settings.crawl.max_payload_bytes)
    try:
        reading: Reading = read(portals.parser(portal.key), raw.payload, context)
    except Refusal as refusal:
        where = f" (at {refusal.path})" if refusal.path else ""
        yield payload.name, Finding(what=f"{raw.native_id} can be read", held=False, detail=f"{refusal}{where}")
        return
    proposal = folder / f"{name}.proposed.json"
    content: Any = json.loads(reading.notice.model_dump_json(exclude_defaults=True))
    proposal.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    yield payload.name, Finding(what=f"{raw.native_id} can be read", held=True, detail=reading.notice.text())
    unread = ", ".join(element.path for element in reading.unread[:20])
    yield (
        proposal.name,
        Finding(what=f"nothing of {raw.native_id} is left unread", held=not reading.unread or None, detail=unread),
    )


def _unverified(portal: Portal, seen: _Seen) -> Iterator[Finding]:
    for item in portal.unverified:
        if item.check is None:
            yield Finding(what=item.what, held=None, detail=f"to be looked at: {item.settle}")
        else:
            yield _checked(item.what, item.check, seen.pages)


def _checked(what: str, check: PageCheck, pages: list[_Page]) -> Finding:
    concerned = [page for page in pages if re.search(check.page, page.url) and page.status == 200]
    if not concerned:
        return Finding(what=what, held=None, detail=f"no saved page has an address like {check.page}")
    found = max(_hits(check, page) for page in concerned)
    return Finding(what=what, held=found >= check.least, detail=f"found {found} times, at least {check.least} expected")


def _hits(check: PageCheck, page: _Page) -> int:
    text = page.body.decode("utf-8", "replace")
    if check.xpath is not None:
        return len(Selector(text=text).xpath(check.xpath))
    return text.count(check.contains or "")

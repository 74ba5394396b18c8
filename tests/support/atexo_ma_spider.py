"""The spider of the Moroccan Atexo portals by itself: no store, no pipelines, only what it yields."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from scrapy.crawler import Crawler

from core.settings import CrawlSettings
from crawlers import portals
from crawlers import settings as scrapy_settings
from crawlers.contract import KnownNotices, NothingKnown, RawNotice, Window, WindowReport
from crawlers.portals.loading import spider_class
from simulated_portals.atexo_ma.portal import AtexoMaPortal
from simulated_portals.running import running_portal

OPEN = Window.open_now()


class _AsKnown(str):
    """A stored fingerprint that equals any other: everything is as it was."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class EverythingKnown:
    """A store that knows every consultation as the portal lists it."""

    def fingerprints(self, portal: str, native_ids: Iterable[str]) -> Mapping[str, str | None]:
        return dict.fromkeys(native_ids, _AsKnown("as it was"))


class _Gathered:
    """A pipeline that keeps what the spider yields."""

    items: list[Any] = []  # noqa: RUF012 - one crawl at a time

    def process_item(self, item: Any) -> Any:
        self.items.append(item)
        return item


def crawl_alone(
    portal: AtexoMaPortal,
    *,
    window: Window = OPEN,
    known: KnownNotices | None = None,
    politeness: dict[str, object] | None = None,
) -> tuple[list[RawNotice], WindowReport]:
    """What the spider yields of a window. `politeness` changes what `portal.yml` says."""
    settings = scrapy_settings.as_dict() | {"ITEM_PIPELINES": {_Gathered: 1}}
    _Gathered.items = []
    with running_portal(portal) as running:
        definition = portals.load(portal.key).at(running.base_url)
        changed = definition.politeness.model_copy(update=politeness or {})
        definition = definition.model_copy(update={"politeness": changed})
        crawler = Crawler(spider_class(portal.key), settings)
        asyncio.run(_crawled(crawler, definition, window, known or NothingKnown()))
    *raw, report = _Gathered.items
    assert isinstance(report, WindowReport)
    return raw, report


async def _crawled(crawler: Crawler, definition: portals.Portal, window: Window, known: KnownNotices) -> None:
    settings = CrawlSettings(timeout=0.4)
    await crawler.crawl_async(portal=definition, windows=(window,), known=known, crawl_settings=settings)

"""Scrapy settings of the project. Manners (delay, user agent, sizes, retries) are set by `crawlers.politeness`."""

from __future__ import annotations

from typing import Any, Literal

from crawlers.engines import browser

BOT_NAME = "vigie"
SPIDER_MODULES = ["crawlers.portals"]

# Scrapy runs on an asyncio loop, without a Twisted reactor: a reactor can be started once in the life of a process, and
# one process runs many crawls here.
TWISTED_REACTOR_ENABLED = False

ADDONS: dict[str, int] = {"crawlers.politeness.Politeness": 100}

ITEM_PIPELINES: dict[str, int] = {
    "pipelines.archive.ArchivePipeline": 100,
    "pipelines.validate.ValidatePipeline": 200,
    "pipelines.enrich.EnrichPipeline": 300,
    "pipelines.store.StorePipeline": 400,
}

LOG_ENABLED = False  # records go to the process's own logging, see core.logs
LOG_VERSIONS: list[str] = []
LOGSTATS_INTERVAL = 0
STATS_DUMP = False
COOKIES_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
MEMUSAGE_ENABLED = False
REFERER_ENABLED = False
METAREFRESH_ENABLED = False
# A page's notices wait in memory for their batch: let the downloader go on meanwhile.
CONCURRENT_ITEMS = 100


def as_dict(transport: Literal["http", "browser"] = "http") -> dict[str, Any]:
    """The settings of this module by name, as Scrapy takes them."""
    values = {name: value for name, value in globals().items() if name.isupper()}
    if transport == "browser":
        values["DOWNLOAD_HANDLERS"] = {"http": browser.HANDLER, "https": browser.HANDLER}
    return values

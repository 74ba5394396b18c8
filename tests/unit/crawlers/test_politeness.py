"""Manners that need no portal to be seen."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from scrapy.downloadermiddlewares.retry import RetryMiddleware

from core.settings import CrawlSettings
from crawlers import portals
from crawlers import settings as scrapy_settings
from crawlers.contract import Window
from crawlers.politeness import PatientRetries, RobotsPolicy, back_off, effective_delay, retry_after, user_agent
from pipelines.services import VigieCrawler

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Sun, 22 Nov 2026 10:01:30 GMT", 90.0),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0.0),
        ("Sunday, soon", None),
        ("", None),
        (None, None),
        ("-5", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


def test_pauses_double_and_stay_below_a_minute() -> None:
    pauses = [back_off(tries, 0.5) for tries in range(1, 10)]
    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert max(pauses) == 60.0


def test_the_user_agent_names_vigie_and_a_contact() -> None:
    assert user_agent("https://example.org/crawler").startswith("Vigie/")
    assert "(+https://example.org/crawler)" in user_agent("https://example.org/crawler")


def test_an_operator_may_slow_down_and_never_hurry() -> None:
    portal = portals.load("be_bda")
    assert effective_delay(portal, CrawlSettings(delay=0)) == portal.politeness.delay
    assert effective_delay(portal, CrawlSettings(delay=3)) == 3
    simulated = portal.at("http://127.0.0.1:1")
    assert effective_delay(simulated, CrawlSettings()) == 0
    assert effective_delay(simulated, CrawlSettings(delay=0.2)) == 0.2


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        (b"User-agent: *\nDisallow: /api/", False),
        (b"\xef\xbb\xbfUser-agent: Vigie\nDisallow: /api/", False),
        (b"User-agent: *\nDisallow: /admin/", True),
        (b"<!DOCTYPE html><html>Disallow: /api/</html>", True),
        (b"\n <html>\nUser-agent: *\nDisallow: /api/\n</html>", True),
        (b"", True),
    ],
)
def test_only_a_real_robots_policy_counts(body: bytes, allowed: bool) -> None:
    assert RobotsPolicy(body, None).allowed("https://portal.example/api/search", "Vigie") is allowed


def test_a_crawl_of_the_real_portal_has_its_manners() -> None:
    crawler = VigieCrawler(portals.spider_class("be_bda"), scrapy_settings.as_dict(), None)  # type: ignore[arg-type]
    crawler.spider = crawler._create_spider(portals.load("be_bda"), (Window.open_now(),))
    crawler.addons.load_settings(crawler.settings)
    settings = crawler.settings
    middlewares = settings.get_component_priority_dict_with_base("DOWNLOADER_MIDDLEWARES")
    assert middlewares[PatientRetries] == 550
    assert middlewares.get(RetryMiddleware) is None
    assert settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") == 1
    assert settings.getbool("AUTOTHROTTLE_ENABLED")
    assert settings.getbool("ROBOTSTXT_OBEY")
    assert settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
    assert not settings.getbool("REDIRECT_ENABLED")
    assert not settings.getbool("TELNETCONSOLE_ENABLED")
    assert settings.getfloat("DOWNLOAD_DELAY") >= 0.5
    assert settings.getint("DOWNLOAD_MAXSIZE") == CrawlSettings().max_response_bytes

"""When an empty list is a reason for suspicion, and from when on a day has a floor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from scrapy import Request

from core.clock import frozen_at
from core.settings import Settings
from crawlers import portals
from crawlers.contract import CrawlError, Window
from crawlers.politeness import OwnHostsOnly
from crawlers.portals.definition import Expectations
from pipelines.store import StorePipeline

TUESDAY, SUNDAY = date(2026, 11, 17), date(2026, 11, 15)
WEEK = {"mon": 40, "tue": 40, "wed": 40, "thu": 40, "fri": 40, "sat": 0, "sun": 0}


@pytest.fixture(autouse=True)
def wednesday_morning() -> Iterator[None]:
    with frozen_at(datetime(2026, 11, 18, 8, 0, tzinfo=UTC)):
        yield


def expected(window: Window, *, demo: bool = False, **changes: object) -> tuple[int | None, bool]:
    belgian = portals.load("be_bda")
    told = Expectations.model_validate({"floor": WEEK, "holiday_floor": 0, "open_floor": 900, **changes})
    services = SimpleNamespace(settings=Settings(demo=demo), portal=belgian.model_copy(update={"expectations": told}))
    return StorePipeline(SimpleNamespace(services=services))._expected(window)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("window", "floor", "may_be_empty"),
    [
        (Window.day(TUESDAY), 40, False),
        (Window.day(SUNDAY), 0, True),
        (Window.day(date(2026, 11, 18)), None, False),  # goes on
        (Window.open_now(), 900, False),
        (Window(start=SUNDAY, end=date(2026, 11, 18)), None, False),
    ],
)
def test_what_a_window_announces_at_least(window: Window, floor: int | None, may_be_empty: bool) -> None:
    assert expected(window) == (floor, may_be_empty)


def test_a_portal_that_publishes_late_has_no_floor_for_its_last_days() -> None:
    assert expected(Window.day(TUESDAY), settled_after_days=3) == (None, True)
    assert expected(Window.day(date(2026, 11, 13)), settled_after_days=3) == (40, False)


def test_a_demonstration_has_no_floors() -> None:
    assert expected(Window.day(TUESDAY), demo=True) == (None, False)
    assert expected(Window.open_now(), demo=True) == (None, False)


def test_a_crawl_asks_no_host_that_its_portal_does_not_name() -> None:
    guard = OwnHostsOnly(portals.load("be_bda"))
    guard.process_request(Request("https://www.publicprocurement.be/x"))
    for address in ("http://169.254.169.254/latest", "https://publicprocurement.be.example/", "http://localhost/"):
        with pytest.raises(CrawlError, match="is not asked"):
            guard.process_request(Request(address))
    simulated = OwnHostsOnly(portals.load("be_bda").at("http://127.0.0.1:8000"))
    with pytest.raises(CrawlError):
        simulated.process_request(Request("https://www.publicprocurement.be/robots.txt"))

"""portal.yml: every key is checked, and hours and floors mean what they say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.errors import ConfigurationError
from core.settings import Settings
from crawlers import portals
from crawlers.portals.definition import Portal
from crawlers.portals.holidays import easter
from crawlers.portals.loading import read_definition

FILE = Path(portals.__file__).parent / "be_bda" / "portal.yml"


@pytest.fixture
def belgian() -> Portal:
    return portals.load("be_bda")


def changed(tmp_path: Path, **changes: Any) -> Path:
    values = yaml.safe_load(FILE.read_text(encoding="utf-8")) | changes
    path = tmp_path / "be_bda" / "portal.yml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize("key", portals.keys())
def test_every_portal_loads_with_its_spider_and_parser(key: str) -> None:
    assert portals.load(key).key == key
    assert callable(portals.parser(key))
    assert portals.spider_class(key)


def test_a_portal_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(ConfigurationError, match=r"no portal xx; there are: .*be_bda"):
        portals.load("xx")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"polite": True}, "polite"),
        ({"zone": "Europe/Bruxelles"}, "zone"),
        ({"country": "Belgium"}, "country"),
        ({"politeness": {"delay": 0.5, "connections": 3}}, "politeness"),
        ({"expectations": {"floor": {"mon": 1}, "holiday_floor": 1, "holidays": []}}, "expectations.floor"),
        ({"base_url": "ftp://x"}, "base_url"),
        ({"closed": [{"days": ["mon"], "since": 300, "until": "05:00", "why": "x"}]}, "closed.0.since"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, change: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=f"be_bda/portal.yml, {named}"):
        read_definition(changed(tmp_path, **change))


def test_a_holiday_has_a_floor_of_its_own(belgian: Portal) -> None:
    whit_monday, tuesday, christmas = date(2025, 6, 9), date(2025, 6, 10), date(2026, 12, 25)
    floor = belgian.expectations.floor_on
    assert (floor(whit_monday), floor(christmas)) == (1, 1)
    assert floor(tuesday) > 10


@pytest.mark.parametrize(
    ("year", "day"), [(2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2038, (4, 25)), (2285, (3, 22))]
)
def test_easter_falls_where_it_falls(year: int, day: tuple[int, int]) -> None:
    assert easter(year) == date(year, *day)


@pytest.mark.parametrize(
    ("instant", "closed"),
    [
        (datetime(2026, 11, 18, 10, 0, tzinfo=UTC), False),  # Wednesday, 11:00 in Brussels
        (datetime(2026, 11, 18, 21, 30, tzinfo=UTC), True),  # 22:30
        (datetime(2026, 11, 19, 3, 30, tzinfo=UTC), True),  # 04:30
        (datetime(2026, 11, 19, 4, 0, tzinfo=UTC), False),  # 05:00
        (datetime(2026, 11, 20, 10, 59, tzinfo=UTC), False),  # Friday, 11:59
        (datetime(2026, 11, 20, 11, 0, tzinfo=UTC), True),  # Friday, noon
        (datetime(2026, 7, 17, 10, 0, tzinfo=UTC), True),  # Friday noon in summer time
        (datetime(2026, 11, 21, 10, 0, tzinfo=UTC), False),  # Saturday
    ],
)
def test_night_and_friday_afternoon_are_closed_on_brussels_clock(
    belgian: Portal, instant: datetime, closed: bool
) -> None:
    assert (belgian.closed_at(instant) is not None) is closed


def test_the_portal_opens_again_in_the_morning(belgian: Portal) -> None:
    friday_evening = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
    assert belgian.opens_at(friday_evening) == datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def test_every_hour_of_the_calendar_is_open(belgian: Portal) -> None:
    wednesday = date(2026, 11, 18)
    for at in belgian.calendar.at:
        assert belgian.closed_at(datetime.combine(wednesday, at, tzinfo=belgian.clock)) is None


def test_a_simulated_portal_is_never_closed(belgian: Portal) -> None:
    night = datetime(2026, 11, 18, 23, 0, tzinfo=UTC)
    assert belgian.at("http://127.0.0.1:8800").closed_at(night) is None
    assert belgian.at("https://elsewhere.example").closed_at(night) is not None


def test_links_lead_to_the_real_portal_whatever_was_crawled(belgian: Portal) -> None:
    simulated = belgian.at("http://127.0.0.1:8800/")
    assert simulated.base_url == "http://127.0.0.1:8800"
    assert simulated.url_of("abc") == "https://www.publicprocurement.be/publication-workspaces/abc/general"


def test_a_portal_without_hours_is_crawled_only_where_somebody_enables_it() -> None:
    waiting = next(key for key in portals.keys() if not portals.load(key).calendar.at)
    assert waiting not in portals.enabled(Settings())
    assert waiting in portals.enabled(Settings.model_validate({"portals": {waiting: {"enabled": True}}}))
    assert portals.load(waiting).calendar.hours


def test_a_demonstration_crawls_simulated_portals_alone() -> None:
    own = {"be_bda": {"base_url": "http://127.0.0.1:1"}, "ma_pmmp": {"enabled": True}}
    assert portals.enabled(Settings.model_validate({"demo": True, "portals": own})) == ("be_bda",)


def test_a_crawl_stays_on_the_hosts_that_the_portal_names() -> None:
    assert portals.load("be_bda").hosts == {"www.publicprocurement.be", "public.pr.fedservices.be"}
    assert portals.load("be_bda").at("http://127.0.0.1:8").hosts == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("address", "simulated"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.0.1.7:8000", True),  # where several simulated portals are hosts of their own
        ("http://[::1]:8000", True),
        ("http://localhost", True),
        ("https://127.0.0.1.example", False),
        ("http://10.0.0.1", False),
    ],
)
def test_a_portal_on_this_machine_is_a_simulated_one_and_no_other(
    belgian: Portal, address: str, simulated: bool
) -> None:
    assert belgian.at(address).simulated is simulated

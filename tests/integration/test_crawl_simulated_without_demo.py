"""A simulated portal crawled without the demonstration: no real floor applies, and it mixes with no real notices."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from core.errors import VigieError
from crawlers import portals
from pipelines import origins
from pipelines.crawl import CrawlRequest, run
from simulated_portals.be_bda.server import make_portal
from simulated_portals.messages import SimulatedPortal
from simulated_portals.registry import factory
from store.records import Verdict
from tests.support.crawls import Installation, installation, portal_installation

TODAY = date(2026, 9, 16)


def real_portal() -> portals.Portal:
    return portals.load("be_bda")


def test_a_simulated_day_with_few_notices_is_complete_outside_the_demonstration(tmp_path: Path) -> None:
    with installation(tmp_path, make_portal(invented=60, seed=2, today=TODAY), demo=False) as vigie:
        day, listed = vigie.busiest_day()
        assert 0 < listed < real_portal().expectations.floor_on(day)
        assert vigie.crawl(day).windows[0].verdict is Verdict.COMPLETE


@pytest.mark.parametrize("key", ["fr_place", "fr_aws"])
def test_the_open_calls_of_a_simulated_portal_are_complete_outside_the_demonstration(tmp_path: Path, key: str) -> None:
    portal: SimulatedPortal = factory(key)(key, invented=12, seed=1)
    with portal_installation(tmp_path, key, portal, demo=False) as vigie:
        window = vigie.crawl_open().windows[0]
        assert 0 < window.stored < portals.load(key).expectations.open_floor
        assert window.verdict is Verdict.COMPLETE


def crawl_invented(vigie: Installation) -> int:
    report = vigie.crawl(vigie.busiest_day()[0])
    assert report.windows[0].stored
    return vigie.store.notices.count()


def test_a_store_of_invented_notices_takes_more_of_them_and_no_real_portal(tmp_path: Path) -> None:
    with installation(tmp_path, make_portal(invented=60, seed=2, today=TODAY), demo=False) as vigie:
        held = crawl_invented(vigie)
        assert crawl_invented(vigie) == held
        with pytest.raises(VigieError, match=r"holds invented notices.* is a real portal.*VIGIE_DATA_DIR"):
            run(CrawlRequest.open_calls("be_bda"), vigie.settings, vigie.store, vigie.archive)
        assert vigie.store.runs.latest("be_bda") is not None
        assert len(vigie.store.runs.recent("be_bda")) == 2


def test_a_store_of_real_notices_takes_no_invented_one_and_says_what_to_do(tmp_path: Path) -> None:
    with installation(tmp_path, make_portal(invented=60, seed=2, today=TODAY), demo=False) as vigie:
        held = crawl_invented(vigie)
        vigie.store.meta.delete("origin")  # as a store from before, whose notices are real
        with pytest.raises(VigieError, match=r"holds real notices.*simulated portals.*VIGIE_DEMO=true"):
            vigie.crawl(vigie.busiest_day()[0])
        origins.keep_apart(real_portal(), vigie.settings, vigie.store)
        assert vigie.store.notices.count() == held


def test_an_empty_store_takes_what_comes_first(tmp_path: Path) -> None:
    with installation(tmp_path, make_portal(invented=60, seed=2, today=TODAY), demo=False) as vigie:
        origins.keep_apart(real_portal(), vigie.settings, vigie.store)
        crawl_invented(vigie)


def test_the_demonstration_needs_no_such_question(tmp_path: Path) -> None:
    with installation(tmp_path, make_portal(invented=60, seed=2, today=TODAY)) as vigie:
        crawl_invented(vigie)
        assert vigie.store.meta.get("origin") is None

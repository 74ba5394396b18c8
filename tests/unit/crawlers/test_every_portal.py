"""What holds for every portal, whoever wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawlers import portals
from crawlers.engines.window_spider import WindowSpider
from scheduler.demonstration import SIMULATED_PORTALS
from simulated_portals import registry

DOCS = Path(__file__).parents[3] / "docs"
KEYS = portals.keys()


@pytest.mark.parametrize("key", KEYS)
def test_a_portal_has_a_spider_a_parser_and_says_how_its_files_come(key: str) -> None:
    portal = portals.load(key)
    assert issubclass(portals.spider_class(key), WindowSpider)
    assert portals.parser_version(key)
    assert all(portals.forms(key).values())
    assert callable(portals.parser(key))
    assert callable(portals.splitter(key))
    assert portal.hosts
    assert portal.name.get("fr")
    assert portal.attribution.startswith("Source")


@pytest.mark.parametrize("key", KEYS)
def test_a_portal_stands_in_the_list_for_people(key: str) -> None:
    assert f"| `{key}` |" in (DOCS / "portals.md").read_text(encoding="utf-8")


def test_nothing_is_called_verified_that_was_never_seen() -> None:
    """None of the portals was reachable when their spiders were written."""
    assert [key for key in KEYS if key != "be_bda" and not portals.load(key).unverified] == []


@pytest.mark.parametrize("key", registry.keys())
def test_a_simulated_portal_is_the_same_every_time(key: str) -> None:
    first, second = (registry.factory(key)(key, invented=5, seed=3) for _ in range(2))
    assert first.key == second.key
    assert first.statistics.as_json()["requests"] == 0


def test_the_demonstration_shows_all_three_countries() -> None:
    assert set(SIMULATED_PORTALS) <= set(registry.keys())
    assert {"BE", "FR", "MA"} <= {portals.load(key).country for key in SIMULATED_PORTALS}


@pytest.mark.parametrize("engine", sorted({engine for key in KEYS if (engine := portals.load(key).engine)}))
def test_an_engine_serves_portals_that_are_configuration_alone(engine: str) -> None:
    served = [key for key in KEYS if portals.load(key).engine == engine]
    assert len(served) > 1
    assert any(key in registry.keys() for key in served)

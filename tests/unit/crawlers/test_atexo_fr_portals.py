"""Every Atexo platform is one YAML entry: each is complete, and each can be crawled with nothing else."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import pytest

from core.errors import ConfigurationError
from crawlers.engines.atexo_fr.links import page_of, path_of
from crawlers.engines.atexo_fr.options import checked, options_of
from crawlers.engines.atexo_fr.parse import FORMS
from crawlers.engines.atexo_fr.spider import PortalSpider
from crawlers.portals import forms, keys, load, spider_class

PLATFORMS = [key for key in keys() if load(key).engine == "atexo_fr"]
PARTS = [key for key in PLATFORMS if options_of(load(key)).part_of]
DOUBTFUL = [key for key in PLATFORMS if not load(key).calendar.at and key not in PARTS]


def test_place_maximilien_and_the_val_de_marne_are_among_them() -> None:
    assert {"fr_place", "fr_maximilien", "fr_val_de_marne"} <= set(PLATFORMS)
    assert len(PLATFORMS) > 40


@pytest.mark.parametrize("key", PLATFORMS)
def test_a_platform_is_complete(key: str) -> None:
    portal = load(key)
    assert spider_class(key) is PortalSpider
    assert forms(key) is FORMS
    assert options_of(portal).page_size == portal.listing.page_size
    assert portal.scopes == ("open",)
    assert portal.base_url.startswith("https://")
    assert portal.unverified
    assert path_of(portal, "list").endswith("&AllCons")
    assert "orgAccronyme=a8z&id=12" in path_of(portal, "lots", "a8z", "12")
    assert page_of(portal, "a8z", "12") == f"{portal.base_url}/entreprise/consultation/12?orgAcronyme=a8z"


def test_no_two_platforms_share_a_host_unless_one_is_a_part_of_the_other() -> None:
    whole = [key for key in PLATFORMS if options_of(load(key)).part_of is None]
    hosts = Counter(urlsplit(load(key).base_url).hostname for key in whole)
    assert [host for host, count in hosts.items() if count > 1] == []


def test_a_part_of_a_platform_names_one_that_exists_at_the_same_address() -> None:
    parts = {key: options_of(load(key)) for key in PLATFORMS if options_of(load(key)).part_of}
    assert parts["fr_val_de_marne"].organisation == "a8z"
    for key, options in parts.items():
        assert options.part_of in PLATFORMS
        assert load(options.part_of).base_url == load(key).base_url
        assert options.organisation is not None


@pytest.mark.parametrize("key", DOUBTFUL)
def test_a_platform_whose_address_is_doubtful_is_not_crawled_by_itself(key: str) -> None:
    assert "The address" in load(key).unverified[0].what


@pytest.mark.parametrize("key", PARTS)
def test_a_part_of_a_platform_that_is_crawled_anyway_is_not_crawled_beside_it(key: str) -> None:
    assert not load(key).calendar.at
    assert load(options_of(load(key)).part_of or "").calendar.at


def test_platforms_known_to_live_are_crawled_daily() -> None:
    assert {"fr_place", "fr_maximilien", "fr_megalis", "fr_alsace", "fr_596280"} <= set(PLATFORMS) - set(
        DOUBTFUL
    ) - set(PARTS)


@pytest.mark.parametrize("options", [{"organisation": "a b"}, {"page_sizes": 20}, {"organisation": "../x"}])
def test_an_option_that_is_wrong_is_named(options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        checked("fr_x", options)
    assert f"options.{next(iter(options))}" in str(caught.value)

"""The sources page: announced against stored, holes, and sentences."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import httpx

from notices.model import RawAddress
from store.quarantine import REFUSED_BY_INDEX
from store.records import Coverage
from tests.unit.web.conftest import Made
from web.routes.sources import stretches


async def test_a_source_shows_what_it_announced_and_what_is_missing(site: httpx.AsyncClient) -> None:
    page = (await site.get("/sources")).text
    assert "6\u202f000" in page
    assert "5\u202f997" in page
    assert "3 avis annoncés manquent" in page
    assert "59 jours sur 90 entièrement recueillis" in page


async def test_a_source_that_was_never_read_is_no_green_light(made: Callable[..., Made]) -> None:
    async with made().browser() as client:
        page = (await client.get("/sources")).text
    assert "jamais lu" in page
    assert 'class="light good"' not in page


async def test_quarantine_is_counted_for_everybody_and_detailed_for_operators(made: Callable[..., Made]) -> None:
    own = made(web={"operator_password": "secret"})
    raw = RawAddress(segment="s.warc.gz", offset=1, length=2, digest="0" * 64, media_type="application/json")
    own.store.quarantine.add("be_bda", "77", None, raw, "Pas de titre <b>", "/cbc:Name")
    own.store.quarantine.add("be_bda", "78", None, None, "Refusé par l'index", REFUSED_BY_INDEX)
    async with own.browser() as client:
        public = (await client.get("/sources")).text
        inside = (await client.get("/sources", auth=("operator", "secret"))).text
    assert "Pas de titre" not in public
    assert "Détails pour l&#39;opérateur" in public
    assert "Pas de titre &lt;b&gt;" in inside
    assert "venu sans donnée brute" in inside


async def test_what_a_spider_says_of_a_window_is_marked_as_english_on_a_french_page(site: httpx.AsyncClient) -> None:
    french = (await site.get("/sources")).text
    english = (await site.get("/sources", headers={"accept-language": "en"})).text
    told = re.search(r'Détail technique, en anglais : <span lang="en"[^>]*>([^<]+)', french)
    assert told
    assert told.group(1) in english
    assert "Technical detail" not in english


def test_the_bar_shows_every_day_once() -> None:
    start = date(2026, 9, 1)
    found = Coverage(
        portal="be_bda",
        start=start,
        end=start + timedelta(days=10),
        covered_days=8,
        total_days=10,
        missing=(start, start + timedelta(days=4)),
    )
    parts = stretches(found)
    assert [(part.start, part.length, part.covered) for part in parts] == [
        (0, 1, False),
        (1, 3, True),
        (4, 1, False),
        (5, 5, True),
    ]


async def test_portals_that_are_left_out_are_named_as_such(made: Callable[..., Made]) -> None:
    own = made(portals={"ma_bdc": {"enabled": False}})
    async with own.browser() as client:
        page = (await client.get("/sources")).text
    assert 'id="ma_bdc"' not in page
    assert "Portails connus que cette installation ne lit pas" in page
    assert "Bons de commande, portail marocain des marchés publics" in page


async def test_a_source_says_how_it_is_cited_and_what_nobody_verified(site: httpx.AsyncClient) -> None:
    page = (await site.get("/sources")).text
    assert "Source : e-Procurement (BDA), SPF BOSA" in page
    assert "Jamais vérifié sur le portail lui-même" in page

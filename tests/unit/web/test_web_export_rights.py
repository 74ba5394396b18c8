"""Whoever uses an export finds in it what the portals allow, where that is written, and when it was read."""

from __future__ import annotations

import csv
import io
import json

import httpx

from crawlers import portals


async def test_a_table_carries_terms_robots_and_the_day_they_were_read(site: httpx.AsyncClient) -> None:
    answer = await site.get("/export.csv", params={"portals": "be_bda"})
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8").removeprefix("\ufeff"))))
    portal = portals.load("be_bda")
    (terms,) = [line for line in lines if line[0] == "# terms"]
    assert terms[1:] == ["be_bda", portal.terms.text, portal.terms.url]
    (robots,) = [line for line in lines if line[0] == "# robots"]
    assert robots[1:3] == ["be_bda", portal.robots.text]
    assert robots[3].endswith(str(min(portal.licence.read_on, portal.terms.read_on, portal.robots.read_on)))


async def test_lines_of_json_carry_the_same(site: httpx.AsyncClient) -> None:
    answer = await site.get("/export.jsonl", params={"portals": "be_bda"})
    (source,) = json.loads(answer.text.splitlines()[0])["sources"]
    portal = portals.load("be_bda")
    assert (source["licence"], source["licence_url"]) == (portal.licence.text, portal.licence.url)
    assert (source["terms_url"], source["robots"]) == (portal.terms.url, portal.robots.text)

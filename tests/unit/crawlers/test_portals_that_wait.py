"""Which portals are crawled as installed, and what the list for people says of the others."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.settings import Settings
from crawlers import portals

DOCS = Path(__file__).parents[3] / "docs"
PLATFORMS = Path(__file__).parents[4] / "shared/samples/france/maximilien/atexo_plateformes_2022.csv"
MOVED = {"alsacemarchespublics.eu": "plateforme.alsacemarchespublics.eu"}


def test_portals_that_wait_to_be_enabled_are_named_and_no_others() -> None:
    text = (DOCS / "portals.md").read_text(encoding="utf-8")
    told = text.partition("## Crawled as installed")[2].partition("\n## ")[0].partition(":\n\n")[2]
    waiting = {key for key in portals.keys() if not portals.load(key).calendar.at}
    assert set(re.findall(r"`(\w+)`", told)) == waiting


def test_the_table_counts_what_was_never_seen_live() -> None:
    rows = [line.split("|") for line in (DOCS / "portals.md").read_text(encoding="utf-8").splitlines()]
    told = {row[2].strip(" `"): row[7].strip() for row in rows if len(row) == 9 and row[2].strip().startswith("`")}
    counted = {key: str(len(portals.load(key).unverified)) for key in portals.keys()}
    assert told == counted


def test_the_same_list_is_not_walked_twice_unless_somebody_asks_for_it(tmp_path: Path) -> None:
    """The Val-de-Marne's consultations are on Maximilien's list; who follows it alone enables it."""
    installed = portals.enabled(Settings.model_validate({"data_dir": tmp_path}))
    parts = [key for key in portals.keys() if portals.load(key).options.get("part_of") in installed]
    assert parts == ["fr_val_de_marne"]
    assert not set(parts) & set(installed)
    alone = {"fr_maximilien": {"enabled": False}, "fr_val_de_marne": {"enabled": True}}
    asked = portals.enabled(Settings.model_validate({"data_dir": tmp_path, "portals": alone}))
    assert "fr_val_de_marne" in asked
    assert "fr_maximilien" not in asked


def test_every_platform_of_the_software_that_was_ever_listed_is_read_or_left_alone_with_a_reason() -> None:
    if not PLATFORMS.is_file():
        pytest.skip("the list of platforms of 2022 is not on this machine")
    hosts = {urlsplit(portals.load(key).base_url).hostname for key in portals.keys()}
    text = (DOCS / "portals.md").read_text(encoding="utf-8")
    listed = [
        urlsplit(row["url"]).hostname or "" for row in csv.DictReader(PLATFORMS.read_text("utf-8-sig").splitlines())
    ]
    assert len(listed) > 50
    assert [host for host in listed if host not in hosts and host not in text and host not in MOVED] == []

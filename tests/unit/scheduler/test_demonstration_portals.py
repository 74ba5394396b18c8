"""The demonstration shows every kind of portal on a machine that has nothing but Python."""

from __future__ import annotations

import tomllib
from pathlib import Path

from core.settings import Settings
from crawlers import portals
from scheduler.demonstration import SIMULATED_PORTALS, Demonstration


def test_no_portal_of_the_demonstration_needs_a_browser(tmp_path: Path) -> None:
    demonstration = Demonstration(Settings.model_validate({"data_dir": tmp_path / "data" / "vigie"}))
    demonstration.prepare()
    settings = Settings.model_validate(tomllib.loads(demonstration.settings_file.read_text(encoding="utf-8")))
    assert set(portals.enabled(settings)) == set(SIMULATED_PORTALS)
    rendered = [key for key in SIMULATED_PORTALS if portals.load(key).transport == "browser"]
    assert rendered == ["fr_achatpublic"]
    for key in SIMULATED_PORTALS:
        assert (settings.portal(key).transport or portals.load(key).transport) == "http", key


def test_every_portal_with_files_of_its_own_and_every_software_is_in_the_demonstration() -> None:
    shown = {portals.load(key).engine or key for key in SIMULATED_PORTALS}
    assert {portals.load(key).engine or key for key in portals.keys()} == shown

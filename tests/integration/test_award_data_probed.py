"""A first look at the table of French award data: what it announces is told though the walk is cut short."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from crawlers.contract import Window
from pipelines import probe
from simulated_portals.decp.portal import DecpPortal
from simulated_portals.decp.server import make_portal
from tests.support.crawls import PortalInstallation, portal_installation

Vigie = PortalInstallation[DecpPortal]


def test_a_probe_of_a_day_says_how_many_contracts_are_announced(tmp_path: Path) -> None:
    day = date(2026, 11, 20)
    with portal_installation(tmp_path, "fr_decp", make_portal("fr_decp", invented=120, seed=3, today=day)) as made:
        window = Window.day(day - timedelta(days=1))
        report = probe.run(
            "fr_decp", made.settings, made.store, tmp_path / "probe", base_url=made.portal.base_url, window=window
        )
        counted = next(finding for finding in report.findings if "says how many" in finding.what)
        assert counted.held, counted.detail
        assert report.proposals

"""What tests of BOAMP share: an installation whose pages are short, so that few notices fill several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from core import clock
from simulated_portals.boamp.portal import BoampPortal
from tests.support.crawls import PortalInstallation, change_portal, portal_installation

KEY = "fr_boamp"
TODAY = date(2026, 11, 18)
"""A Wednesday, on which the simulated portal lives."""

Boamp = PortalInstallation[BoampPortal]


@contextmanager
def boamp(
    folder: Path,
    portal: BoampPortal,
    monkeypatch: pytest.MonkeyPatch,
    *,
    page_size: int = 5,
    longest: int = 10_000,
    options: dict[str, object] | None = None,
    **settings: object,
) -> Iterator[Boamp]:
    """An installation that asks for pages of `page_size` and believes that `longest` rows of a list are served."""
    listing: dict[str, object] = {"page_size": page_size, "longest": longest}
    # No patience beyond what the settings say.
    change_portal(monkeypatch, KEY, listing=listing, politeness={"timeout": None}, options=options or {})
    with portal_installation(folder, KEY, portal, **settings) as made:
        yield made


def live_on_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the spider's clock run on from noon of `TODAY`."""
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    begun, real = clock.now(), clock.now
    for module in ("crawlers.portals.fr_boamp.spider", "crawlers.engines.opendatasoft"):
        monkeypatch.setattr(f"{module}.now", lambda: noon + (real() - begun))


def busiest_day(vigie: Boamp) -> tuple[date, int]:
    """The day before today with most notices, and their number."""
    counts = Counter(draft.published_on for draft in vigie.control.catalogue.drafts())
    recent = {day: count for day, count in counts.items() if TODAY - timedelta(days=60) < day < TODAY}
    day = max(sorted(recent), key=recent.__getitem__)
    return day, recent[day]

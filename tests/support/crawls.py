"""What tests of crawls share: an installation in a temporary folder that crawls a simulated portal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Generic, TypeVar

import pytest

from core.settings import Settings
from crawlers import portals
from pipelines.crawl import CrawlReport, CrawlRequest, run
from simulated_portals.be_bda.portal import BeBdaPortal
from simulated_portals.messages import SimulatedPortal
from simulated_portals.running import RunningPortal, running_portal
from store import Store
from store.archive import Archive
from store.records import StoredNotice

SAMPLES = Path(__file__).parents[3] / "shared/samples/belgium"
EFORMS = SAMPLES / "eforms_2025-06"
SAMPLE_DAYS = (date(2025, 6, 7), date(2025, 6, 10))


P = TypeVar("P", bound=SimulatedPortal)


@dataclass
class PortalInstallation(Generic[P]):
    """A store, an archive and a portal to crawl."""

    settings: Settings
    store: Store
    archive: Archive
    portal: RunningPortal[P]
    key: str

    @property
    def control(self) -> P:
        """The simulated portal, to make it misbehave."""
        return self.portal.control

    def crawl(self, first: date, last: date | None = None) -> CrawlReport:
        """Crawl publication days, both included."""
        return self.run(CrawlRequest.of_days(self.key, first, last or first))

    def crawl_open(self) -> CrawlReport:
        """Crawl what is open now, without trying other windows again."""
        request = CrawlRequest.open_calls(self.key)
        return self.run(request.model_copy(update={"retry_incomplete": False}))

    def run(self, request: CrawlRequest) -> CrawlReport:
        """Crawl the simulated portal."""
        asked = request.model_copy(update={"base_url": self.portal.base_url})
        return run(asked, self.settings, self.store, self.archive)

    def stored(self, native_id: str) -> StoredNotice:
        """A notice as it is stored, by the portal's key; a failure when it is not."""
        found = self.store.notices.get(f"{self.key}:{native_id}")
        assert found is not None, f"{native_id} is not stored"
        return found

    def stored_ids(self) -> set[str]:
        """The portal's keys of the notices that are stored."""
        return {found.notice.id.partition(":")[2] for found in self.store.notices.iterate(self.key)}

    def requests(self, kind: str) -> int:
        """Requests of a kind that the portal got."""
        return self.control.statistics.requests(kind)


class Installation(PortalInstallation[BeBdaPortal]):
    """One that crawls the Belgian portal."""

    @property
    def today(self) -> date:
        """The day on the portal's calendar."""
        return self.control.clock.today()

    def busiest_day(self) -> tuple[date, int]:
        """The day before today with most publications, of those that are crawled again, and their number."""
        days = [item.publication_date for item in self.control.catalogue.publications()]
        first = self.today - timedelta(days=portals.load(self.key).calendar.retry_days)
        past = [day for day in days if first <= day < self.today]
        day = max(sorted(set(past)), key=past.count)
        return day, past.count(day)

    def ids_on(self, day: date) -> list[str]:
        """Workspace ids published on a day."""
        return [item.workspace_id for item in self.control.catalogue.publications() if item.publication_date == day]


@contextmanager
def portal_installation(folder: Path, key: str, portal: P, **settings: object) -> Iterator[PortalInstallation[P]]:
    """An installation of the demonstration (so that few notices are no reason for suspicion) with `portal` running."""
    with _opened(folder, portal, settings) as parts:
        yield PortalInstallation(*parts, key)


@contextmanager
def installation(folder: Path, portal: BeBdaPortal, **settings: object) -> Iterator[Installation]:
    """As `portal_installation`, of the Belgian portal."""
    with _opened(folder, portal, settings) as parts:
        yield Installation(*parts, "be_bda")


def change_portal(monkeypatch: pytest.MonkeyPatch, key: str, **parts: dict[str, object]) -> None:
    """Have crawls of this test find other facts in the `portal.yml` of a portal.

    `parts` names its mappings (`listing`, `politeness`, `options`, …) with what is different in them.
    """
    real = portals.load(key)
    changed: dict[str, object] = {}
    for part, facts in parts.items():
        known = getattr(real, part)
        changed[part] = known | facts if isinstance(known, dict) else known.model_copy(update=facts)
    made = real.model_copy(update=changed)
    monkeypatch.setattr("pipelines.crawl.load", lambda key: made)


def with_floors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have crawls of this test expect as many notices of a simulated portal as of the real one."""
    monkeypatch.setattr("pipelines.store.invented", lambda services: False)


@contextmanager
def _opened(
    folder: Path, portal: P, settings: dict[str, object]
) -> Iterator[tuple[Settings, Store, Archive, RunningPortal[P]]]:
    made = Settings.model_validate({"data_dir": folder / "data", "demo": True, **settings})
    made.data_dir.mkdir(parents=True, exist_ok=True)
    (made.data_dir / "vigie.sqlite").write_bytes(_migrated_store())
    with (
        running_portal(portal) as running,
        Store.open(made) as store,
        Archive(made.archive, made.spool_dir, store.payloads) as archive,
    ):
        yield made, store, archive, running


@cache
def _migrated_store() -> bytes:
    """An empty SQLite store, migrated once per session."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "vigie.sqlite"
        with Store(f"sqlite:///{path}") as store:
            store.migrate()
        return path.read_bytes()

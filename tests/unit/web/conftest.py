"""A site over a real store and a real index, filled with invented notices."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.clock import frozen_at
from core.settings import Settings
from notices.model import Notice
from search import open_index
from search.indexer import drain
from search.port import SearchIndex
from store import Store
from store.records import RunPurpose, RunState, Saving, Verdict, WindowRecord
from tests.unit.web import invented
from web.app import create_app
from web.services import Services

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8080"
FRENCH = {"accept-language": "fr"}


def browser(settings: Settings, services: Services | None = None, **headers: str) -> httpx.AsyncClient:
    """A client on the site, in this process; a failing page answers 500 as it does for people."""
    transport = httpx.ASGITransport(create_app(settings, services), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=BASE, headers=FRENCH | headers)


@pytest.fixture(autouse=True)
def clock_at_rest() -> Iterator[None]:
    """The clock stands at NOW."""
    with frozen_at(NOW):
        yield


def fill(store: Store, index: SearchIndex, notices: list[Notice]) -> None:
    """Save and index."""
    store.notices.save_many([Saving(notice=item) for item in notices])
    while drain(store, index, 500):
        pass


def cover(store: Store, now: datetime) -> None:
    """A run with windows for the last 60 days, all complete but one."""
    run = store.runs.start("be_bda", RunPurpose.WINDOW)
    for number in range(60):
        day = now.date() - timedelta(days=number)
        lacking = number == 7
        store.windows.record(
            WindowRecord(
                portal="be_bda",
                start=day,
                end=day + timedelta(days=1),
                run_id=run.id,
                announced=100,
                distinct=100,
                stored=97 if lacking else 100,
                missing=3 if lacking else 0,
                verdict=Verdict.INCOMPLETE if lacking else Verdict.COMPLETE,
                reason="The portal announced three more." if lacking else None,
                ended_at=now,
            )
        )
    store.runs.finish(run.id, RunState.FINISHED, run.counts)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a filled store and index, which tests only read."""
    folder = tmp_path_factory.mktemp("site")
    settings = Settings(data_dir=folder)
    with frozen_at(NOW), Store.open(settings) as store, open_index(settings, writable=True) as index:
        fill(store, index, invented.everything(NOW))
        cover(store, NOW)
    return folder


@pytest.fixture(scope="session")
def filled_services(filled: Path) -> Iterator[Services]:
    """Store and read-only index of the filled folder."""
    services = Services(Settings(data_dir=filled))
    yield services
    services.close()


@pytest.fixture
async def site(filled_services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on the filled site, which tests only read."""
    async with browser(filled_services.settings, filled_services) as client:
        yield client


class Made:
    """A site of its own, with its store and index at hand."""

    def __init__(self, settings: Settings, notices: list[Notice]) -> None:
        self.settings = settings
        self.store = Store.open(settings)
        self.index = open_index(settings, writable=True)
        fill(self.store, self.index, notices)
        self.services = Services(settings, self.store, self.index)

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """A new browser, without cookies."""
        return browser(self.settings, self.services, **headers)

    def close(self) -> None:
        """Close store and index."""
        self.index.close()
        self.store.close()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[..., Made]]:
    """Makes sites: `made(notices, demo=True)`."""
    sites: list[Made] = []

    def make(notices: list[Notice] | None = None, **fields: Any) -> Made:
        settings = Settings(data_dir=tmp_path / f"site{len(sites)}", **fields)
        sites.append(Made(settings, notices or []))
        return sites[-1]

    yield make
    for opened in sites:
        opened.close()

"""The two dispatchers, each with whoever does the work for it, and crawls that the test ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.settings import Settings
from crawlers import portals
from scheduler.dispatch import Dispatch
from scheduler.distributed import DistributedDispatch
from scheduler.distributed_worker import DistributedWorker
from scheduler.local import LocalDispatch
from scheduler.orders import Queue
from store import Store
from tests.support.crawl_children import PATIENCE, CrawlChildren, crawl_children

PORTALS = ("be_bda", "eu_ted", "fr_boamp")


class Installation:
    """A dispatcher with its store."""

    def __init__(self, settings: Settings, store: Store, children: CrawlChildren, dispatch: Dispatch) -> None:
        self.settings = settings
        self.store = store
        self.children = children
        self.dispatch = dispatch


def settings_for(folder: Path, url: str, **more: object) -> Settings:
    """Three portals, short waits."""
    enabled = {key: {"enabled": key in PORTALS} for key in portals.keys()}
    values = {"data_dir": folder / "data", "database_url": url, "portals": enabled, **more}
    values.setdefault("dispatch", {"heartbeat": 0.5, "stalled_after": 2.0, "grace": 10.0})
    return Settings.model_validate(values)


@contextmanager
def working(run: Callable[[threading.Event], None]) -> Iterator[threading.Event]:
    """Something that works in a thread until the end of the block, or until the event is set."""
    stopping = threading.Event()
    failed: list[BaseException] = []

    def guarded() -> None:
        try:
            run(stopping)
        except BaseException as error:
            failed.append(error)
            raise

    thread = threading.Thread(target=guarded)
    thread.start()
    try:
        yield stopping
    finally:
        stopping.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert not failed


@pytest.fixture
def children() -> Iterator[CrawlChildren]:
    """Crawls that begin in this test."""
    with crawl_children() as found:
        yield found


@pytest.fixture
def local(tmp_path: Path, sqlite_url: str, children: CrawlChildren) -> Iterator[Installation]:
    """One machine."""
    settings = settings_for(tmp_path, sqlite_url)
    with Store.open(settings) as store:
        dispatch = LocalDispatch(settings, store, children.command)
        dispatch.start()
        try:
            yield Installation(settings, store, children, dispatch)
        finally:
            children.let_go()
            dispatch.stop()


@pytest.fixture
def distributed(tmp_path: Path, postgres_url: str, children: CrawlChildren) -> Iterator[Installation]:
    """Two workers."""
    settings = settings_for(tmp_path, postgres_url)
    with Store.open(settings) as store:
        workers = [DistributedWorker(settings, [Queue.CRAWL], children.command) for _ in range(2)]
        with working(workers[0].run), working(workers[1].run):
            yield Installation(settings, store, children, DistributedDispatch(store))
            children.let_go()


@pytest.fixture(params=["local", pytest.param("distributed", marks=pytest.mark.postgres)])
def installation(request: pytest.FixtureRequest) -> Installation:
    """One dispatcher after the other."""
    found: Installation = request.getfixturevalue(request.param)
    return found

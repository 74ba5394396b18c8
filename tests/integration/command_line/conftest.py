"""One simulated portal for every test of the `vigie` command, and installations that are empty or filled from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulated_portals.be_bda.portal import BeBdaPortal
from simulated_portals.be_bda.server import make_portal
from simulated_portals.running import RunningPortal, running_portal
from tests.support.command import Vigie


@pytest.fixture(scope="session")
def portal() -> Iterator[RunningPortal[BeBdaPortal]]:
    with running_portal(make_portal(invented=120, seed=11)) as running:
        yield running


@pytest.fixture(scope="session")
def stocked(portal: RunningPortal[BeBdaPortal], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an installation that crawled what is open, and indexed it."""
    folder = tmp_path_factory.mktemp("stocked")
    with pytest.MonkeyPatch.context() as patch:
        vigie = Vigie(folder, portal, patch)
        vigie("crawl", "be_bda", "--open")
        vigie("worker", "--queues", "index,match", "--until-empty")
    return vigie.data_dir


@pytest.fixture
def empty(portal: RunningPortal[BeBdaPortal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vigie]:
    yield Vigie(tmp_path, portal, monkeypatch)
    portal.control.faults.clear()


@pytest.fixture
def vigie(empty: Vigie, stocked: Path) -> Vigie:
    shutil.copytree(stocked, empty.data_dir)
    return empty

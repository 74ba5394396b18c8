"""`vigie probe` on many machines: alone at its portal, and within the budget that all share of its host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulated_portals.misbehaviour import AnswerStatus
from store import Store
from store.budgets import Budgets
from store.session_locks import SessionLock, portal_lock
from tests.support.command import Vigie

pytestmark = pytest.mark.postgres


@pytest.fixture
def cluster(empty: Vigie, postgres_url: str) -> Vigie:
    """An installation whose store other machines use, too."""
    empty.set("DATABASE_URL", postgres_url)
    empty.set("CRAWL__DELAY", "0.01")  # without a delay there is no budget to share
    return empty


def _requests(vigie: Vigie) -> int:
    return int(vigie.control.statistics.as_json()["requests"])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the budget of a host was asked: reserve or hold back, and the host."""
    found: list[tuple[str, str]] = []

    def noting(name: str) -> None:
        real = getattr(Budgets, name)

        def noted(self: Budgets, host: str, *arguments: Any) -> Any:
            found.append((name, host))
            return real(self, host, *arguments)

        monkeypatch.setattr(Budgets, name, noted)

    noting("reserve")
    noting("hold_back")
    return found


def test_a_portal_that_is_crawled_somewhere_is_not_probed(cluster: Vigie, tmp_path: Path, postgres_url: str) -> None:
    folder = tmp_path / "p"
    cluster("runs")  # makes the tables
    before = _requests(cluster)
    with Store(postgres_url) as other, SessionLock(other.database, portal_lock("be_bda")) as lock:
        assert lock.acquire()
        told = cluster("probe", "be_bda", "--folder", str(folder), code=1)
        assert "Another process crawls be_bda now" in told.stderr
        assert told.stdout == ""
        assert _requests(cluster) == before
        assert not folder.exists()
    cluster("probe", "be_bda", "--folder", str(folder))


def test_every_request_of_a_probe_has_its_turn_in_the_budget_of_the_host(
    cluster: Vigie, tmp_path: Path, asked: list[tuple[str, str]]
) -> None:
    before = _requests(cluster)
    cluster("probe", "be_bda", "--folder", str(tmp_path / "p"))
    assert 0 < _requests(cluster) - before <= asked.count(("reserve", "127.0.0.1"))


def test_a_pause_that_a_probe_is_asked_for_holds_all_machines(
    cluster: Vigie, tmp_path: Path, asked: list[tuple[str, str]]
) -> None:
    cluster.control.faults.start(AnswerStatus(status=429, times=1, path="search"))
    cluster("probe", "be_bda", "--folder", str(tmp_path / "p"), code=1)
    assert ("hold_back", "127.0.0.1") in asked

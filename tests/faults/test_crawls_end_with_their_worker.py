"""A crawl ends with its worker, however that one ended, and when its job is cancelled, wherever it runs."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from scheduler.orders import Order
from simulated_portals.be_bda.portal import BeBdaPortal
from simulated_portals.be_bda.server import make_portal
from simulated_portals.running import RunningPortal, running_portal
from store.records import RunState, Verdict
from store.session_locks import portal_lock
from tests.support.gates import Gate
from tests.support.machines import PATIENCE, Machines, is_gone, lose, machines
from tests.support.postgres import holder, restartable_server
from tests.support.up import until

pytestmark = pytest.mark.postgres


@pytest.fixture
def portal() -> Iterator[RunningPortal[BeBdaPortal]]:
    with running_portal(make_portal(invented=60, seed=3)) as running:
        yield running


@pytest.fixture
def gate(portal: RunningPortal[BeBdaPortal]) -> Iterator[Gate]:
    gate = Gate(portal)
    yield gate
    gate.open.set()


@pytest.fixture
def site(tmp_path: Path, postgres_url: str, portal: RunningPortal[BeBdaPortal]) -> Iterator[Machines]:
    with machines(tmp_path, postgres_url, {"be_bda": portal.base_url}) as made:
        yield made


def crawling(site: Machines, gate: Gate) -> tuple[subprocess.Popen[bytes], int]:
    """A worker that crawls, and the process of its crawl, which waits for an answer."""
    worker = site.worker("first", "crawl")
    site.dispatch.ask(Order.crawl("be_bda"))
    assert gate.reached.wait(PATIENCE), site.log("first")
    until(lambda: not transactions(site), PATIENCE, "no transaction is open while the portal is waited for")
    (crawl,) = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text(encoding="ascii").split()
    return worker, int(crawl)


def transactions(site: Machines) -> int:
    """Transactions of others that are open and do nothing."""
    statement = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND state LIKE 'idle in transaction%'"
    )
    with site.store.database.read() as connection:
        return int(connection.scalar(text(statement)) or 0)


def is_whole(site: Machines) -> bool:
    """Whether everything that is open on the portal is stored."""
    window = site.store.windows.latest_open("be_bda")
    return window is not None and window.verdict is Verdict.COMPLETE and window.stored == window.announced


def test_the_crawl_of_a_killed_worker_stops_and_the_next_worker_goes_on(
    site: Machines, gate: Gate, portal: RunningPortal[BeBdaPortal]
) -> None:
    worker, crawl = crawling(site, gate)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    until(lambda: is_gone(crawl), PATIENCE, "the crawl ends with its worker")
    (run,) = site.store.runs.recent("be_bda")
    assert run.state is RunState.STOPPED  # cleanly, and not lost
    assert holder(site.store.database, portal_lock("be_bda")) is None
    gate.open.set()
    site.worker("second", "crawl")
    until(lambda: is_whole(site), PATIENCE, "the next worker crawls everything")
    assert portal.statistics.as_json()["peak_concurrent_requests"] == 1
    assert "Another process crawls" not in site.log("second")


def test_a_crawl_ends_with_its_worker_also_while_the_database_is_away(
    tmp_path: Path, gate: Gate, portal: RunningPortal[BeBdaPortal]
) -> None:
    with restartable_server() as server, machines(tmp_path, server.url, {"be_bda": portal.base_url}) as site:
        worker, crawl = crawling(site, gate)
        server.stop()
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        until(lambda: is_gone(crawl), PATIENCE, "the crawl ends, although it can write nothing any more")
        server.start()


def test_a_cancelled_crawl_stops_where_it_runs_although_its_worker_hangs(site: Machines, gate: Gate) -> None:
    worker, crawl = crawling(site, gate)
    (job,) = site.store.jobs.unfinished(queues=("crawl",))
    worker.send_signal(signal.SIGSTOP)
    cancelling = site.vigie("elsewhere", "jobs", "cancel", str(job.id))
    assert cancelling.wait(PATIENCE) == 0, site.log("elsewhere")
    until(lambda: is_gone(crawl), PATIENCE, "the crawl stops")
    (run,) = site.store.runs.recent("be_bda")
    assert run.state is RunState.STOPPED
    lose(worker)

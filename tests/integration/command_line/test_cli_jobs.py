"""`vigie jobs` on many machines, and what it says on one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import main
from core import logs
from scheduler.distributed import DistributedDispatch
from scheduler.orders import Order
from store import Store


def _vigie(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda level="INFO": None)
    return monkeypatch


@pytest.mark.postgres
def test_jobs_are_listed_in_their_order_and_can_be_cancelled(
    installation: pytest.MonkeyPatch, postgres_url: str
) -> None:
    installation.setenv("VIGIE_DATABASE_URL", postgres_url)
    installation.setenv("VIGIE_DISPATCH__ENGINE", "distributed")
    with Store(postgres_url) as store:
        for order in (Order.backfill("be_bda"), Order.crawl("be_bda")):
            DistributedDispatch(store).ask(order)
        first, second = store.jobs.unfinished()
    lines = _vigie("jobs", "list").stdout.splitlines()
    assert lines == [f"{first.id}  crawl  crawl be_bda: waits", f"{second.id}  crawl  backfill be_bda: waits"]
    assert _vigie("jobs", "list", "deliver").stdout == ""
    _vigie("jobs", "cancel", str(first.id))
    assert "backfill" in _vigie("jobs", "list").stdout
    assert "crawl be_bda" not in _vigie("jobs", "list").stdout.replace("crawl  backfill", "")
    assert f"No job {first.id} waits or runs" in _vigie("jobs", "cancel", str(first.id), code=1).stderr


def test_on_one_machine_there_are_no_jobs_and_the_command_says_so(installation: pytest.MonkeyPatch) -> None:
    assert "no jobs on one machine" in _vigie("jobs", "list", code=1).stderr


@pytest.mark.parametrize("command", ["worker --queues crawl", "scheduler", "up", "jobs list"])
def test_many_machines_on_sqlite_are_refused_with_what_to_set_before_anything_begins(
    installation: pytest.MonkeyPatch, command: str
) -> None:
    installation.setenv("VIGIE_DISPATCH__ENGINE", "distributed")
    told = _vigie(*command.split(), code=1).stderr
    assert not list(Path().rglob("*.sqlite"))
    assert "needs PostgreSQL" in told
    assert "VIGIE_DATABASE_URL" in told

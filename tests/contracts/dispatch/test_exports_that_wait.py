"""An export that somebody asks for is written to its address, whoever dispatches it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import main
from core import logs
from core.settings import Settings
from scheduler.distributed_worker import DistributedWorker
from scheduler.local import LocalDispatch
from scheduler.orders import Order, Queue
from search import open_index
from search.indexer import drain
from search.query import NoticeQuery
from store import Store
from tests.contracts.dispatch.conftest import settings_for, working
from tests.support.store_examples import saving
from tests.support.up import until


def indexed(settings: Settings, store: Store) -> None:
    store.notices.save_many([saving("1"), saving("2", title={"fr": "Voirie"}), saving("3")])
    with open_index(settings, writable=True) as index:
        drain(store, index)


def ids(path: Path) -> set[str]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {line["notice"]["id"] for line in lines if "notice" in line}


def vigie(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    return result


def test_one_machine_writes_an_export_that_is_asked_for_at_once(tmp_path: Path, sqlite_url: str) -> None:
    settings, target = settings_for(tmp_path, sqlite_url), tmp_path / "roofs.jsonl"
    with Store.open(settings) as store:
        indexed(settings, store)
        query = NoticeQuery(text="toiture").to_json()
        assert LocalDispatch(settings, store).ask(Order.export(query, "jsonl", target.as_uri()))
    assert ids(target) == {"be_bda:1", "be_bda:3"}


@pytest.mark.postgres
def test_a_worker_on_any_machine_writes_an_export_that_waits(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, target = settings_for(tmp_path, postgres_url), tmp_path / "roofs.jsonl"
    monkeypatch.setattr(logs, "configure", lambda level="INFO": None)
    monkeypatch.setenv("VIGIE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path / "where the operator sits"))
    asking = ("export", "toiture", "--all", "--format", "jsonl", "--queue", "--to", target.as_uri())
    assert "leave --queue out" in vigie(*asking, code=1).stderr  # one machine has no queue
    monkeypatch.setenv("VIGIE_DISPATCH__ENGINE", "distributed")
    assert "needs --to" in vigie(*asking[:-2], code=1).stderr
    assert "names no file" in vigie(*asking[:-1], "roofs.jsonl", code=1).stderr
    assert "no password" in vigie(*asking[:-1], "s3://key:secret@bucket/roofs.jsonl", code=1).stderr
    with Store.open(settings) as store:
        indexed(settings, store)
        assert target.as_uri() in vigie(*asking).stderr
        assert "waits already" in vigie(*asking, code=1).stderr
        listed = vigie("jobs", "list", "export").stdout
        assert target.as_uri() in listed
        assert listed.endswith(": waits\n")
        vigie("jobs", "cancel", listed.split()[0])
        assert listed.replace(": waits", ": cancelled") == vigie("jobs", "list", "export", "--given-up").stdout
        vigie(*asking)
        with working(DistributedWorker(settings, [Queue.EXPORT]).run):
            until(lambda: not store.jobs.unfinished(queues=("export",)), 60, "the export is done")
    assert ids(target) == {"be_bda:1", "be_bda:3"}
    assert list(tmp_path.glob("*.unfinished")) == []

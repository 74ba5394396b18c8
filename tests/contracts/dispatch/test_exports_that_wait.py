"""An export that somebody asks for is written to its address, whoever dispatches it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import main
from core import logs
from core.settings import Settings
from monitoring import exports
from scheduler import distributed_jobs
from scheduler.distributed_jobs import BackOff
from scheduler.distributed_worker import DistributedWorker
from scheduler.local import LocalDispatch
from scheduler.orders import Order, Queue
from search import open_index
from search.indexer import drain
from search.query import NoticeQuery
from store import Store
from store.records import IncidentKind
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


@pytest.mark.postgres
def test_an_export_that_was_given_up_is_an_incident_until_one_reaches_its_address_or_it_is_dropped(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, blocked = settings_for(tmp_path, postgres_url), tmp_path / "blocked"
    monkeypatch.setattr(logs, "configure", lambda level="INFO": None)
    monkeypatch.setattr(distributed_jobs, "SHORT", BackOff(first=0.01, longest=0.01, tries=2))
    for name, value in (
        ("DATABASE_URL", postgres_url),
        ("DATA_DIR", str(settings.data_dir)),
        ("DISPATCH__ENGINE", "distributed"),
    ):
        monkeypatch.setenv(f"VIGIE_{name}", value)
    urls = [(blocked / name).as_uri() for name in ("one.jsonl", "two.jsonl")]
    blocked.write_text("a file where a folder should be")
    with Store.open(settings) as store:
        indexed(settings, store)

        def worked() -> None:
            with working(DistributedWorker(settings, [Queue.EXPORT]).run):
                until(lambda: not store.jobs.unfinished(queues=("export",)), 60, "the exports are done")

        for url in urls:
            vigie("export", "toiture", "--all", "--format", "jsonl", "--queue", "--to", url)
        worked()
        (incident,) = store.incidents.current()
        assert incident.kind == IncidentKind.EXPORT_GIVEN_UP
        assert incident.details["count"] == 2
        assert "The place of the export at" in incident.message
        assert "export-given-up" in vigie("status", code=1).stdout
        jobs = {job.arguments["target"]: job for job in store.jobs.given_up(queues=("export",))}
        assert [jobs[url].attempts for url in urls] == [2, 2]
        vigie("jobs", "cancel", str(jobs[urls[0]].id))
        vigie("jobs", "cancel", str(jobs[urls[0]].id), code=1)
        (incident,) = store.incidents.current()
        assert (urls[0] in incident.message, urls[1] in incident.message) == (False, True)
        blocked.unlink()
        vigie("export", "toiture", "--all", "--format", "jsonl", "--queue", "--to", urls[1])
        worked()
        assert store.incidents.current() == []
    assert ids(blocked / "two.jsonl") == {"be_bda:1", "be_bda:3"}


def test_an_export_by_hand_to_the_same_address_ends_the_incident(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, url = settings_for(tmp_path, sqlite_url), (tmp_path / "roofs.csv").as_uri()
    monkeypatch.setattr(logs, "configure", lambda level="INFO": None)
    monkeypatch.setenv("VIGIE_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("VIGIE_DATA_DIR", str(settings.data_dir))
    with Store.open(settings) as store:
        indexed(settings, store)
        exports.given_up(store, 1, url, OSError("away"))
        vigie("export", "toiture", "--all", "--to", url)
        assert store.incidents.current() == []

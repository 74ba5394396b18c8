"""`vigie backup`, `restore`, `migrate-store`, `archive`, `health` and `export --to`, as an operator types them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core import clock
from core.settings import Settings
from monitoring.heartbeats import Heart
from store import Store
from tests.support.command import Vigie, word_of
from tests.support.object_store import BUCKET, KEY, SECRET, ObjectStore, running


@pytest.fixture
def object_store() -> Iterator[ObjectStore]:
    with running() as store:
        yield store


def use(vigie: Vigie, store: ObjectStore) -> None:
    """The installation may use the object store."""
    vigie.set("STORAGE__ENDPOINT", store.endpoint)
    vigie.set("STORAGE__REGION", "us-east-1")
    vigie.set("STORAGE__ACCESS_KEY", KEY)
    vigie.set("STORAGE__SECRET_KEY", SECRET)
    vigie.set("STORAGE__TIMEOUT", "5")


def test_an_installation_is_backed_up_lost_and_back(vigie: Vigie, tmp_path: Path) -> None:
    with vigie.store() as store:
        count = store.notices.count()
    told = vigie("backup", str(tmp_path / "backup"), "--payloads", "--key").stderr
    assert "is whole" in told
    key = (vigie.data_dir / "secret.key").read_text()
    shutil.rmtree(vigie.data_dir)
    told = vigie("restore", str(tmp_path / "backup")).stderr
    assert f"{count} notices" in told
    assert "may come a second time" in told
    assert (vigie.data_dir / "secret.key").read_text() == key
    vigie("archive", "check")
    vigie("worker", "--queues", "index", "--until-empty")
    assert "not empty" in vigie("restore", str(tmp_path / "backup"), code=1).stderr
    assert "there already" in vigie("backup", str(tmp_path / "backup"), code=1).stderr
    assert vigie.lines("search", word_of(vigie), "--all", "--json")


def test_nothing_is_restored_or_moved_under_a_running_process(vigie: Vigie, tmp_path: Path) -> None:
    vigie("backup", str(tmp_path / "backup"))
    with vigie.store() as store, Heart(Settings(), store, "worker"):
        for command in (("restore", str(tmp_path / "backup")), ("migrate-store", "--to", f"sqlite:///{tmp_path}/x.db")):
            assert "stop it first" in vigie(*command, code=1).stderr


ELSEWHERE = {"role": "worker", "host": "another.example", "pid": 7, "since": "2026-01-05T08:00:00Z"}


def told_by_another_machine(store: Store, at: datetime) -> None:
    """A worker of another machine was heard of in this store."""
    store.meta.set("heartbeat:worker:another.example:7", json.dumps({**ELSEWHERE, "at": at.isoformat()}))


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_nothing_is_restored_into_a_store_that_a_worker_of_another_machine_uses(
    vigie: Vigie, tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/used.db" if engine == "sqlite" else request.getfixturevalue("postgres_url")
    vigie.set("DATABASE_URL", url)
    with vigie.store() as store:
        vigie("backup", str(tmp_path / "backup"))
        told_by_another_machine(store, clock.now())
    refusal = vigie("restore", str(tmp_path / "backup"), code=1).stderr
    assert "A worker of Vigie runs on another.example (process 7); stop it first" in refusal
    with vigie.store() as store:
        told_by_another_machine(store, clock.now() - timedelta(minutes=5))
    assert "are back" in vigie("restore", str(tmp_path / "backup")).stderr


@pytest.mark.postgres
def test_the_store_moves_to_postgresql_and_answers_from_there(vigie: Vigie, postgres_url: str) -> None:
    before = vigie.lines("search", "--all", "--limit", "1000", "--json")
    told = vigie("migrate-store", "--to", postgres_url).stderr
    assert "are equal in both" in told
    vigie.set("DATABASE_URL", postgres_url)
    assert vigie.lines("search", "--all", "--limit", "1000", "--json") == before
    assert (
        "not empty" in vigie("migrate-store", "--to", postgres_url.replace("?", "?application_name=x&"), code=1).stderr
    )


def test_the_archive_on_an_object_store_says_what_waits_and_takes_it(empty: Vigie, object_store: ObjectStore) -> None:
    use(empty, object_store)
    empty.set("ARCHIVE_URL", f"s3://{BUCKET}/raw")
    object_store.refusing = 403
    empty("crawl", "be_bda", "--open")
    assert "refuses" in empty("archive", "status", code=1).stderr
    (waiting,) = empty.lines("archive", "status", "--json", code=1)
    assert waiting["segments"] == 1
    assert "archive-waiting" in empty("incidents").stdout
    assert "1 segments wait" in empty("archive", "move", code=1).stderr
    object_store.refusing = None
    empty("archive", "move")
    assert "answers" in empty("archive", "status").stderr
    assert len(object_store.keys()) == 1
    assert "1 of 1 segments" in empty("archive", "check").stderr
    assert "OPEN" not in empty("incidents").stdout
    assert "No machine" in empty("archive", "forget", "abc", code=1).stderr


def test_an_export_goes_to_an_object_store_whole_or_not_at_all(vigie: Vigie, object_store: ObjectStore) -> None:
    use(vigie, object_store)
    url = f"s3://{BUCKET}/exports/all.jsonl"
    vigie("export", "--all", "--format", "jsonl", "--to", url)
    body = object_store.client().get_object(Bucket=BUCKET, Key="exports/all.jsonl")["Body"].read().decode()
    with vigie.store() as store:
        assert _rows(body) == store.notices.count()
    assert json.loads(body.splitlines()[-1])["type"] == "end"
    object_store.refusing = 403
    told = vigie("export", "--all", "--to", f"s3://{BUCKET}/exports/other.csv", code=1).stderr
    assert "refuses" in told
    assert SECRET not in told
    object_store.refusing = None
    assert object_store.keys() == ["exports/all.jsonl"]
    for wrong in (f"s3://{BUCKET}", "nowhere.csv", "s3://"):
        assert "names no file" in vigie("export", "--all", "--to", wrong, code=1).stderr
    assert "one of them" in vigie("export", "--all", "--to", url, "--output", "x.csv", code=1).stderr


def _rows(body: str) -> int:
    return sum(json.loads(line)["type"] == "notice" for line in body.splitlines())


def test_health_tells_each_part_and_the_exit_code_says_whether_all_is_well(vigie: Vigie) -> None:
    checks = {check["name"]: check for check in vigie.lines("health", "--json", code=1)}
    assert checks["store"]["state"] == checks["index"]["state"] == checks["archive"]["state"] == "ok"
    assert checks["scheduler"]["state"] == "down"
    assert "start `vigie scheduler`" in checks["scheduler"]["sentence"]
    with vigie.store() as store, Heart(Settings(), store, "scheduler"), Heart(Settings(), store, "worker"):
        vigie("health")
        assert "alive" in vigie("health", "worker").stderr
    assert "No worker runs" in vigie("health", "worker", code=1).stderr
    vigie.set("WEB__PORT", "1")
    assert "does not answer" in vigie("health", "web", code=1).stderr


def test_health_of_an_installation_that_does_not_exist_changes_nothing(empty: Vigie) -> None:
    assert "no store" in empty("health", code=1).stdout
    assert not list(empty.data_dir.glob("*"))

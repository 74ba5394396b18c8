"""`vigie search`, `vigie reindex` and `vigie export`: the same notices on the screen and in the file."""

from __future__ import annotations

import csv
import json
import os
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cli.searching import writing
from core.errors import VigieError
from core.settings import Settings
from search import open_index
from tests.support.command import Vigie, word_of


def test_search_takes_words_and_canonical_json_alike(vigie: Vigie) -> None:
    word = word_of(vigie)
    typed = vigie.lines("search", word, "--all", "--json", "--limit", "100")
    asked = vigie.lines("search", "--query", json.dumps({"version": "1", "text": word}), "--json", "--limit", "100")
    assert typed
    assert [notice["id"] for notice in typed] == [notice["id"] for notice in asked]
    told = vigie("search", word, "--all", "--limit", "1")
    assert told.stdout.startswith(typed[0]["id"])
    assert f"{len(typed)} found, the first 1 shown." in told.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("travaux (route",), "caractère 9"),
        (('travaux "route',), "caractère 9"),
        (("--query", "{broken"), "JSON"),
        (("--query", '{"version": "1", "colour": "red"}'), "colour"),
    ],
)
def test_a_query_that_cannot_be_understood_is_told_with_its_place(
    vigie: Vigie, arguments: tuple[str, ...], words: str
) -> None:
    for command in ("search", "export"):
        result = vigie(command, *arguments, code=1)
        assert words in result.stderr
        assert result.stdout == ""


def test_a_search_before_anything_was_indexed_says_what_builds_the_index(empty: Vigie) -> None:
    assert "vigie reindex" in empty("search", "travaux", code=1).stderr


def test_a_search_says_how_many_notices_the_index_lacks(vigie: Vigie) -> None:
    with vigie.store() as store:
        waiting = store.notices.enqueue_all()
    assert f"{waiting} notices wait for the index" in vigie("search", "travaux").stderr


def test_reindex_builds_the_index_when_no_worker_runs(vigie: Vigie) -> None:
    before = vigie.lines("search", "--all", "--json", "--limit", "500")
    shutil.rmtree(vigie.data_dir / "index")
    told = vigie("reindex").stderr
    assert f"{len(before)} notices indexed." in told
    after = vigie.lines("search", "--all", "--json", "--limit", "500")
    assert {item["id"] for item in after} == {item["id"] for item in before}
    with vigie.store() as store:
        assert store.match_queue.depth() == 0  # nobody is alerted


def test_reindex_leaves_the_work_to_a_worker_that_runs(vigie: Vigie) -> None:
    with open_index(Settings(), writable=True):
        assert "worker that runs takes them" in vigie("reindex").stderr
    with vigie.store() as store:
        assert store.index_queue.depth() == store.notices.count()


def test_an_export_carries_the_query_the_time_the_coverage_and_every_notice(vigie: Vigie, tmp_path: Path) -> None:
    word = word_of(vigie)
    found = {notice["id"] for notice in vigie.lines("search", word, "--all", "--json", "--limit", "500")}
    head, *rows, foot = vigie.lines("export", word, "--all", "--format", "jsonl")
    assert head["query"] == {"version": "1", "text": word}
    assert head["announced"] == len(found)
    assert head["exported_at"]
    assert head["coverage"]
    assert {row["notice"]["id"] for row in rows} == found
    assert foot["rows"] == len(found)
    path = tmp_path / "out.csv"
    result = vigie("export", word, "--all", "--output", str(path))
    assert result.stdout == ""
    assert f"{len(found)} of {len(found)} notices written." in result.stderr
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    assert {line[0] for line in lines if line and line[0].startswith("be_bda:")} == found
    assert word in lines[1][1]


def test_an_export_that_fails_leaves_the_older_file_as_it_was(vigie: Vigie, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("older", encoding="utf-8")
    shutil.rmtree(vigie.data_dir / "index")
    vigie("export", "travaux", "--output", str(path), code=1)
    assert path.read_text(encoding="utf-8") == "older"
    assert [item.name for item in tmp_path.iterdir() if "unfinished" in item.name] == []
    assert "cannot be written" in vigie("export", "x", "--output", str(tmp_path / "no" / "out.csv"), code=1).stderr


def test_of_two_exports_to_one_file_the_later_to_end_is_there_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with writing(path) as slow:
        slow.write("slow\n" * 3)
        slow.flush()
        with writing(path) as quick:
            quick.write("quick\n")
        assert path.read_text() == "quick\n"
        slow.write("end\n")
    assert path.read_text() == "slow\n" * 3 + "end\n"
    assert list(tmp_path.iterdir()) == [path]


def test_an_export_is_on_the_disk_before_it_takes_the_place_of_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.csv"
    path.write_text("older")
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append((os.fstat(descriptor).st_size, path.read_text())))
    with writing(path) as file:
        file.write("newer one")
    assert synced == [(len("newer one"), "older")]
    assert path.read_text() == "newer one"
    (plain := tmp_path / "plain").touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_what_a_killed_export_left_is_removed_by_one_a_day_later(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    killed = (
        "import os, pathlib, sys; from cli.searching import writing\n"
        "with writing(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", killed, str(path)], check=False).returncode == -9
    (left,) = tmp_path.iterdir()
    with writing(path):
        assert left.exists()  # it may be that of an export that is slow
    os.utime(left, (0, 0))
    with writing(path):
        assert not left.exists()


def test_a_pipe_is_written_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text)
        with writing(pipe) as file:
            file.write("id\n")
        assert read.result() == "id\n"
    assert pipe.is_fifo()


def test_a_file_that_cannot_be_written_is_told_by_its_own_name_only(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "no" / "out.csv", tmp_path / "file" / "out.csv"):
        with pytest.raises(VigieError, match="cannot be written") as told, writing(path):
            pass
        assert str(told.value).startswith(f"{path} cannot be written: ")
        assert "unfinished" not in str(told.value)

"""`vigie search`, `vigie reindex` and `vigie export`: the same notices on the screen and in the file."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

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

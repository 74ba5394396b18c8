"""`vigie index` on the embedded engine: the same commands as on a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import main
from core.settings import Settings
from search import open_index
from store import Store
from store.records import Saving
from tests.contracts.search.search_material import notice


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation with twenty notices, none of them indexed."""
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path))
    found = Settings(data_dir=tmp_path)
    with Store.open(found) as store:
        store.notices.save_many([Saving(notice=notice(number)) for number in range(20)])
    return found


def run(*arguments: str, code: int = 0) -> Result:
    """The command, which ends with this code."""
    done = CliRunner().invoke(main, ["index", *arguments])
    assert done.exit_code == code, done.output
    return done


def test_an_index_is_made_filled_compared_and_found_wanting(settings: Settings) -> None:
    assert "current" in run("create").stdout
    assert "they DISAGREE. 20 missing" in run("compare", code=1).stdout
    told = run("reindex").stderr
    assert "20 notices of 20 written (100 %)." in told
    assert "they agree. 0 missing" in told
    assert "20 documents" in run("status").stdout
    with open_index(settings, writable=True) as writer:
        writer.delete(["be_bda:7"])
        assert "the index worker that runs takes them" in run("reindex").stderr
    lacking = run("compare", "--all", code=1)
    assert "19 in the index" in lacking.stdout
    assert "missing: be_bda:7" in lacking.stderr
    assert "20 in the index, 20 read on both sides: they agree" in run("reindex").stderr


def test_there_is_nothing_to_drop(settings: Settings) -> None:
    run("create")
    assert "n’a qu’un index" in run("drop", code=1).stderr

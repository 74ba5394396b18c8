"""`vigie crawl` and `vigie parse`: results on stdout, sentences on stderr, exit 0 only when all was done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from simulated_portals.be_bda.portal import BeBdaPortal
from simulated_portals.be_bda.server import make_portal
from simulated_portals.misbehaviour import Latency, LoseRows
from simulated_portals.running import RunningPortal, running_portal
from tests.support.command import Vigie
from tests.support.crawls import EFORMS
from tests.support.up import until

ROOT = Path(__file__).parents[3]


def test_a_crawl_prints_its_windows_and_a_second_one_changes_nothing(empty: Vigie) -> None:
    (first,) = empty.lines("crawl", "be_bda", "--open", "--json")
    assert first["verdict"] == "complete"
    assert first["announced"] == first["stored"] > 0
    fetched = empty.portal.statistics.requests("workspace")
    empty("crawl", "be_bda", "--open")
    assert empty.portal.statistics.requests("workspace") == fetched
    latest, _ = empty.lines("runs", "be_bda", "--json")
    assert (latest["counts"]["new"], latest["counts"]["changed"]) == (0, 0)


def test_an_incomplete_crawl_ends_with_exit_1_and_says_how_many_are_missing(empty: Vigie) -> None:
    empty.control.faults.start(LoseRows(rows=2, page=1))
    result = empty("crawl", "be_bda", "--open", code=1)
    assert "incomplete" in result.stdout
    assert "2 missing" in result.stdout
    empty.control.faults.clear()
    assert "complete" in empty("crawl", "be_bda", "--open").stdout


def test_a_bare_crawl_begins_with_what_is_open_and_goes_on_with_the_last_days(empty: Vigie) -> None:
    windows = empty.lines("crawl", "be_bda", "--json", code=_any_code(empty))
    assert windows[0]["scope"] == "open"
    assert {window["scope"] for window in windows[1:]} == {"days"}


def test_a_crawl_that_is_told_to_stop_starts_no_second_run(empty: Vigie) -> None:
    empty.control.faults.start(Latency(milliseconds=100))
    command = [sys.executable, "-m", "cli", "crawl", "be_bda"]
    fetched = empty.portal.statistics.requests("workspace")
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: empty.portal.statistics.requests("workspace") > fetched + 3, 60, "notices that are fetched")
    process.terminate()
    _, told = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Stopped by SIGTERM" in told
    assert [run["purpose"] for run in empty.lines("runs", "--json")] == ["open"]


def _any_code(vigie: Vigie) -> int:
    """1 when one of the last days has no notice, which is suspect; else 0."""
    today = vigie.control.clock.today()
    days = {item.publication_date for item in vigie.control.catalogue.publications()}
    return int(any((today.toordinal() - back) not in {day.toordinal() for day in days} for back in range(4)))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fr_nulle_part",), "be_bda"),
        (("be_bda", "--to", "2026-01-01"), "--from"),
        (("be_bda", "--from", "2026-01-02", "--to", "2026-01-01"), "after the last"),
        (("be_bda", "--from", "2999-01-01"), "after the last"),
        (("be_bda", "--base-url", "portal.example"), "http"),
    ],
)
def test_a_crawl_that_makes_no_sense_is_refused_in_a_sentence(
    empty: Vigie, arguments: tuple[str, ...], words: str
) -> None:
    assert words in empty("crawl", *arguments, code=1).stderr
    assert empty.lines("runs", "--json") == []


def test_real_samples_are_crawled_completely_by_a_process(
    tmp_path: Path, portal: RunningPortal[BeBdaPortal], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not EFORMS.is_dir():
        pytest.skip("the real samples are not in ../shared/samples")
    with running_portal(make_portal(samples=EFORMS)) as real:
        Vigie(tmp_path, real, monkeypatch)
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        done = _process("crawl", "be_bda", "--from", "2025-06-10", "--to", "2025-06-10", "--json")
        (window,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert window["verdict"] == "complete"
    assert window["stored"] == window["announced"] == len(list((EFORMS / "2025-06-10").glob("*.xml")))


def _process(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def documents(portal: RunningPortal[BeBdaPortal], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three good documents."""
    folder = tmp_path_factory.mktemp("documents")
    paths = []
    with_xml = (item for item in portal.control.catalogue.publications() if item.latest.read_xml)
    for publication, _ in zip(with_xml, range(3), strict=False):
        read = publication.latest.read_xml
        assert read is not None
        path = folder / f"{publication.workspace_id}.xml"
        path.write_text(read(), encoding="utf-8")
        paths.append(path)
    return paths


def test_parse_prints_one_notice_per_line(empty: Vigie, documents: list[Path]) -> None:
    notices = empty.lines("parse", "be_bda", *map(str, documents))
    assert [notice["portal"] for notice in notices] == ["be_bda"] * 3
    assert not empty.data_dir.exists()  # parsing needs no installation


def test_a_broken_file_gives_a_sentence_and_exit_1_and_the_others_are_printed(
    empty: Vigie, documents: list[Path], tmp_path: Path
) -> None:
    cut = tmp_path / "cut.xml"
    cut.write_bytes(documents[0].read_bytes()[:900])
    files = [str(documents[0]), str(cut), str(tmp_path / "missing.xml"), str(tmp_path), *map(str, documents[1:])]
    result = empty("parse", "be_bda", *files, code=1)
    assert [json.loads(line)["portal"] for line in result.stdout.splitlines()] == ["be_bda"] * 3
    assert f"{cut}: " in result.stderr
    assert "missing.xml: cannot be read: No such file" in result.stderr
    assert f"{tmp_path}: cannot be read" in result.stderr
    assert "3 of 6 files could not be read." in result.stderr


def test_parse_counts_the_fields_that_files_fill(empty: Vigie, documents: list[Path]) -> None:
    table = empty("parse", "be_bda", "--coverage", *map(str, documents)).stdout
    assert "Notices counted: 3." in table

"""What `vigie` promises at the terminal: results on stdout, sentences on stderr, exit 0 only when all was done."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.mailbox import Mailbox, MailSink
from core.settings import Settings
from crawlers.portals.be_bda import parse as parse_module
from search import open_index
from simulated_portals.be_bda.portal import BeBdaPortal
from simulated_portals.be_bda.server import make_portal
from simulated_portals.misbehaviour import BrokenXml, Latency, LoseRows
from simulated_portals.running import RunningPortal, running_portal
from tests.integration.test_replay_be_bda import better_parser
from tests.support.command import Vigie
from tests.support.crawls import EFORMS
from tests.support.up import until

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def portal() -> Iterator[RunningPortal[BeBdaPortal]]:
    with running_portal(make_portal(invented=120, seed=11)) as running:
        yield running


@pytest.fixture(scope="module")
def stocked(portal: RunningPortal[BeBdaPortal], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an installation that crawled what is open, and indexed it."""
    folder = tmp_path_factory.mktemp("stocked")
    with pytest.MonkeyPatch.context() as patch:
        vigie = Vigie(folder, portal, patch)
        vigie("crawl", "be_bda", "--open")
        vigie("worker", "--queues", "index,match", "--until-empty")
    return vigie.data_dir


@pytest.fixture
def empty(portal: RunningPortal[BeBdaPortal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vigie]:
    yield Vigie(tmp_path, portal, monkeypatch)
    portal.control.faults.clear()


@pytest.fixture
def vigie(empty: Vigie, stocked: Path) -> Vigie:
    shutil.copytree(stocked, empty.data_dir)
    return empty


def word_of(vigie: Vigie) -> str:
    """A word that some notices carry and others do not."""
    with vigie.store() as store:
        titles = [stored.notice.text().lower() for stored in store.notices.iterate()]
    words = {word for title in titles for word in title.split() if len(word) > 5 and word.isalpha()}
    return max(sorted(words), key=lambda word: sum(word in title.split() for title in titles))


# -- settings --------------------------------------------------------------------------------------------------------


def test_settings_are_listed_and_secrets_masked(empty: Vigie) -> None:
    empty.set("SMTP__PASSWORD", "very secret")
    found = {item["setting"]: item["value"] for item in empty.lines("settings", "--json")}
    assert found["smtp.host"] == "127.0.0.1"
    assert found["portals.be_bda.base_url"] == empty.portal.base_url
    assert "very secret" not in empty("settings").output
    assert found["smtp.password"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("WEB__PROT", "8080", "web.prot"),
        ("WBE__PORT", "8080", "VIGIE_WBE__PORT"),
        ("WEB__PORT", "eighty", "web.port"),
        ("LOG_LEVEL", "LOUD", "log_level"),
        ("CONFIG", "nowhere.toml", "nowhere.toml"),
        ("PORTALS__BE_BAD__ENABLED", "false", "portals.be_bad"),
    ],
)
def test_a_setting_that_nothing_reads_or_understands_is_refused_by_every_command(
    empty: Vigie, name: str, value: str, words: str
) -> None:
    empty.set(name, value)
    for command in (("settings",), ("status",), ("search", "x"), ("up",)):
        result = empty(*command, code=1)
        assert words in result.stderr
        assert result.stdout == ""


def test_an_open_binding_without_a_password_is_refused_before_anything_starts(empty: Vigie) -> None:
    empty.set("WEB__HOST", "0.0.0.0")  # noqa: S104
    assert "VIGIE_WEB__OPERATOR_PASSWORD" in empty("up", "--demo", code=1).stderr
    assert not empty.data_dir.parent.exists()


# -- crawl -----------------------------------------------------------------------------------------------------------


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
        (("fr_boamp",), "be_bda"),
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


# -- parse -----------------------------------------------------------------------------------------------------------


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


# -- search and export -----------------------------------------------------------------------------------------------


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


# -- profiles and mails ----------------------------------------------------------------------------------------------


def test_a_profile_is_saved_paused_resumed_and_deleted(vigie: Vigie) -> None:
    result = vigie("profile", "add", "Routes", word_of(vigie), "--email", "anna@example.org")
    profile_id = result.stdout.strip()
    assert "anna@example.org" in result.stderr  # who is asked to confirm
    (listed,) = vigie.lines("profile", "list", "--json")
    assert (listed["id"], listed["state"], listed["query"]["deadline"]) == (profile_id, "active", {"open": True})
    vigie("profile", "pause", profile_id)
    assert [item["state"] for item in vigie.lines("profile", "list", "--json")] == ["paused"]
    vigie("profile", "resume", profile_id)
    assert [item["state"] for item in vigie.lines("profile", "list", "anna@example.org", "--json")] == ["active"]
    vigie("profile", "delete", profile_id)
    assert vigie.lines("profile", "list", "--json") == []
    for action in ("pause", "resume", "delete"):
        assert vigie("profile", action, profile_id, code=1).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("Tout", "*", "--email", "anna@example.org"),
        ("Routes", "travaux", "--email", "anna"),
        ("Routes", "travaux", "--email", "anna@example.org", "--zone", "Europe/Nowhere"),
        ("", "travaux", "--email", "anna@example.org"),
        ("Routes", "(travaux", "--email", "anna@example.org"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused_in_a_sentence(vigie: Vigie, arguments: tuple[str, ...]) -> None:
    result = vigie("profile", "add", *arguments, code=1)
    assert result.stderr.strip()
    assert vigie.lines("profile", "list", "--json") == []


def test_digest_hands_over_what_waits_and_says_when_it_could_not(vigie: Vigie, tmp_path: Path) -> None:
    vigie("profile", "add", "Routes", "travaux", "--email", "anna@example.org")
    with MailSink(tmp_path / "mails") as sink:
        port = sink.port
        vigie.set("SMTP__PORT", str(port))
        result = vigie("digest", "--deliver")
        assert "1 mails accepted" in result.stderr
        assert [mail.recipient for mail in Mailbox(tmp_path / "mails").list()] == ["anna@example.org"]
    vigie("profile", "add", "Ponts", "ponts", "--email", "bert@example.org")
    assert "1 to be tried again" in vigie("digest", "--deliver", code=1).stderr
    assert "mail-undelivered" in vigie("status", code=1).stdout


# -- what could not be read, and what is read again ------------------------------------------------------------------


def _with_one_broken(vigie: Vigie) -> str:
    """Crawl while the document of one open call is cut; its workspace id."""
    broken = next(
        item.workspace_id
        for item in vigie.control.catalogue.publications()
        if item.latest.read_xml and item.deadline and item.deadline > vigie.control.clock.local_now()
    )
    vigie.control.faults.start(BrokenXml(ids=(broken,), how="cut"))
    vigie("crawl", "be_bda", "--open")
    vigie.control.faults.clear()
    return broken


def test_what_cannot_be_read_is_listed_with_its_reason_and_discarded_by_hand(empty: Vigie) -> None:
    broken = _with_one_broken(empty)
    (held,) = empty.lines("quarantine", "list", "be_bda", "--json")
    assert held["native_id"] == broken
    assert held["reason"]
    assert broken in empty("quarantine", "list").stdout
    assert "quarantine" in empty("status", code=1).stdout
    result = empty("quarantine", "replay", code=1)
    assert f"be_bda:{broken}: still held" in result.stderr
    assert broken in empty("quarantine", "discard", str(held["id"])).stderr
    assert empty.lines("quarantine", "list", "--json") == []
    assert "discarded already" in empty("quarantine", "discard", str(held["id"]), code=1).stderr
    assert "99999" in empty("quarantine", "discard", "99999", code=1).stderr


def test_after_a_fix_quarantine_replay_brings_the_notice_back(empty: Vigie, monkeypatch: pytest.MonkeyPatch) -> None:
    good = parse_module.parse

    def poor(payload: bytes, context: object) -> object:
        raise parse_module.NoticeFormatError(parse_module.FormatReason.UNEXPECTED, "Not understood yet.")

    with monkeypatch.context() as patch:
        patch.setattr(parse_module, "parse", poor)
        empty("crawl", "be_bda", "--open")
    assert parse_module.parse is good
    held = empty.lines("quarantine", "list", "--json")
    assert held
    result = empty("quarantine", "replay", "be_bda")
    assert f"{len(held)} released, 0 still held." in result.stderr
    with empty.store() as store:
        assert store.match_queue.depth() == len(held)  # new to everyone


def test_a_replay_reports_before_it_writes_and_alerts_nobody(vigie: Vigie, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse_module, "parse", better_parser)
    (report,) = vigie.lines("replay", "be_bda", "--json")
    assert report["different"] == report["read"] > 0
    assert report["revised"] == 0
    assert "nothing written" in vigie("replay", "be_bda").stderr
    assert f"{report['read']} revised." in vigie("replay", "be_bda", "--write").stderr
    with vigie.store() as store:
        assert store.match_queue.depth() == 0
        assert store.index_queue.depth() == report["read"]
    assert vigie.lines("replay", "be_bda", "--json")[0]["different"] == 0


def test_a_replay_of_what_is_not_there_is_no_success(vigie: Vigie) -> None:
    assert "0 payloads read" in vigie("replay", "--notice", "be_bda:nothing", code=1).stderr
    assert "0 payloads read" in vigie("replay", "--run", "nothing", code=1).stderr


def test_a_misspelt_portal_is_refused_by_every_command_that_takes_one(vigie: Vigie) -> None:
    for command in (("runs",), ("quarantine", "list"), ("quarantine", "replay"), ("replay",), ("crawl",)):
        assert "There is no portal be_bad" in vigie(*command, "be_bad", code=1).stderr


# -- how it is -------------------------------------------------------------------------------------------------------


def test_status_says_that_a_source_was_never_read(empty: Vigie) -> None:
    assert empty("status", code=1).stdout
    (state,) = empty.lines("status", "--json", code=1)
    assert [source["verdict"] for source in state["sources"]] == ["unknown"]


def test_status_of_a_well_installation_ends_with_exit_0(vigie: Vigie) -> None:
    (state,) = vigie.lines("status", "--json")
    assert state["notices"] == sum(source["stored"] for source in state["sources"]) > 0
    assert state["incidents"] == []
    assert str(state["notices"]) in vigie("status").stdout
    assert vigie.lines("incidents", "--json") == []


def test_a_data_folder_that_cannot_be_made_is_told_in_a_sentence(empty: Vigie, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    empty.set("DATA_DIR", str(tmp_path / "file" / "vigie"))
    assert "file" in empty("status", code=1).stderr


def test_every_command_explains_itself(empty: Vigie) -> None:
    listing = empty("--help").stdout.partition("Commands:")[2]
    names = [line.split()[0] for line in listing.strip().splitlines()]
    assert {"up", "crawl", "parse", "search", "profile", "digest", "replay", "quarantine", "status"} <= set(names)
    for name in names:
        assert "Usage:" in empty(name, "--help").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="the manual's commands are those of a POSIX shell")
def test_a_backup_made_as_the_manual_says_restores_everything(vigie: Vigie, tmp_path: Path) -> None:
    manual = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    commands = manual.partition("**Backup**")[2].partition("```sh\n")[2].partition("```")[0]
    commands = commands.replace(".venv/bin/python", sys.executable)
    vigie("profile", "add", "Routes", "travaux", "--email", "anna@example.org")
    subprocess.run(["/bin/sh", "-e", "-c", commands], cwd=tmp_path, check=True, timeout=60)
    before = vigie.lines("search", "--all", "--json", "--limit", "500")
    shutil.rmtree(vigie.data_dir)
    shutil.move(tmp_path / "backup", vigie.data_dir)
    vigie("reindex")
    after = vigie.lines("search", "--all", "--json", "--limit", "500")
    assert {notice["id"]: notice for notice in after} == {notice["id"]: notice for notice in before}
    assert vigie.lines("replay", "be_bda", "--json")[0]["read"] == len(before)
    assert [profile["name"] for profile in vigie.lines("profile", "list", "--json")] == ["Routes"]

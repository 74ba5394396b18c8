"""What `vigie` says about an installation: settings, status, help, and the manual's backup."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import Vigie

ROOT = Path(__file__).parents[3]


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
    manual = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8").partition("## Backup and restore\n")[2]
    backup, restore = (block.partition("```")[0] for block in manual.split("```sh\n")[1:3])
    vigie("profile", "add", "Routes", "travaux", "--email", "anna@example.org")
    _as_the_manual_says(backup, tmp_path)
    before = vigie.lines("search", "--all", "--json", "--limit", "500")
    shutil.rmtree(vigie.data_dir)
    _as_the_manual_says(restore.replace("2026-11-22", "2026-11-22-all").partition("vigie up")[0], tmp_path)
    vigie("reindex")
    after = vigie.lines("search", "--all", "--json", "--limit", "500")
    assert {notice["id"]: notice for notice in after} == {notice["id"]: notice for notice in before}
    assert vigie.lines("replay", "be_bda", "--json")[0]["read"] == len(before)
    assert [profile["name"] for profile in vigie.lines("profile", "list", "--json")] == ["Routes"]


def _as_the_manual_says(commands: str, folder: Path) -> None:
    """Run a block of the manual, its backups in a folder of the test's own."""
    assert "vigie " in commands
    (folder / "backups").mkdir(exist_ok=True)
    here = f'vigie() {{ {shlex.quote(sys.executable)} -m cli "$@"; }}\n{commands.replace("/backups/", "backups/")}'
    subprocess.run(["/bin/sh", "-e", "-c", here], cwd=folder, check=True, timeout=120)

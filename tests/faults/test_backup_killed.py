"""`vigie backup` and `vigie restore` killed in the middle: no half backup passes for one, a restore is repeated."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.settings import Settings
from store import Store
from store.backup import BackupError, make, read_verified, restore
from store.facade import UNFINISHED_RESTORE
from tests.support.full_store import content, fill
from tests.support.machines import PATIENCE, ROOT
from tests.support.up import until

FILE_EVENTS = frozenset({"open", "os.mkdir", "os.rename", "os.remove", "shutil.copyfile", "sqlite3.connect"})


def quiet(_sentence: str) -> None:
    """Nobody listens."""


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do something in a child that is killed when it touches files so often; False when it was done before."""
    child = os.fork()
    if child == 0:
        left = step

        def count(event: str, _arguments: object) -> None:
            nonlocal left
            if event in FILE_EVENTS:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def steps() -> Iterator[int]:
    """Close together at the beginning, then ever further apart."""
    step = 1
    while True:
        yield step
        step += 1 + step // 6


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> Settings:
    made = Settings(data_dir=tmp_path / "data", database_url=sqlite_url, archive_url=str(tmp_path / "archive"))
    with Store.open(made) as store:
        fill(store, 5, 10)
    return made


def kept(settings: Settings) -> dict[str, object]:
    """What a store holds beside the queue of the index, which a restore makes anew."""
    with Store.open(settings) as store:
        return {name: rows for name, rows in content(store).items() if name != "index_queue"}


def test_a_backup_that_is_killed_anywhere_is_whole_or_not_there(settings: Settings, tmp_path: Path) -> None:
    folder, killed = tmp_path / "backup", 0

    def back_up() -> None:
        with Store.open(settings) as store:
            make(settings, store, folder, quiet, payloads=True, key=True)

    for step in steps():
        if not killed_at(step, back_up):
            break
        killed += 1
        if folder.exists():  # it had its name already, and only that was not synced yet
            read_verified(folder)
            shutil.rmtree(folder)
        else:
            with pytest.raises(BackupError):
                read_verified(folder)
    assert killed >= 10
    assert read_verified(folder).rows["notices"] == 10
    assert [path.name for path in tmp_path.glob("backup*")] == ["backup"]


def test_a_restore_that_is_killed_anywhere_is_repeated_and_nothing_starts_before(
    settings: Settings, tmp_path: Path
) -> None:
    with Store.open(settings) as store:
        make(settings, store, tmp_path / "backup", quiet, payloads=True, key=True)
    expected, killed = kept(settings), 0
    for step in steps():
        home = tmp_path / f"home {step}"
        new = Settings(data_dir=home, database_url=f"sqlite:///{home / 'vigie.sqlite'}", archive_url=str(home / "raw"))
        if not killed_at(step, lambda new=new: restore(new, tmp_path / "backup", quiet)):
            break
        killed += 1
        if (home / UNFINISHED_RESTORE).exists():
            with pytest.raises(ConfigurationError, match="was interrupted"):
                Store.open(new)
        restore(new, tmp_path / "backup", quiet)
        assert kept(new) == expected, step
        shutil.rmtree(home)
    assert killed >= 10
    assert kept(new) == expected


@pytest.mark.postgres
def test_programs_of_postgresql_that_outlive_their_killed_command_leave_nothing_half_done(
    tmp_path: Path, postgres_url: str, request: pytest.FixtureRequest
) -> None:
    empty = request.getfixturevalue("postgres_server").create_empty()
    whole = Settings(data_dir=tmp_path / "data", database_url=postgres_url, archive_url=str(tmp_path / "archive"))
    new = Settings(data_dir=tmp_path / "new", database_url=empty, archive_url=str(tmp_path / "archive2"))
    with Store.open(whole) as store:
        fill(store, 5, 30)
    folder = tmp_path / "backup"
    _killed_by_its_program("pg_dump", whole, tmp_path, "backup", str(folder))
    assert not folder.exists()
    with pytest.raises(BackupError):
        read_verified(tmp_path / "backup.unfinished")
    with Store.open(whole) as store:
        make(whole, store, folder, quiet, payloads=False, key=False)
    _killed_by_its_program("pg_restore", new, tmp_path, "restore", str(folder))
    assert (tmp_path / "pg_restore is over").read_text() != "0\n"  # it ended with the command, and filled nothing
    with pytest.raises(ConfigurationError, match="was interrupted"):
        Store.open(new)
    restore(new, folder, quiet)
    assert kept(new) == kept(whole)
    request.getfixturevalue("postgres_server").drop(empty)


def _killed_by_its_program(program: str, settings: Settings, folder: Path, *arguments: str) -> None:
    """Run a command that is killed as soon as it has started a program, which goes on; return when that has ended."""
    real = shutil.which(program)
    if real is None:
        pytest.skip(f"{program} is missing: install PostgreSQL's client programs (Debian: postgresql-client).")
    programs, over = folder / "programs", folder / f"{program} is over"
    programs.mkdir(exist_ok=True)
    wrapper = programs / program
    wrapper.write_text(f'#!/bin/sh\nkill -9 $PPID\n{real} "$@"\necho $? > "{over}"\n')
    wrapper.chmod(0o755)
    own = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
    own |= {"PYTHONPATH": str(ROOT), "PATH": f"{programs}:{own['PATH']}", "VIGIE_DATA_DIR": str(settings.data_dir)}
    own |= {"VIGIE_DATABASE_URL": settings.database, "VIGIE_ARCHIVE_URL": str(settings.archive_url)}
    command = [sys.executable, "-m", "cli", *arguments]
    done = subprocess.run(command, env=own, cwd=folder, timeout=PATIENCE, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    until(over.exists, PATIENCE, f"{program} ends")

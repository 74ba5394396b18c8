"""Where an export is drafted, and what is left of a draft."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
import time
from pathlib import Path

import pytest

from core.settings import Settings
from observatory.destinations import ABANDONED_AFTER, DRAFTS, writing_to
from store.remote import Remote, RemoteError


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation on a machine whose temporary folder takes nothing."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))
    return Settings(data_dir=tmp_path / "data")


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _left_behind(folder: Path, age: float) -> Path:
    """A draft as a process that is killed leaves it."""
    before = _files(folder)
    with contextlib.suppress(OSError), writing_to("memory://exports/killed.csv", Settings(data_dir=folder)):
        (draft,) = [path for path in _files(folder / DRAFTS) if path not in before]
        draft.rename(kept := folder / "kept")
    os.utime(kept, (time.time() - age, time.time() - age))
    return kept.rename(draft)


def test_an_export_to_another_machine_is_drafted_in_the_data_folder(settings: Settings) -> None:
    with writing_to("memory://exports/all.csv", settings) as file:
        file.write("id\n")
        assert len(_files(settings.data_dir / DRAFTS)) == 1
    assert Remote("memory://exports").read("all.csv") == b"id\n"
    assert _files(settings.data_dir) == []


def test_an_export_to_this_machine_is_drafted_beside_its_target(settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "new" / "all.csv"
    with writing_to(target.as_uri(), settings) as file:
        file.write("id\n")
        assert [path.parent for path in _files(tmp_path)] == [target.parent]
        assert not target.exists()
    assert target.read_text() == "id\n"
    assert _files(tmp_path) == [target]
    (plain := tmp_path / "plain").touch()
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)  # whoever may read others reads it


def _break(url: str, settings: Settings) -> None:
    with writing_to(url, settings) as file:
        file.write("half")
        raise ZeroDivisionError


def test_an_export_that_breaks_leaves_what_was_there_and_no_draft(settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "all.csv"
    target.write_text("of yesterday")
    for url in (target.as_uri(), "memory://exports/broken.csv"):
        with pytest.raises(ZeroDivisionError):
            _break(url, settings)
    assert target.read_text() == "of yesterday"
    assert _files(tmp_path) == [target]
    with pytest.raises(RemoteError):
        Remote("memory://exports").read("broken.csv")


def test_a_draft_that_a_killed_process_left_a_day_ago_is_removed_by_the_next_one(settings: Settings) -> None:
    day = ABANDONED_AFTER.total_seconds()
    old, young = _left_behind(settings.data_dir, day + 60), _left_behind(settings.data_dir, day - 60)
    other = settings.data_dir / DRAFTS / "of somebody else"
    other.touch()
    os.utime(other, (0, 0))
    with writing_to("memory://exports/all.csv", settings):
        assert not old.exists()
        assert young.exists()
        assert other.exists()


def test_a_draft_that_another_user_left_in_a_folder_of_many_stops_nobody(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = _left_behind(settings.data_dir, ABANDONED_AFTER.total_seconds() + 60)
    theirs = theirs.rename(tmp_path / theirs.name)
    unlink = Path.unlink

    def sticky(path: Path, missing_ok: bool = False) -> None:
        if path == theirs:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", sticky)
    with writing_to((tmp_path / "all.csv").as_uri(), settings) as file:
        file.write("id\n")
    assert (tmp_path / "all.csv").read_text() == "id\n"


def test_a_full_disk_is_named(settings: Settings) -> None:
    with pytest.raises(OSError, match="No space left on device") as told, writing_to("memory://x/y.csv", settings):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert str(settings.data_dir / DRAFTS) in str(told.value)

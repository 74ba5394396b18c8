"""A process whose main loop hangs is ended by the check of its container, which then starts it again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import main
from core import clock, logs
from core.settings import Settings
from monitoring.heartbeats import Heart
from tests.support.small_disks import small_disk


@pytest.fixture
def sleeping() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as process:
        yield process
        process.kill()


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(logs, "configure", lambda level="INFO": None)
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path))
    return tmp_path


def vigie(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    return result


def beat_of(data_dir: Path, pid: int) -> None:
    heart = Heart(Settings(data_dir=data_dir), None, "worker")
    heart._beat = heart._beat.model_copy(update={"pid": pid})
    heart.beat()


def test_a_worker_that_hangs_is_ended_and_one_that_lives_is_left_alone(
    data_dir: Path, sleeping: subprocess.Popen[bytes]
) -> None:
    beat_of(data_dir, sleeping.pid)
    assert "1 worker alive" in vigie("health", "worker", "--end-hanging").stderr
    assert sleeping.poll() is None
    with clock.frozen_at(clock.now() + timedelta(minutes=5)):
        assert "it hangs" in vigie("health", "worker", code=1).stderr
        assert sleeping.poll() is None
        assert "it hangs" in vigie("health", "worker", "--end-hanging", code=1).stderr
    assert sleeping.wait(30) == -signal.SIGKILL


def test_a_process_that_has_the_number_of_one_that_died_is_left_alone(
    data_dir: Path, sleeping: subprocess.Popen[bytes]
) -> None:
    with clock.frozen_at(clock.now() - timedelta(hours=1)):
        beat_of(data_dir, sleeping.pid)
    vigie("health", "worker", "--end-hanging", code=1)
    assert sleeping.poll() is None
    os.kill(sleeping.pid, 0)


def test_nobody_is_ended_while_no_heartbeat_can_be_written(data_dir: Path, sleeping: subprocess.Popen[bytes]) -> None:
    with small_disk(data_dir / "heartbeats", megabytes=1) as disk:
        beat_of(data_dir, sleeping.pid)
        disk.fill()
        with clock.frozen_at(clock.now() + timedelta(minutes=5)):
            told = vigie("health", "worker", "--end-hanging", code=1).stderr
            assert "No space left on device" in told
            assert "is not ended" in told
            assert sleeping.poll() is None
            disk.clear()
            vigie("health", "worker", "--end-hanging", code=1)
        assert sleeping.wait(30) == -signal.SIGKILL
        assert len(list(disk.folder.iterdir())) == 1  # the heartbeat; nothing is left of the trial


def test_a_site_is_only_asked(data_dir: Path) -> None:
    assert "--end-hanging is for" in vigie("health", "web", "--end-hanging", code=1).stderr

"""What `vigie up` promises about its processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from scheduler import supervisor
from scheduler.supervisor import Child, Supervisor, end_all, spawn

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"


def _counting(path: Path) -> Child:
    """A child that notes that it lived and dies at once."""
    return Child("short", (sys.executable, "-c", f"open({str(path)!r}, 'a').write('x')"))


def _until(condition: object, seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if callable(condition) and condition():
            return
        time.sleep(0.02)
    raise AssertionError("what was waited for did not happen")


def test_a_process_that_dies_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_BACKOFF_SECONDS", 0.05)
    lives = tmp_path / "lives"
    watched = Supervisor([_counting(lives)])
    thread = threading.Thread(target=watched.run)
    thread.start()
    try:
        _until(lambda: lives.exists() and len(lives.read_text()) >= 2)
    finally:
        watched.stop()
        thread.join(15)
    assert not thread.is_alive()


def test_sigterm_ends_the_supervisor_and_every_child(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    child = f"import os, time; open({str(pids)!r}, 'a').write(str(os.getpid()) + ' '); time.sleep(60)"
    program = (
        "import sys; from scheduler.supervisor import Child, Supervisor;"
        f"Supervisor([Child(str(n), (sys.executable, '-c', {child!r})) for n in range(2)]).run()"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])
    _until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    parent.send_signal(signal.SIGTERM)
    assert parent.wait(10) == 0
    for pid in pids.read_text().split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


def test_a_child_that_ignores_sigterm_is_killed_after_the_grace() -> None:
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == b"on\n"
    end_all([process], grace=0.3)
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL


def test_a_child_lives_in_a_process_group_of_its_own() -> None:
    process = spawn(Child("group", (sys.executable, "-c", "import time; time.sleep(60)")))
    try:
        assert os.getpgid(process.pid) == process.pid
    finally:
        end_all([process], grace=5)

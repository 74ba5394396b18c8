"""A worker that is told to stop is gone when its grace is over, whatever one of its threads hangs on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HANGS = """
import threading
from scheduler.distributed_worker import end_by_force
stopping = threading.Event()
end_by_force(stopping, 0.2)
stopping.set()
threading.Event().wait()
"""


def test_work_that_does_not_end_keeps_no_worker_beyond_its_grace() -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", HANGS], cwd=root, timeout=60, check=False, capture_output=True)
    assert done.returncode == 1
    assert b"did not end in" in done.stderr

"""A child on a lifeline ends with whoever began it, also one that does not listen, and its own children with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.machines import is_gone
from tests.support.up import until

ROOT = Path(__file__).parents[3]
LISTENS = ""
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
CHILD = """
import signal, subprocess, sys
from scheduler import lifeline
{what}
lifeline.tie(grace=0.5)
grandchild = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print(grandchild.pid, flush=True)
while True: signal.pause()
"""
PARENT = """
import sys
from scheduler import lifeline
from scheduler.supervisor import Child, spawn
with lifeline.held() as stdin:
    child = spawn(Child("child", (sys.executable, "-c", sys.argv[1])), stdin=stdin)
    print(child.pid, flush=True)
    child.wait()
"""


@pytest.mark.parametrize("what", [LISTENS, DEAF], ids=["listens", "deaf"])
def test_a_child_ends_when_the_process_that_began_it_is_killed(what: str) -> None:
    command = [sys.executable, "-c", PARENT, CHILD.format(what=what)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        assert parent.stdout is not None
        child, grandchild = int(parent.stdout.readline()), int(parent.stdout.readline())
        assert not is_gone(child)
        parent.kill()
    until(lambda: is_gone(child), 30, "the child ends with its parent")
    if what == DEAF:  # by force, and what it started with it
        until(lambda: is_gone(grandchild), 30, "the grandchild ends as well")
    else:
        os.kill(grandchild, signal.SIGKILL)

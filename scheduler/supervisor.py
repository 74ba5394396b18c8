"""`vigie up`: one supervisor of the processes that make a one-machine installation.

Children are started in order, restarted with a back-off when they die, and ended together: SIGTERM first, SIGKILL for
whoever is still there when the grace is over. Handlers for SIGINT and SIGTERM are installed explicitly, because a
background job of a shell inherits an ignored SIGINT.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import FrameType

log = logging.getLogger(__name__)

GRACE_SECONDS = 6.5
NEEDED_GRACE_SECONDS = 2.0
FIRST_BACKOFF_SECONDS = 1.0
LONGEST_BACKOFF_SECONDS = 60.0
STEADY_SECONDS = 60.0
"""A child that lived this long is restarted at once; a shorter life doubles the wait."""


@dataclass(frozen=True)
class Child:
    """A process to keep alive."""

    name: str
    arguments: tuple[str, ...]
    quiet: bool = False
    """Its stdout is not for the person at the terminal; what goes wrong is on stderr."""
    needed: bool = False
    """Others work with it (a portal, a mail server) until they have ended: it ends after them."""


@dataclass
class _Life:
    child: Child
    process: subprocess.Popen[bytes]
    started: float
    backoff: float = FIRST_BACKOFF_SECONDS
    restart_at: float | None = None


class Supervisor:
    """Keeps children alive until it is told to stop."""

    def __init__(self, children: Iterable[Child]) -> None:
        self._children = tuple(children)
        self._lives: list[_Life] = []
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Ask `run` to end everything; safe from a signal handler or another thread."""
        self._stopping.set()

    def run(self) -> None:
        """Start all children and keep them alive until `stop`, SIGINT or SIGTERM; then end them all."""
        self._install_signals()
        try:
            self._lives = [self._start(child) for child in self._children if not self._stopping.is_set()]
            while not self._stopping.wait(0.2):
                for life in self._lives:
                    self._look_after(life)
        finally:
            end_all([life.process for life in self._lives if not life.child.needed], GRACE_SECONDS)
            end_all([life.process for life in self._lives if life.child.needed], NEEDED_GRACE_SECONDS)

    def _install_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        signal.signal(signal.SIGINT, handle)
        signal.signal(signal.SIGTERM, handle)

    def _start(self, child: Child) -> _Life:
        return _Life(child, spawn(child), time.monotonic())

    def _look_after(self, life: _Life) -> None:
        if life.process.poll() is None:
            return
        now = time.monotonic()
        if life.restart_at is None:
            if now - life.started > STEADY_SECONDS:
                life.backoff = FIRST_BACKOFF_SECONDS
            log.warning(
                "%s ended with code %s; restarting in %.0f s", life.child.name, life.process.returncode, life.backoff
            )
            life.restart_at = now + life.backoff
            life.backoff = min(life.backoff * 2, LONGEST_BACKOFF_SECONDS)
        elif now >= life.restart_at:
            life.process, life.started, life.restart_at = spawn(life.child), now, None


def spawn(child: Child, stdin: int | None = None) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own, so that a Ctrl-C of the terminal reaches only the supervisor."""
    output = subprocess.DEVNULL if child.quiet else None
    return subprocess.Popen(  # noqa: S603 (our own commands)
        child.arguments, stdin=stdin, stdout=output, start_new_session=True
    )


def end_all(processes: Iterable[subprocess.Popen[bytes]], grace: float) -> None:
    """SIGTERM to all at once, SIGKILL to those (and their children) still there after `grace` seconds."""
    alive = [process for process in processes if process.poll() is None]
    for process in alive:
        process.terminate()
    until = time.monotonic() + grace
    for process in alive:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("process %s did not end in %.0f s; killing it", process.pid, grace)
            _kill_group(process)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        log.debug("process group %s was gone already", process.pid)
    process.wait()


def vigie(*arguments: str) -> tuple[str, ...]:
    """The command line of one of our own commands in this environment."""
    return (sys.executable, "-m", "cli", *arguments)

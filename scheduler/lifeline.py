"""A crawl ends with whoever began it, however that one ended: killed, out of memory, cut off from its terminal.

Who begins a crawl holds the writing end of a pipe that is the crawl's standard input. The system closes it with the
process, and the crawl that reads the end of the pipe stops as on SIGTERM. No crawl goes on that nobody can cancel, and
the next worker need not wait for it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from collections.abc import Iterator

log = logging.getLogger(__name__)

OPTION = "--tied"
"""Tells a command that its standard input is such a pipe."""
GRACE_SECONDS = 15.0
"""A crawl that is told to stop writes what it has in less, also on a busy machine; when the database is away it cannot,
and is ended. Nobody waits for it: the job of a dead worker is taken over later than that."""


@contextlib.contextmanager
def held() -> Iterator[int]:
    """The standard input of a child that is to end with this process, or with the block if it is still there."""
    reading, writing = os.pipe()  # neither end reaches any other child
    try:
        yield reading
    finally:
        os.close(writing)
        os.close(reading)


def tie(grace: float = GRACE_SECONDS) -> None:
    """Stop this process as on SIGTERM when its standard input ends, and by force `grace` seconds later."""
    pipe, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # programs that this one starts must not read it
    os.close(nothing)
    threading.Thread(target=_watch, args=(pipe, grace), name="lifeline", daemon=True).start()


def _watch(pipe: int, grace: float) -> None:
    while os.read(pipe, 1):
        pass
    log.warning("Whoever began this process is gone; it ends.")
    os.kill(os.getpid(), signal.SIGTERM)
    if not threading.Event().wait(grace):
        log.error("This process did not end in %.1f s; it is ended.", grace)
        _end_by_force()


def _end_by_force() -> None:
    if os.getpgrp() == os.getpid():  # what it started, such as a browser, ends with it
        os.killpg(0, signal.SIGKILL)
    os._exit(1)

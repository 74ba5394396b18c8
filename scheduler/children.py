"""Child processes that an event loop waits for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal

from scheduler import lifeline

log = logging.getLogger(__name__)

GRACE_SECONDS = 6.5
"""A crawl that is told to stop writes what it has in less."""


async def run(command: tuple[str, ...]) -> int:
    """Run a command to its end; its exit code, negative when a signal ended it. Cancelled, it ends the child first.

    The command's standard input ends with this process: see `scheduler.lifeline`.
    """
    with lifeline.held() as stdin:
        child = await asyncio.create_subprocess_exec(
            *command, stdin=stdin, stdout=asyncio.subprocess.DEVNULL, start_new_session=True
        )
        try:
            return await child.wait()
        except asyncio.CancelledError:
            await _end(child)
            raise


async def _end(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    try:
        await asyncio.wait_for(child.wait(), GRACE_SECONDS)
    except TimeoutError:
        log.warning("process %s did not end in %.0f s; killing it", child.pid, GRACE_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()

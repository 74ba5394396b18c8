"""Local dispatch: crawls of one machine as child processes, one at a time per portal.

The regular crawl goes before the background: between two chunks of the backfill a lane looks whether a regular crawl
was asked for. Several requests that arrive while one waits are one.
"""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Callable
from datetime import date, timedelta

from scheduler.supervisor import Child, end_all, spawn, vigie

log = logging.getLogger(__name__)

CHUNK_DAYS = 7
"""Days of one background crawl, so that a regular crawl waits minutes at most."""
GRACE_SECONDS = 5.0

MissingDays = Callable[[], tuple[date, ...]]
"""Days of the backfill that no complete window covers yet."""


class Lane:
    """The crawls of one portal, one after another, in a thread of its own."""

    def __init__(self, portal: str, missing_days: MissingDays, room: threading.BoundedSemaphore) -> None:
        self.portal = portal
        self._room = room
        self._missing_days = missing_days
        self._tried: set[date] = set()
        self._wanted = False
        self._changed = threading.Condition()
        self._stopping = False
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name=f"lane-{portal}", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def request(self) -> None:
        """Ask for a regular crawl; waits once, whatever the number of requests."""
        with self._changed:
            self._wanted = True
            self._changed.notify()

    def retry_backfill(self) -> None:
        """Let the backfill try again the days that stayed incomplete."""
        with self._changed:
            self._tried.clear()
            self._changed.notify()

    def tell_to_stop(self) -> None:
        """Begin no further crawl, and let the running one write what it has. Does not wait."""
        with self._changed:
            self._stopping = True
            if self._process is not None:
                self._process.terminate()
            self._changed.notify()

    def stop(self) -> None:
        """End the running crawl and the thread. Where there are several lanes, tell all of them first."""
        self.tell_to_stop()
        process = self._process
        if process is not None:
            end_all([process], GRACE_SECONDS)
        self._thread.join(GRACE_SECONDS)

    def _run(self) -> None:
        while (arguments := self._next()) is not None:
            code = self._crawl(arguments)
            if code not in (0, None) and not self._stopping:
                log.warning("a crawl of %s did not end complete (code %s); `vigie status` says why", self.portal, code)

    def _next(self) -> tuple[str, ...] | None:
        """Arguments of the next crawl; waits until there is one; None when stopping."""
        with self._changed:
            while not self._stopping:
                if self._wanted:
                    self._wanted = False
                    return ("crawl", self.portal, "--scheduled")
                if chunk := self._chunk():
                    start, end = chunk
                    span = ("--from", start.isoformat(), "--to", end.isoformat())
                    return ("crawl", self.portal, *span, "--scheduled", "--purpose", "backfill")
                self._changed.wait(60.0)
        return None

    def _chunk(self) -> tuple[date, date] | None:
        """The newest run of missing days not tried yet, at most CHUNK_DAYS long; both ends inclusive."""
        days = sorted(day for day in self._missing_days() if day not in self._tried)
        if not days:
            return None
        end = start = days[-1]
        while start - timedelta(days=1) in days and (end - start).days + 1 < CHUNK_DAYS:
            start -= timedelta(days=1)
        self._tried.update(start + timedelta(days=n) for n in range((end - start).days + 1))
        return start, end

    def _crawl(self, arguments: tuple[str, ...]) -> int | None:
        """Crawl in a process, when there is room for one: all lanes share the machine."""
        with self._room:
            with self._changed:
                if self._stopping:
                    return None
                self._process = spawn(Child(f"crawl {self.portal}", vigie(*arguments), quiet=True))
            code = self._process.wait()
            with self._changed:
                self._process = None
            return code

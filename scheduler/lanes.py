"""Local dispatch: crawls of one machine as child processes, one at a time per portal.

The regular crawl goes before the background: between two chunks of the backfill a lane looks whether a regular crawl
was asked for, and of the lanes that wait for the machine those with a regular crawl go first. Several requests that
arrive while one waits are one.
"""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta

from scheduler import lifeline
from scheduler.supervisor import Child, end_all, spawn, vigie

log = logging.getLogger(__name__)

CHUNK_DAYS = 7
"""Days of one background crawl, so that a regular crawl waits minutes at most."""
GRACE_SECONDS = 5.0
PAUSE_SECONDS = 60.0
"""A lane without work looks that often whether days are missing."""

Command = Callable[..., tuple[str, ...]]
"""The command line of one of our own commands, from its arguments."""
MissingDays = Callable[[], tuple[date, ...]]
"""Days of the backfill that no complete window covers yet."""


class Room:
    """How many crawls the machine carries at once, and who is next: regular crawls, then whoever waits the longest."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._waiting: list[Lane] = []
        self._changed = threading.Condition()

    def look_again(self) -> None:
        """A lane wants something else than when it began to wait."""
        with self._changed:
            self._changed.notify_all()

    @contextmanager
    def place_for(self, lane: Lane) -> Iterator[None]:
        """A place on the machine; a lane that is told to stop gets one at once, and has nothing to do with it."""
        with self._changed:
            self._waiting.append(lane)
            self._changed.wait_for(lambda: lane.stopping or (self._places > 0 and self._next() is lane))
            self._waiting.remove(lane)
            self._places -= 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._places += 1
                self._changed.notify_all()

    def _next(self) -> Lane:
        return min(self._waiting, key=lambda lane: not lane.wanted)


class Lane:
    """The crawls of one portal, one after another, in a thread of its own."""

    def __init__(
        self,
        portal: str,
        missing_days: MissingDays,
        room: Room,
        paused: Callable[[], bool] = lambda: False,
        command: Command = vigie,
    ) -> None:
        """`paused` says whether an operator paused the portal: what is asked for then waits until it is resumed."""
        self.portal = portal
        self._command = command
        self._paused = paused
        self._room = room
        self._missing_days = missing_days
        self._tried: set[date] = set()
        self.wanted = False
        """Whether a regular crawl was asked for."""
        self.stopping = False
        self._cancelled = False
        self._look_again = False
        self._changed = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name=f"lane-{portal}", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def request(self) -> bool:
        """Ask for a regular crawl; waits once, whatever the number of requests. False when one waits already."""
        with self._changed:
            new = not self.wanted
            self.wanted = True
            self._changed.notify()
        self._room.look_again()
        return new

    def cancel(self) -> int:
        """End the running crawl and drop the regular one that waits; how many those were."""
        with self._changed:
            dropped = int(self.wanted) + int(self._process is not None)
            self.wanted = False
            if self._process is not None:
                self._cancelled = True
                self._process.terminate()
        return dropped

    def retry_backfill(self) -> None:
        """Let the backfill try again the days that stayed incomplete."""
        with self._changed:
            self._tried.clear()
            self._look_again = True
            self._changed.notify()

    def tell_to_stop(self) -> None:
        """Begin no further crawl, and let the running one write what it has. Does not wait."""
        with self._changed:
            self.stopping = True
            if self._process is not None:
                self._process.terminate()
            self._changed.notify()
        self._room.look_again()

    def stop(self) -> None:
        """End the running crawl and the thread. Where there are several lanes, tell all of them first."""
        self.tell_to_stop()
        process = self._process
        if process is not None:
            end_all([process], GRACE_SECONDS)
        self._thread.join(GRACE_SECONDS)

    def _run(self) -> None:
        while not self.stopping:
            try:
                if self._paused():
                    self._wait(lambda: self.stopping)
                elif self._has_work():
                    with self._room.place_for(self):
                        self._crawl_next()
                else:
                    self._wait(lambda: self.stopping or self.wanted or self._look_again)
            except Exception:
                # A database that is away for a moment must not end the crawls of this portal for good.
                log.exception("The crawls of %s cannot go on; they are tried again in a minute", self.portal)
                self._wait(lambda: self.stopping)

    def _wait(self, enough: Callable[[], bool]) -> None:
        with self._changed:
            self._changed.wait_for(enough, PAUSE_SECONDS)

    def _has_work(self) -> bool:
        self._look_again = False
        return self.wanted or bool(self._untried())

    def _untried(self) -> list[date]:
        return sorted(day for day in self._missing_days() if day not in self._tried)

    def _crawl_next(self) -> None:
        """The crawl that comes first now that there is room: a regular one may have been asked for meanwhile."""
        regular, chunk = self.wanted, None
        if not regular:
            chunk = self._chunk()
            if chunk is None:
                return
        code = self._crawl(regular_crawl(self.portal) if chunk is None else crawl_of_days(self.portal, *chunk), regular)
        with self._changed:
            self._process = None
            cancelled, self._cancelled = self._cancelled, False
        if code != 0 and not self.stopping and not cancelled:
            log.warning("a crawl of %s did not end complete (code %s); `vigie status` says why", self.portal, code)

    def _crawl(self, arguments: tuple[str, ...], regular: bool) -> int:
        """Crawl in a child that ends with this process; its exit code, zero when it was not to begin any more."""
        child = Child(f"crawl {self.portal}", self._command(*arguments), quiet=True)
        with lifeline.held() as stdin:
            with self._changed:
                if self.stopping:
                    return 0
                self._process = process = spawn(child, stdin=stdin)
                if regular:
                    self.wanted = False
            return process.wait()

    def _chunk(self) -> tuple[date, date] | None:
        """The newest run of missing days not tried yet."""
        chunk = newest_run(self._untried())
        if chunk is not None:
            start, end = chunk
            self._tried.update(start + timedelta(days=n) for n in range((end - start).days + 1))
        return chunk


def newest_run(days: Sequence[date]) -> tuple[date, date] | None:
    """The newest days that follow one another, at most `CHUNK_DAYS`; both ends inclusive."""
    if not days:
        return None
    known = set(days)
    end = start = max(known)
    while start - timedelta(days=1) in known and (end - start).days + 1 < CHUNK_DAYS:
        start -= timedelta(days=1)
    return start, end


def regular_crawl(portal: str) -> tuple[str, ...]:
    """What to type after `vigie` for the regular crawl."""
    return ("crawl", portal, "--scheduled", lifeline.OPTION)


def crawl_of_days(portal: str, start: date, end: date) -> tuple[str, ...]:
    """What to type after `vigie` for a crawl of the background."""
    span = ("--from", start.isoformat(), "--to", end.isoformat())
    return ("crawl", portal, *span, "--scheduled", lifeline.OPTION, "--purpose", "backfill")

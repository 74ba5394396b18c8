"""Any number of schedulers, of which one leads: it alone fires, and the next takes over when it is gone.

Who leads holds an advisory lock of PostgreSQL on a connection of its own, and asks every few seconds whether it still
does. A leader that died, hangs or is cut off loses the lock within `SILENCE` seconds, on the server's side; a leader
that finds the lock gone stops firing. Should two believe to lead for a moment, each due moment is still claimed once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from store import Store, StoreError
from store.session_locks import SessionLock

log = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
SILENCE = 12.0
"""Seconds without a word after which the server takes the lock from a leader."""


Pulse = Callable[[str], None]
"""Told that the loop lives, and whether this process leads."""
Start = Callable[[], Callable[[], None]]
"""Begins what the leader does, and hands out what ends it again."""


def lead(
    store: Store,
    start: Start,
    stopping: threading.Event,
    look: float = LOOK_SECONDS,
    silence: float = SILENCE,
    pulse: Pulse = lambda _doing: None,
) -> None:
    """Until `stopping` is set: wait for the lead, do what `start` begins as long as it is had, wait again.

    On SQLite, which serves one machine, the lead is always had. `pulse` is told all the time what this process does.
    """
    lock = SessionLock(store.database, "leader", silence=silence)
    told = away = False
    try:
        while not stopping.is_set():
            pulse("waits")
            led, away = _acquired(lock, away=away)
            if not led:
                if not (told or away):
                    log.info("Another scheduler leads; this one waits for its turn")
                    told = True
                stopping.wait(look)
                continue
            told = False
            try:
                _one_term(lock, start, stopping, look, pulse)
            except Exception:
                if store.database.is_sqlite:
                    raise  # nobody else would lead
                log.exception("The lead is given up")
                stopping.wait(look)
    finally:
        lock.release()


def _acquired(lock: SessionLock, *, away: bool) -> tuple[bool, bool]:
    """Whether the lock is had, and whether the database is away, which is told once."""
    try:
        return lock.acquire(), False
    except StoreError as error:
        if not away:
            log.warning("Nothing is fired until the database is back: %s", error)
        return False, True


def _one_term(lock: SessionLock, start: Start, stopping: threading.Event, look: float, pulse: Pulse) -> None:
    log.info("This scheduler leads")
    over, lost = threading.Event(), threading.Event()
    keeper = threading.Thread(target=_keep, args=(lock, look, over, lost), name="lead")
    keeper.start()
    try:
        pulse("leads")
        end = start()
        try:
            while not stopping.wait(min(look, 0.5)) and not lost.is_set():
                pulse("leads")
        finally:
            end()
    finally:
        over.set()
        keeper.join()
        if not stopping.is_set():
            log.warning("This scheduler leads no more; nothing is fired until one does")
            lock.release()


def _keep(lock: SessionLock, look: float, over: threading.Event, lost: threading.Event) -> None:
    """Show a sign of life, also while a long start keeps the term's own thread."""
    while not over.wait(look):
        if not lock.held():
            lost.set()
            return

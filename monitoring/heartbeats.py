"""Signs of life of long-lived processes: a row in the store for everybody, a file for the machine itself.

The row (`store.meta`) tells the site and the operators which schedulers and workers there are, on whatever machine. The
file in the data folder is what a container's health check reads (`vigie health worker`): it does not depend on the
store, so that a database that is away for a while does not get healthy workers restarted.

A process is alive when its main loop is: the loop calls `pulse`, and a heart whose loop has been silent for longer than
its patience stops beating.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import AwareDatetime, ValidationError

from core import clock
from core.errors import VigieError
from core.settings import Settings
from notices.model import Frozen
from store import Store

log = logging.getLogger(__name__)

PERIOD_SECONDS = 10.0
AGAIN_SECONDS = 1.0
"""After a beat whose file could not be written: with room on the disk again, a process soon looks alive."""
FRESH = timedelta(seconds=60)
"""A process that has not been heard of for longer is not alive."""
FORGOTTEN = timedelta(days=1)
PATIENCE_SECONDS = 180.0
"""How long a step of a main loop may last before the process counts as hanging."""
_PREFIX = "heartbeat:"
_FOLDER = "heartbeats"


class Beat(Frozen):
    """What a process says of itself."""

    role: str
    """`scheduler`, `worker` or `web`."""
    host: str
    pid: int
    doing: str = ""
    """The queues of a worker; whether a scheduler leads."""
    since: AwareDatetime
    at: AwareDatetime

    def fresh(self, now: datetime) -> bool:
        """Whether the process was heard of lately."""
        return now - self.at <= FRESH

    @property
    def name(self) -> str:
        """The process among all others."""
        return f"{self.role}:{self.host}:{self.pid}"


class Heart:
    """Beats for this process from `start` to `stop`, as long as its main loop pulses."""

    def __init__(
        self, settings: Settings, store: Store | None, role: str, doing: str = "", patience: float = PATIENCE_SECONDS
    ) -> None:
        self._store = store
        self._folder = settings.data_dir / _FOLDER
        self._patience = patience
        self._beat = Beat(
            role=role, host=socket.gethostname(), pid=os.getpid(), doing=doing, since=clock.now(), at=clock.now()
        )
        self._pulsed = time.monotonic()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)
        self._written = True
        self._told: set[str] = set()

    def start(self) -> Self:
        """Beat once at once, then every few seconds."""
        self.beat()
        self._thread.start()
        return self

    def pulse(self, doing: str | None = None) -> None:
        """The main loop is alive; `doing` replaces what is told of it."""
        self._pulsed = time.monotonic()
        if doing is not None and doing != self._beat.doing:
            self._beat = self._beat.model_copy(update={"doing": doing})

    def stop(self) -> None:
        """End, and take the signs of life away: a process that ended is not missed."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5.0)
        self._path.unlink(missing_ok=True)
        if self._store is not None:
            store, key = self._store, f"{_PREFIX}{self._beat.name}"
            self._guarded("The last heartbeat", lambda: store.meta.delete(key))

    def beat(self) -> bool:
        """Write the signs of life, unless the main loop hangs; whether this machine's was written."""
        if time.monotonic() - self._pulsed > self._patience:
            log.error("The main loop of this %s has been silent for %.0f s.", self._beat.role, self._patience)
            return False
        self._beat = self._beat.model_copy(update={"at": clock.now()})
        told = self._beat.model_dump_json()
        self._written = self._guarded("The heartbeat file", lambda: self._write(told))
        if self._store is not None:
            store = self._store
            self._guarded("The heartbeat", lambda: store.meta.set(f"{_PREFIX}{self._beat.name}", told))
        return self._written

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _path(self) -> Path:
        return self._folder / f"{self._beat.role}@{self._beat.host}-{self._beat.pid}.json"

    def _write(self, told: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".part")
        draft.write_text(told, encoding="utf-8")
        draft.replace(self._path)

    def _run(self) -> None:
        while not self._stopping.wait(PERIOD_SECONDS if self._written else AGAIN_SECONDS):
            self.beat()

    def _guarded(self, what: str, action: Callable[[], object]) -> bool:
        """A store that is away must not end the process that waits for it; it is said once. Whether it was done."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - whatever the driver raises, the process goes on
            (log.debug if what in self._told else log.warning)("%s cannot be written: %s", what, error)
            self._told.add(what)
            return False
        self._told.discard(what)
        return True


def beats(store: Store, now: datetime | None = None) -> list[Beat]:
    """Every process that was heard of within a day, by role; older rows are taken away."""
    at = now or clock.now()
    found = []
    for name, value in store.meta.under(_PREFIX).items():
        beat = _read(value)
        if beat is None or at - beat.at > FORGOTTEN:
            store.meta.delete(f"{_PREFIX}{name}")
        else:
            found.append(beat)
    return sorted(found, key=lambda beat: beat.name)


def of_this_machine(data_dir: Path, role: str | None = None) -> list[Beat]:
    """What the processes of this machine wrote last; files of processes that are gone are taken away."""
    found = []
    for path in sorted((data_dir / _FOLDER).glob("*.json")):
        beat = _read_file(path)
        if beat is None or beat.host != socket.gethostname() or role not in (None, beat.role):
            continue
        if _is_gone(beat.pid):
            path.unlink(missing_ok=True)
        else:
            found.append(beat)
    return found


def end_hanging(data_dir: Path, beat: Beat) -> bool:
    """Kill a process of this machine whose main loop hangs, so that whoever looks after it starts it again.

    False when it has gone meanwhile, and its number is another process's. `VigieError` when no heartbeat can be written
    now: a process that lives looks the same then, and nobody is killed.
    """
    began = _began(beat.pid)
    if _is_gone(beat.pid) or (began is not None and began > beat.at + timedelta(seconds=2)):
        return False
    _try_to_write(data_dir / _FOLDER, beat)
    log.error("The %s %s hangs since %s and is ended.", beat.role, beat.pid, beat.at)
    os.kill(beat.pid, signal.SIGKILL)
    return True


def _try_to_write(folder: Path, beat: Beat) -> None:
    trial = folder / f"{os.getpid()}.trial"
    try:
        try:
            trial.write_text(beat.model_dump_json(), encoding="utf-8")
        finally:
            trial.unlink(missing_ok=True)
    except OSError as error:
        raise VigieError(
            f"The {beat.role} {beat.pid} was last heard of at {beat.at:%Y-%m-%d %H:%M:%S} UTC, but no heartbeat can be "
            f"written to {folder} ({error.strerror or error}): it may live, and is not ended. "
            "Make room there, and let this user write."
        ) from error


def _began(pid: int) -> datetime | None:
    """When a process began, as Linux tells it; None elsewhere."""
    try:
        since_boot = int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
        booted = next(line for line in Path("/proc/stat").read_text(encoding="ascii").splitlines() if "btime" in line)
    except (OSError, StopIteration):
        return None
    return datetime.fromtimestamp(int(booted.split()[1]) + since_boot / os.sysconf("SC_CLK_TCK"), UTC)


def _read_file(path: Path) -> Beat | None:
    try:
        return _read(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, UnicodeDecodeError) as error:
        log.debug("no heartbeat in %s: %s", path, error)
        return None


def _read(value: str) -> Beat | None:
    try:
        return Beat.model_validate(json.loads(value))
    except (ValueError, ValidationError) as error:
        log.warning("A heartbeat cannot be read and is left out: %s", error)
        return None


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # it is there, and somebody else's
    return False

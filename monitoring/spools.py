"""Which machines hold archive segments that could not be moved yet, told to all through the store.

A segment is written on the machine that crawls, in its spool, and moved to the archive's URL when it is closed. While
the URL is away the crawls go on and segments wait. Every machine notes in `store.meta` what waits there and what the
archive said, so that one incident tells the operator, and so that a payload that is not at the URL can be looked for.
"""

from __future__ import annotations

import logging
import secrets
import socket
import threading
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import AwareDatetime, ValidationError

from core import clock
from core.settings import Settings
from notices.model import Frozen
from store import Archive, Store
from store.records import IncidentKind
from store.segments import spool_path

log = logging.getLogger(__name__)

PERIOD_SECONDS = 300.0
SILENT_AFTER = timedelta(hours=1)
"""A machine with waiting segments that has not been heard of for longer may be gone, and its disk with it."""
_PREFIX = "spool:"
_NAME_FILE = "spool.id"


class Spool(Frozen):
    """What waits on one machine."""

    id: str
    """Of the folder, not of the machine: a container that is made anew with its old volume is the same spool."""
    host: str
    segments: int
    bytes: int
    trouble: str | None = None
    """What the archive said when a segment could not be moved."""
    at: AwareDatetime

    def silent(self, now: datetime) -> bool:
        """Whether nothing was heard of the machine for longer than can be well."""
        return now - self.at > SILENT_AFTER

    @property
    def described(self) -> str:
        """For operators."""
        size = f"{self.segments} segments, {self.bytes / 1_000_000:.1f} MB"
        return f"{self.host} ({self.id}): {size}, {self.at:%Y-%m-%d %H:%M} UTC" + (
            f": {self.trouble}" if self.trouble else ""
        )


def tend(settings: Settings, store: Store) -> Spool:
    """Move what processes of this machine left behind, note what still waits, and judge all machines."""
    archive = Archive.open(settings, store.payloads)
    archive.close()
    return note(store, archive, settings.spool_dir)


def note(store: Store, archive: Archive, folder: Path) -> Spool:
    """Tell the store what waits in a spool now that its archive is closed; opens or closes the incident."""
    sizes = [_size(spool_path(folder, name)) for name in archive.waiting()]
    found = Spool(
        id=_id_of(folder), host=socket.gethostname(), segments=len(sizes), bytes=sum(sizes),
        trouble=archive.trouble, at=clock.now(),
    )  # fmt: skip
    key = _PREFIX + found.id
    if found.segments:
        store.meta.set(key, found.model_dump_json())
    elif store.meta.get(key) is not None:
        store.meta.delete(key)
    judge(store)
    return found


def spools(store: Store) -> list[Spool]:
    """Every machine on which segments wait, by name; those of crawls that run among them."""
    found = []
    for name, value in store.meta.under(_PREFIX).items():
        try:
            found.append(Spool.model_validate_json(value))
        except ValidationError as error:
            log.warning("What waits in the spool %s cannot be read: %s", name, error)
    return sorted(found, key=lambda spool: (spool.host, spool.id))


def forget(store: Store, spool_id: str) -> bool:
    """Give up the segments of a machine that will not come back; whether it was known."""
    gone = store.meta.delete(_PREFIX + spool_id)
    judge(store)
    return gone


def judge(store: Store, now: datetime | None = None) -> None:
    """One incident for all machines whose segments cannot be moved or may be lost."""
    at = now or clock.now()
    held = [spool for spool in spools(store) if spool.trouble or spool.silent(at)]
    if not held:
        store.incidents.close(None, IncidentKind.ARCHIVE_WAITING)
        return
    count = sum(spool.segments for spool in held)
    details = {"count": count, "machines": [spool.described for spool in held[:20]]}
    message = f"L'archive ne prend pas les données brutes ; {count} segment(s) attendent sur {len(held)} machine(s)."
    store.incidents.open(None, IncidentKind.ARCHIVE_WAITING, message, details)


class Keeper:
    """Tends the spool of this machine every few minutes, beside a long-lived process."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping.set()  # an upload that is under way ends with the process; its segment stays in the spool

    def _run(self) -> None:
        while not self._stopping.wait(PERIOD_SECONDS):
            try:
                tend(self._settings, self._store)
            except Exception as error:  # noqa: BLE001 - whatever is away now is asked again
                log.warning("The spool of this machine cannot be tended now: %s", error)


def _id_of(folder: Path) -> str:
    path = folder / _NAME_FILE
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
    name = secrets.token_hex(6)
    try:
        with path.open("x", encoding="ascii") as file:
            file.write(name)
    except FileExistsError:  # another process was quicker
        return path.read_text(encoding="ascii").strip()
    return name


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # moved meanwhile
        return 0

"""Segments of the archive in the local spool: one file per process, locked while its process lives."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from store.errors import ArchiveError
from store.warc import whole_member_after, whole_members

SUFFIX = ".warc.gz"

log = logging.getLogger(__name__)


@dataclass
class Segment:
    """A file in the spool that this process appends to."""

    name: str
    path: Path
    descriptor: int
    pid: int
    size: int = 0
    _linked: bool = False

    @classmethod
    def create(cls, spool: Path, name: str) -> Segment:
        """A new segment, locked so that nobody takes it for the leftover of a dead process."""
        path = spool_path(spool, name)
        while True:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o640)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_at(path, descriptor):
                return cls(name=name, path=path, descriptor=descriptor, pid=os.getpid())
            # Another process found the empty file before it was locked, and cleared it away.
            os.close(descriptor)

    def append(self, data: bytes) -> int:
        """Write data at the end; its offset. When the disk takes only a part, nothing of it stays."""
        offset = self.size
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self.descriptor, view) :]
        except OSError as error:
            os.ftruncate(self.descriptor, offset)
            raise ArchiveError(
                f"The raw archive cannot write to its spool {self.path.parent}: {error.strerror}. Make room there, and "
                "crawl again: what was stored stays."
            ) from error
        self.size += len(data)
        return offset

    def sync(self) -> None:
        """Return when everything appended is on the disk, power failure included."""
        try:
            os.fsync(self.descriptor)
            if not self._linked:
                for folder in (self.path.parent, self.path.parent.parent):
                    sync_folder(folder)
                self._linked = True
        except OSError as error:
            raise ArchiveError(
                f"The raw archive cannot sync its spool {self.path.parent}: {error.strerror}."
            ) from error

    def release(self) -> None:
        """Close the file, which unlocks it."""
        os.close(self.descriptor)


def spool_path(spool: Path, name: str) -> Path:
    """Where a segment lies in the spool. A name that leads outside is refused."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or not name.endswith(SUFFIX):
        raise ArchiveError(f"{name!r} is no name of an archive segment.")
    return spool.joinpath(*pure.parts)


def names(spool: Path) -> list[str]:
    """Segments in the spool, whoever they belong to."""
    return sorted(path.relative_to(spool).as_posix() for path in spool.rglob(f"*{SUFFIX}"))


@contextmanager
def leftover(spool: Path, name: str) -> Iterator[Path | None]:
    """A segment whose process is gone, locked for the block and mended; `None` when it is not there to take."""
    path = spool_path(spool, name)
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield None
        return
    try:
        yield path if _taken(path, descriptor) and _mended(path, descriptor) else None
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _taken(path: Path, descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False  # its process is alive, or another one is recovering it
    return _is_at(path, descriptor)


def _mended(path: Path, descriptor: int) -> bool:
    """Cut off the record that a killed process left half-written. False when nothing is left, and the file is gone.

    Payloads are synced before their notice commits, so no notice points to what is cut off.
    """
    data = path.read_bytes()
    members = list(whole_members(data))
    whole = members[-1][0] + members[-1][1] if members else 0
    if whole < len(data) and whole_member_after(data, whole):
        log.error("Archive segment %s is damaged at byte %d; it is kept as it is.", path, whole)
        return True
    if len(members) < 2:  # at most the record that opens a segment
        path.unlink()
        return False
    if whole < len(data):
        log.warning("Archive segment %s: the last %d bytes, of a record cut off, are removed.", path, len(data) - whole)
        os.ftruncate(descriptor, whole)
        os.fsync(descriptor)
    return True


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the path still names the open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False

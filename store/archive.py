"""The archive of raw payloads: WARC segments, appended to a local spool and moved to any `fsspec` URL when closed.

A payload is synced to the spool before its notice commits; object stores cannot append, so the URL gets whole segments.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Protocol, Self

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from core.clock import now
from notices.model import RawAddress
from store import segments
from store.errors import ArchiveError
from store.records import ArchiveRecord
from store.segments import SUFFIX, Segment, spool_path
from store.warc import (
    ReadResource,
    Resource,
    new_record_id,
    read_member,
    resource_member,
    warcinfo_member,
    whole_members,
)

SEGMENT_SIZE = 64 * 1024 * 1024
"""Bytes after which a segment is closed and another one begun."""

log = logging.getLogger(__name__)


class PayloadIndex(Protocol):
    """Where payloads lie, by notice and by run: `store.payloads`."""

    def of_notice(self, notice_id: str) -> list[ArchiveRecord]:
        """Payloads of a notice in the order they were archived."""

    def of_run(self, run_id: str) -> list[ArchiveRecord]:
        """Payloads of a run in the order they were archived."""


class Archive:
    """Raw payloads, found again by address. Thread safe; every process writes a segment of its own."""

    def __init__(
        self, url: str, spool_dir: Path, index: PayloadIndex | None = None, segment_size: int = SEGMENT_SIZE
    ) -> None:
        """Open the archive and recover what a killed process left in the spool.

        `url` is a folder or any `fsspec` URL. With an `index`, `find` asks it; without one it reads every segment.
        """
        self._spool = spool_dir
        self._index = index
        self._segment_size = segment_size
        self._lock = threading.RLock()
        self._segment: Segment | None = None
        self._warcinfo_id = ""
        self._written: dict[tuple[str, str], str] = {}
        try:
            filesystem, root = url_to_fs(url)
        except (ValueError, ImportError) as error:
            raise ArchiveError(f"The archive URL {url} cannot be used: {error}.") from error
        self._filesystem: Any = filesystem
        self._root = str(root).rstrip("/")
        spool_dir.mkdir(parents=True, exist_ok=True)
        self.recover()

    def put(
        self, *, run_id: str, notice_id: str, url: str, payload: bytes, media_type: str, at: datetime
    ) -> RawAddress:
        """Append a payload to the spool. It is safe from a power failure after `sync`."""
        if at.tzinfo is None:
            raise ValueError("the archive takes only aware instants")
        resource = Resource(notice_id, run_id, url or f"urn:vigie:{notice_id}", payload, media_type, at)
        with self._lock:
            segment = self._writable(run_id, at)
            record_id = new_record_id()
            capture = (run_id, notice_id)
            member = resource_member(resource, record_id, self._warcinfo_id, self._written.get(capture))
            offset = segment.append(member)
            self._written[capture] = record_id
        digest = ReadResource(notice_id, run_id, payload, media_type, at).digest
        return RawAddress(segment=segment.name, offset=offset, length=len(member), digest=digest, media_type=media_type)

    def sync(self) -> None:
        """Return when every payload that was put is on the disk; to be called before notices commit."""
        with self._lock:
            if self._segment is not None and self._segment.pid == os.getpid():
                self._segment.sync()

    def close(self) -> None:
        """Close the segment and move it to the URL. A segment that cannot be moved stays readable in the spool, is
        logged, and is moved at the next opening; `waiting` tells.
        """
        with self._lock:
            segment, self._segment = self._segment, None
            if segment is None:
                return
            try:
                if segment.pid == os.getpid():
                    segment.sync()
                    self._move(segment.path, segment.name)
            finally:
                segment.release()

    def read(self, address: RawAddress) -> bytes:
        """The payload at an address; `ArchiveError` says in a sentence when it is not there or not what it was."""
        place = f"at byte {address.offset} of segment {address.segment}"
        member = self._fetch(address.segment, address.offset, address.offset + address.length)
        found = read_member(member) if len(member) == address.length else None
        if found is None:
            raise ArchiveError(f"The archive holds no payload {place}.")
        if found.digest != address.digest:
            raise ArchiveError(f"The archived payload {place} is not the one that was stored: its digest differs.")
        return found.payload

    def find(self, notice_id: str | None = None, run_id: str | None = None) -> Iterator[ArchiveRecord]:
        """Where the payloads of a notice, of a run, or of a notice in a run lie."""
        if notice_id is None and run_id is None:
            raise ValueError("find asks for a notice or a run")
        for record in self._candidates(notice_id, run_id):
            if notice_id in (None, record.notice_id) and run_id in (None, record.run_id):
                yield record

    def scan(self) -> Iterator[ArchiveRecord]:
        """Every payload, read from the segments themselves: what the index is rebuilt from when it is lost."""
        for name in sorted({*self._stored_names(), *segments.names(self._spool)}):
            data = self._fetch(name, None, None)
            for offset, length in whole_members(data):
                found = read_member(data[offset : offset + length])
                if found is not None:
                    yield _archive_record(found, name, offset, length)

    def waiting(self) -> list[str]:
        """Segments still in the spool, this process's own among them."""
        return segments.names(self._spool)

    def recover(self) -> list[str]:
        """Move the segments of processes that are gone to the URL; those that were moved."""
        moved = []
        for name in segments.names(self._spool):
            with segments.leftover(self._spool, name) as path:
                if path is not None and self._move(path, name):
                    moved.append(name)
        return moved

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _writable(self, run_id: str, at: datetime) -> Segment:
        segment = self._segment
        if segment is not None and segment.pid != os.getpid():
            segment.release()  # inherited through a fork; the parent goes on writing it
            segment = self._segment = None
        if segment is not None and segment.size >= self._segment_size:
            self.close()
            segment = None
        if segment is None:
            segment = self._segment = Segment.create(self._spool, _segment_name(run_id, at))
            self._warcinfo_id, self._written = new_record_id(), {}
            segment.append(warcinfo_member(self._warcinfo_id, segment.name, now()))
        return segment

    def _candidates(self, notice_id: str | None, run_id: str | None) -> Iterator[ArchiveRecord]:
        if self._index is None:
            yield from self.scan()
        elif notice_id is not None:
            yield from self._index.of_notice(notice_id)
        elif run_id is not None:
            yield from self._index.of_run(run_id)

    def _fetch(self, name: str, start: int | None, end: int | None) -> bytes:
        # The spool first: a segment is at the URL before it leaves the spool, so one absent here was moved already.
        with suppress(FileNotFoundError), spool_path(self._spool, name).open("rb") as file:
            file.seek(start or 0)
            return file.read(-1 if end is None else end - (start or 0))
        try:
            return bytes(self._filesystem.cat_file(self._at_url(name), start=start, end=end))
        except FileNotFoundError as error:
            raise ArchiveError(f"The archive has no segment {name}.") from error
        except OSError as error:
            raise ArchiveError(f"The archive cannot be read: {error}.") from error

    def _stored_names(self) -> list[str]:
        found = self._filesystem.find(self._root) if self._filesystem.exists(self._root) else []
        return [str(path).removeprefix(f"{self._root}/") for path in found if str(path).endswith(SUFFIX)]

    def _move(self, path: Path, name: str) -> bool:
        """Move a closed segment to the URL: the spool's copy goes only when the other one is whole."""
        try:
            if isinstance(self._filesystem, LocalFileSystem):
                _move_in_folder(path, Path(self._at_url(name)))
            else:
                self._upload(path, name)
        except OSError as error:
            log.warning("Archive segment %s stays in the spool: %s. It is moved at the next opening.", name, error)
            return False
        return True

    def _upload(self, path: Path, name: str) -> None:
        target, size = self._at_url(name), path.stat().st_size
        self._filesystem.makedirs(str(PurePosixPath(target).parent), exist_ok=True)
        self._filesystem.put_file(str(path), target)
        self._filesystem.invalidate_cache()
        if self._filesystem.size(target) != size:
            raise OSError(f"the copy at the archive's URL has not the {size} bytes it should have")
        path.unlink()

    def _at_url(self, name: str) -> str:
        return f"{self._root}/{name}"


def _move_in_folder(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_durably(source, target)
        source.unlink()
    segments.sync_folder(target.parent)


def _copy_durably(source: Path, target: Path) -> None:
    """Copy between file systems; the target appears whole or not at all."""
    part = target.with_name(f"{target.name}.part")
    with source.open("rb") as reader, part.open("wb") as writer:
        shutil.copyfileobj(reader, writer)
        writer.flush()
        os.fsync(writer.fileno())
    part.replace(target)
    segments.sync_folder(target.parent)


def _segment_name(run_id: str, at: datetime) -> str:
    """Distinct for every process on every machine that shares an archive."""
    run = re.sub(r"[^A-Za-z0-9._-]", "_", run_id)[:80].lstrip(".") or "run"
    return f"{at:%Y/%m}/{run}-{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"


def _archive_record(found: ReadResource, name: str, offset: int, length: int) -> ArchiveRecord:
    address = RawAddress(segment=name, offset=offset, length=length, digest=found.digest, media_type=found.media_type)
    return ArchiveRecord(notice_id=found.notice_id, run_id=found.run_id or None, address=address, archived_at=found.at)

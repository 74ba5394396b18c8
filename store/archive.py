"""The archive of raw payloads: WARC segments, appended to a local spool and moved to any `fsspec` URL when closed.

A payload is synced to the spool before its notice commits; object stores cannot append, so the URL gets whole segments.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from core.clock import now
from core.settings import Settings
from notices.model import RawAddress
from store import segments
from store.errors import ArchiveError
from store.records import ArchiveRecord
from store.remote import MissingFile, Remote, RemoteError, options_of
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
CAPTURES_REMEMBERED = 1_000
"""Notices whose last record is remembered, to name it in a further one of the same capture."""

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
        self,
        url: str,
        spool_dir: Path,
        index: PayloadIndex | None = None,
        segment_size: int = SEGMENT_SIZE,
        *,
        options: Mapping[str, Any] | None = None,
        reading: bool = False,
    ) -> None:
        """Open the archive and recover what a killed process left in the spool.

        `url` is a folder or any `fsspec` URL, `options` what its driver needs. With an `index`, `find` asks it; without
        one it reads every segment. One opened for `reading` alone recovers nothing, so that a page that shows a payload
        never waits for an upload.
        """
        self._spool = spool_dir
        self._index = index
        self._segment_size = segment_size
        self._lock = threading.RLock()
        self._segment: Segment | None = None
        self._warcinfo_id = ""
        self._written: dict[tuple[str, str], str] = {}
        self.remote = Remote(url, options)
        self.trouble: str | None = None
        """Why the last segment could not be moved; `None` when it was, or none had to be."""
        self._mover: ThreadPoolExecutor | None = None
        self._moving: list[Future[object]] = []
        if reading:
            return
        spool_dir.mkdir(parents=True, exist_ok=True)
        self._soon(self.recover)

    @classmethod
    def open(cls, settings: Settings, index: PayloadIndex | None = None, *, reading: bool = False) -> Self:
        """The archive of an installation."""
        options = options_of(settings.storage, settings.archive)
        return cls(settings.archive, settings.spool_dir, index, options=options, reading=reading)

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
            self._remember(capture, record_id)
        digest = ReadResource(notice_id, run_id, payload, media_type, at).digest
        return RawAddress(segment=segment.name, offset=offset, length=len(member), digest=digest, media_type=media_type)

    def sync(self) -> None:
        """Return when every payload that was put is on the disk; to be called before notices commit."""
        with self._lock:
            if self._segment is not None and self._segment.pid == os.getpid():
                self._segment.sync()

    def close(self) -> None:
        """Close the segment and move it to the URL. A segment that cannot be moved stays readable in the spool, is
        logged, and is moved at the next opening; `waiting` and `trouble` tell.
        """
        try:
            self._close_segment()
        finally:
            mover, self._mover = self._mover, None
            if mover is not None:
                mover.shutdown()
            for moved in self._moving:
                moved.result()
            self._moving.clear()

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
        for name in sorted({*self.remote.sizes(SUFFIX), *segments.names(self._spool)}):
            data = self._fetch(name, None, None)
            for offset, length in whole_members(data):
                found = read_member(data[offset : offset + length])
                if found is not None:
                    yield _archive_record(found, name, offset, length)

    def waiting(self) -> list[str]:
        """Segments still in the spool, this process's own among them."""
        return segments.names(self._spool)

    def recover(self) -> list[str]:
        """Move the segments of processes that are gone to the URL; those that were moved.

        The first that cannot be moved ends it: where the URL is away, asking once is enough.
        """
        moved: list[str] = []
        for name in segments.names(self._spool):
            with segments.leftover(self._spool, name) as path:
                if path is None:
                    continue
                if not self._move(path, name):
                    break
                moved.append(name)
        return moved

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _remember(self, capture: tuple[str, str], record_id: str) -> None:
        self._written.pop(capture, None)
        self._written[capture] = record_id
        if len(self._written) > CAPTURES_REMEMBERED:
            del self._written[next(iter(self._written))]

    def _writable(self, run_id: str, at: datetime) -> Segment:
        segment = self._segment
        if segment is not None and segment.pid != os.getpid():
            segment.release()  # inherited through a fork; the parent goes on writing it
            segment = self._segment = None
        if segment is not None and segment.size >= self._segment_size:
            self._close_segment()
            segment = None
        if segment is None:
            segment = self._segment = Segment.create(self._spool, _segment_name(run_id, at))
            self._warcinfo_id, self._written = new_record_id(), {}
            segment.append(warcinfo_member(self._warcinfo_id, segment.name, now()))
        return segment

    def _close_segment(self) -> None:
        with self._lock:
            segment, self._segment = self._segment, None
            if segment is None:
                return
            try:
                if segment.pid == os.getpid():
                    segment.sync()
            except BaseException:
                segment.release()
                raise
            self._soon(lambda: self._finish(segment))

    def _finish(self, segment: Segment) -> None:
        try:
            if segment.pid == os.getpid():
                self._move(segment.path, segment.name)
        finally:
            segment.release()

    def _soon(self, work: Callable[[], object]) -> None:
        """Do it now where moving is renaming; where it is an upload, beside the crawl, one after another."""
        if self.remote.is_local:
            work()
            return
        if self._mover is None:
            self._mover = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive")
        self._moving = [task for task in self._moving if not task.done() or task.exception()]
        self._moving.append(self._mover.submit(work))

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
            return self.remote.read(name, start, end)
        except MissingFile as error:
            raise ArchiveError(
                f"The archive has no segment {name}. When it is new, it waits in the spool of the machine that crawled "
                "it; `vigie archive status` names the machines whose spools hold segments."
            ) from error

    def _move(self, path: Path, name: str) -> bool:
        """Move a closed segment to the URL: the spool's copy goes only when the other one is whole."""
        try:
            self.remote.take(path, name)
        except (RemoteError, OSError) as error:
            self.trouble = str(error)
            log.warning("Archive segment %s stays in the spool and is moved at the next opening. %s", name, error)
            return False
        self.trouble = None
        return True


def _segment_name(run_id: str, at: datetime) -> str:
    """Distinct for every process on every machine that shares an archive."""
    run = re.sub(r"[^A-Za-z0-9._-]", "_", run_id)[:80].lstrip(".") or "run"
    return f"{at:%Y/%m}/{run}-{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"


def _archive_record(found: ReadResource, name: str, offset: int, length: int) -> ArchiveRecord:
    address = RawAddress(segment=name, offset=offset, length=length, digest=found.digest, media_type=found.media_type)
    return ArchiveRecord(notice_id=found.notice_id, run_id=found.run_id or None, address=address, archived_at=found.at)

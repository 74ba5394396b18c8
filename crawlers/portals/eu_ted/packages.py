"""Daily packages: a tar in gzip with every notice of one issue, of which only some are wanted.

The archive is read as a stream, in memory; nothing is written to disk and no name in it is trusted.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

_MEMBER: Final = re.compile(r"(?:.*/)?0*([0-9]{1,9})[_-]([0-9]{4})\.xml", re.IGNORECASE)
_GZIP: Final = b"\x1f\x8b"


class _TooMuch(Exception):
    """The archive unpacks to more than is accepted."""


@dataclass(frozen=True)
class Limits:
    """What a package may hold: bytes unpacked in all, bytes of one document, members."""

    unpacked: int
    document: int
    members: int


@dataclass
class Unpacked:
    """The wanted documents by publication number, and why some may be missing."""

    documents: dict[str, bytes] = field(default_factory=dict)
    cut: bool = False
    problem: str | None = None


class _Counted(io.RawIOBase):
    """Passes reads on until too much was read."""

    def __init__(self, source: gzip.GzipFile | io.BytesIO, limit: int) -> None:
        super().__init__()
        self._source = source
        self._left = limit

    def read(self, size: int = -1) -> bytes:
        """As the source; raises once the limit is passed."""
        chunk = self._source.read(size)
        self._left -= len(chunk)
        if self._left < 0:
            raise _TooMuch
        return chunk


def unpack(body: bytes, wanted: Collection[str], limits: Limits) -> Unpacked:
    """The wanted notices of a package. What was read before a fault is kept; the fault is told."""
    found = Unpacked()
    try:
        with _opened(body) as source:
            counted = _Counted(source, limits.unpacked)
            _read_members(counted, frozenset(wanted), limits, found)
            # To the end: only there a gzip stream shows that it is whole.
            while counted.read(1 << 20):
                pass
    except _TooMuch:
        found.problem = f"the package unpacks to more than {limits.unpacked:,} bytes"
    except (EOFError, tarfile.TarError, zlib.error, OSError, ValueError, OverflowError) as error:
        found.cut = True
        found.problem = f"the package is cut or damaged ({error})"
    return found


def _opened(body: bytes) -> gzip.GzipFile | io.BytesIO:
    """The tar in a package, which a proxy on the way may have unzipped."""
    if body.startswith(_GZIP):
        return gzip.GzipFile(fileobj=io.BytesIO(body))
    return io.BytesIO(body)


def _read_members(source: _Counted, wanted: frozenset[str], limits: Limits, found: Unpacked) -> None:
    with tarfile.open(fileobj=source, mode="r|") as archive:
        for number, member in enumerate(archive, start=1):
            if number > limits.members:
                found.problem = f"the package has more than {limits.members:,} members"
                return
            name = _MEMBER.fullmatch(member.name)
            key = f"{name[1]}-{name[2]}" if name else None
            if key not in wanted or key is None or not member.isreg():
                continue
            if member.size > limits.document:
                found.problem = f"{key} has {member.size:,} bytes, more than the {limits.document:,} that are read"
                continue
            content = archive.extractfile(member)
            if content is not None:
                found.documents[key] = content.read()

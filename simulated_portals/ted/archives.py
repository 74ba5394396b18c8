"""Daily packages as TED serves them: a tar in gzip."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Sequence
from typing import IO

BOMB = 40_000_000
"""Bytes of the padding in a package that unpacks to very much more than it is."""


def archive(members: Sequence[tuple[str, bytes]], *, bomb: bool) -> bytes:
    """A tar in gzip; with `bomb` it begins with a member of many million zeros."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w|") as made,
    ):
        if bomb:
            _add(made, "padding.bin", BOMB, _Zeros(BOMB))
        for name, content in members:
            _add(made, name, len(content), io.BytesIO(content))
    return packed.getvalue()


def _add(made: tarfile.TarFile, name: str, size: int, content: IO[bytes]) -> None:
    info = tarfile.TarInfo(name)
    info.size = size
    made.addfile(info, content)


class _Zeros(io.BytesIO):
    """So many zeros, never all in memory."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size

    def read(self, size: int | None = -1) -> bytes:
        """The next zeros."""
        given = self._left if size is None or size < 0 else min(size, self._left)
        self._left -= given
        return bytes(given)

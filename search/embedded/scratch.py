"""A scratch index in a folder that is removed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from search.document import IndexDocument
from search.embedded.index import EmbeddedIndex
from search.query import NoticeQuery


class EmbeddedScratch:
    """The `Scratch` of the embedded engine."""

    def __init__(self, index: EmbeddedIndex) -> None:
        self._index = index

    def add(self, documents: Sequence[IndexDocument]) -> None:
        """Found from now on."""
        self._index.index(documents)

    def ids(self, query: NoticeQuery, now: datetime) -> set[str]:
        """All notices that a search finds."""
        return set(self._index.scan(query, now=now))


@contextmanager
def scratch() -> Iterator[EmbeddedScratch]:
    """An empty index."""
    with (
        tempfile.TemporaryDirectory(prefix="vigie-scratch-") as folder,
        EmbeddedIndex.writer(Path(folder) / "index") as index,
    ):
        yield EmbeddedScratch(index)

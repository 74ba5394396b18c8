"""The `Caretaker` of the embedded index: one folder, one writer, documents that are replaced in place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from core import clock
from search import indexer
from search.caretaking import KeptIndex, Progress, Reindexed, Told, Use
from search.comparison import Comparison, compare
from search.document import IndexDocument
from search.embedded.index import EmbeddedIndex
from search.embedded.schema import FOR_CLUSTERS
from search.errors import IndexReadOnly, IndexUnavailable
from search.query import NoticeQuery
from store import Store

BATCH: Final = 500
_ONLY_ONE: Final = "Le moteur intégré n’a qu’un index, {path} : il n’y en a pas d’ancien à supprimer."


class EmbeddedCaretaker:
    """Looks after the index folder of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def indices(self) -> list[KeptIndex]:
        """The one index."""
        with EmbeddedIndex.reader(self._path) as index:
            status = index.status()
        return [
            KeptIndex(
                name=str(self._path), use=Use.CURRENT, version=status.schema_version, documents=status.documents,
                sentence=status.sentence,
            )
        ]  # fmt: skip

    def create(self) -> list[KeptIndex]:
        """Make the folder; one that is there is left as it is, whoever writes to it."""
        try:
            with EmbeddedIndex.writer(self._path):
                pass
        except IndexReadOnly:
            return self.indices()  # its writer has made it
        return self.indices()

    def reindex(self, store: Store, told: Told) -> Reindexed:
        """Queue the whole store, and write it in place of what is there, notice by notice, unless a worker does.

        Searches find every notice all the time. Killed, the queue keeps what is left to do.
        """
        total = store.notices.enqueue_all()
        try:
            with EmbeddedIndex.writer(self._path) as index:
                written = 0
                while done := indexer.drain(store, index, BATCH):
                    written += done
                    told(Progress(done=written, total=max(total, written)))
                index.refresh()
                return Reindexed(written=written, comparison=compare(store, _Holdings(index)), in_use=str(self._path))
        except IndexReadOnly:
            return Reindexed(written=0)  # the worker that runs takes them from here

    def compare(self, store: Store, sample: int | None) -> Comparison:
        """The index beside the store."""
        with EmbeddedIndex.reader(self._path) as index:
            return compare(store, _Holdings(index), sample)

    def drop(self, name: str | None) -> list[str]:
        """There is never an old one."""
        raise IndexUnavailable(_ONLY_ONE, path=self._path)

    def close(self) -> None:
        """Nothing is kept open."""


class _Holdings:
    """The documents of an opened index."""

    def __init__(self, index: EmbeddedIndex) -> None:
        self._index = index

    def ids(self) -> Iterator[str]:
        """The ids of all documents."""
        return self._index.scan(NoticeQuery(), now=clock.now())

    def kept(self, document: IndexDocument) -> IndexDocument:
        """What this engine keeps of a document."""
        return document.model_copy(update=dict.fromkeys(FOR_CLUSTERS, ()))

    def documents(self, notice_ids: Sequence[str]) -> dict[str, IndexDocument]:
        """Documents by id."""
        return self._index.documents(notice_ids)

"""One generation of the index, opened: the Tantivy index, its writer, and errors of the engine as sentences."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import tantivy

from search.document import IndexDocument
from search.embedded import schema
from search.errors import IndexUnavailable
from search.port import Refusal

_HEAP_BYTES: Final = 128_000_000
_THREADS: Final = 2
DISK_FULL: Final = (
    "L’index {path} n’écrit plus, faute de place sur son disque : libérez-en. La file attend et reprendra d’elle-même."
)
_NO_ROOM: Final = re.compile(r"os error 28\b|No space left|StorageFull")
NO_ANSWER: Final = "L’index {path} n’a pas pu répondre : {detail}."


class engine_errors:
    """Turns errors and panics of Tantivy inside a block into `IndexUnavailable`.

    `message` is a sentence of the catalogue with places for `path`, the folder, and `detail`, what the engine said.
    """

    def __init__(self, message: str, path: Path) -> None:
        self._message = message
        self._path = path

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Translate. A panic of Rust is no `Exception` in Python, only known by the module of its class."""
        if kind is None or not (issubclass(kind, (ValueError, OSError)) or kind.__module__ == "pyo3_runtime"):
            return
        message = DISK_FULL if _NO_ROOM.search(str(error)) else self._message
        raise IndexUnavailable(message, path=self._path, detail=error) from error


def count_of(result: Any) -> int:
    """The number of all results of a search; the published types of `SearchResult` do not have it."""
    return int(result.count)


class OpenedIndex:
    """One generation in its folder. Searchers always see the last commit of whichever process writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.schema = schema.build()
        with engine_errors("L’index {path} ne peut pas être ouvert : {detail}.", folder):
            self._index = tantivy.Index(self.schema, path=str(folder))
            schema.register(self._index)
            self._index.config_reader("manual")
            self._index.searcher()  # opens every segment, so that a damaged one is noticed here
        self._writer: tantivy.IndexWriter | None = None
        self._lock = threading.Lock()
        self._loaded = self._commit_stamp()

    def searcher(self) -> tantivy.Searcher:
        """A searcher over the last commit."""
        stamp = self._commit_stamp()
        with engine_errors(NO_ANSWER, self.folder):
            if stamp != self._loaded:
                self._index.reload()
                self._loaded = stamp
            return self._index.searcher()

    def write(self, documents: Sequence[IndexDocument], deleted: Sequence[str] = ()) -> tuple[Refusal, ...]:
        """Replace and remove documents in one commit, found by the next searcher; what could not be taken is told."""
        with self._lock:
            try:
                with engine_errors("L’index {path} n’a pas pu être écrit : {detail}.", self.folder):
                    return self._write(documents, deleted)
            except IndexUnavailable:
                self._writer = None  # a writer that failed takes nothing any more; the next call opens another
                raise

    def _write(self, documents: Sequence[IndexDocument], deleted: Sequence[str]) -> tuple[Refusal, ...]:
        refused: dict[str, Refusal] = {}
        taken: dict[str, tantivy.Document] = {}
        for document in {document.id: document for document in documents}.values():
            try:
                taken[document.id] = schema.to_tantivy(document, self.schema)
            except (ValueError, OverflowError, TypeError) as error:
                refused[document.id] = Refusal(notice_id=document.id, reason=f"{type(error).__name__}: {error}")
        if self._writer is None:
            self._writer = self._index.writer(_HEAP_BYTES, _THREADS)
        for notice_id in (*deleted, *taken):
            self._writer.delete_documents_by_term("id", notice_id)
        for made in taken.values():
            self._writer.add_document(made)
        self._writer.commit()
        self._index.reload()
        return tuple(refused.values())

    def close(self) -> None:
        """Let merges end and give the writer back."""
        with self._lock:
            if self._writer is not None:
                writer, self._writer = self._writer, None
                with engine_errors("L’index {path} n’a pas pu être fermé : {detail}.", self.folder):
                    writer.wait_merging_threads()

    def _commit_stamp(self) -> tuple[int, int]:
        try:
            found = os.stat(self.folder / "meta.json")
        except OSError as error:
            raise IndexUnavailable("L’index {path} a disparu.", path=self.folder) from error
        return found.st_mtime_ns, found.st_ino

"""The index folder: generations, the marker that says which one is in use, and the writer's lock.

A rebuild fills a new generation and switches the marker, so that readers never see a half-deleted index. The marker
also remembers that the store must be queued again, so that a process that dies in between does not forget it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from search.embedded.schema import SCHEMA_VERSION
from search.errors import IndexReadOnly, IndexUnavailable

_MARKER: Final = "index.json"
_LOCK: Final = "writer.lock"


@dataclass(frozen=True, slots=True)
class Marker:
    """Which generation is in use and what state it is in."""

    schema: str
    generation: int
    needs_rebuild: bool


class IndexFolder:
    """One index folder. Only the holder of the lock may change the marker."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def lock(self) -> None:
        """Become the writer. Raises `IndexReadOnly` when another process or object is."""
        self.path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise IndexReadOnly(
                "Un autre processus écrit déjà dans l’index {path} : un seul le peut à la fois.", path=self.path
            ) from error
        self._lock = descriptor

    def unlock(self) -> None:
        """Stop being the writer."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def marker(self) -> Marker | None:
        """What the folder says about itself; None when it holds no index. Raises `IndexUnavailable` when unreadable."""
        try:
            return Marker(**json.loads((self.path / _MARKER).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise IndexUnavailable(
                "Le repère de l’index {path} est illisible : {detail}.", path=self.path / _MARKER, detail=error
            ) from error

    def new_generation(self) -> Marker:
        """Switch to an empty generation that must be filled from the store."""
        numbers = [int(path.name[2:]) for path in self.path.glob("g-*") if path.name[2:].isdigit()]
        marker = Marker(SCHEMA_VERSION, max(numbers, default=0) + 1, needs_rebuild=True)
        self.folder(marker).mkdir(parents=True)
        self._write(marker)
        return marker

    def remove_old(self, current: Marker) -> None:
        """Remove the generations that are not in use; readers that have them open keep them until they close."""
        for path in self.path.glob("g-*"):
            if path != self.folder(current):
                shutil.rmtree(path, ignore_errors=True)

    def rebuild_queued(self) -> None:
        """The store has been queued for the current generation."""
        marker = self.marker()
        if marker is not None and marker.needs_rebuild:
            self._write(replace(marker, needs_rebuild=False))

    def folder(self, marker: Marker) -> Path:
        """Where a generation lies."""
        return self.path / f"g-{marker.generation:06d}"

    def _write(self, marker: Marker) -> None:
        temporary = self.path / f"{_MARKER}.new"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(asdict(marker), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path / _MARKER)

"""A small memory between runs in the data folder: one file per page, written at once or not at all."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path

from core.clock import now


class FileNotebook:
    """The `Notebook` of crawls."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, key: str) -> tuple[bytes, datetime] | None:
        """What was written under `key` and when; None when nothing can be read."""
        try:
            written, _, content = self._path(key).read_bytes().partition(b"\n")
            return content, datetime.fromisoformat(written.decode("ascii"))
        except (OSError, ValueError):
            return None

    def write(self, key: str, content: bytes) -> None:
        """Remember `content`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(key)
        draft = path.with_suffix(f".{os.getpid()}.part")
        draft.write_bytes(now().isoformat().encode("ascii") + b"\n" + content)
        draft.replace(path)

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.page"

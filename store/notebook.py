"""What crawls remember of a portal's lists between runs, the same on every machine.

A page is durable when `write` returns, whatever becomes of the crawl: spiders note nothing that would be wrong when a
notice behind it was not stored. A page is replaced whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import select

from core.clock import now
from store.database import Database
from store.errors import StoreError
from store.tables import notebook

logger = logging.getLogger(__name__)

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one page. Every list of a portal that is known takes a few million bytes."""
OLD_FOLDER: Final = "notebook"
"""Where versions before kept the pages of their machine, in the data folder: one file each."""
_OLD_SUFFIX: Final = ".page"


class _Page(NamedTuple):
    content: bytes
    written_at: datetime


class Notebook:
    """Pages by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, key: str) -> tuple[bytes, datetime] | None:
        """What was written under `key` and when, or None."""
        wanted = select(notebook.c.content, notebook.c.written_at).where(notebook.c.digest == _digest(key))
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else (bytes(row.content), row.written_at)

    def write(self, key: str, content: bytes) -> None:
        """Remember `content`, in place of what was there. `StoreError` when it is larger than `MOST_BYTES`."""
        if len(content) > MOST_BYTES:
            raise StoreError(
                f"What is to be remembered as {key[:80]!r} has {len(content):,} bytes, and a page takes "
                f"{MOST_BYTES:,}: the portal's list is longer than any that was seen. What was remembered before stays."
            )
        values = {"key": key, "content": content, "written_at": now()}
        statement = self._database.insert(notebook).values(digest=_digest(key), **values)
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["digest"], set_=values))

    def take_over(self, folder: Path) -> int:
        """Bring the pages of a version before into the store, and delete their folder; how many were taken.

        Of two pages of one key the younger one stays, for each machine has a folder. Safe while other crawls of this
        machine do the same: a file goes when its page is in the store.
        """
        if not folder.is_dir():
            return 0
        outcomes = [self._take(path) for path in sorted(folder.glob(f"*{_OLD_SUFFIX}"))]
        taken, older = outcomes.count(True), outcomes.count(False)
        with contextlib.suppress(OSError):  # something else is in it, or another crawl was faster
            for draft in folder.glob("*.part"):  # of a process that was killed
                draft.unlink()
            folder.rmdir()
        logger.info("%s pages of %s are in the store now; it had younger ones of %s", taken, folder, older)
        return taken

    def _take(self, path: Path) -> bool | None:
        """Whether a page was taken rather than known in a younger state; None when there is none."""
        try:
            page = _old_page(path)
            taken = None if page is None else self._keep_younger(path.stem, page)
            path.unlink(missing_ok=True)
        except FileNotFoundError:
            return None  # another crawl took it
        except OSError as error:
            logger.warning("%s stays where it is, for it cannot be read or deleted (%s)", path, error)
            return None
        return taken

    def _keep_younger(self, digest: str, page: _Page) -> bool:
        values = page._asdict()
        statement = self._database.insert(notebook).values(digest=digest, **values)
        younger = notebook.c.written_at < statement.excluded.written_at
        statement = statement.on_conflict_do_update(index_elements=["digest"], set_=values, where=younger)
        with self._database.write() as connection:
            return connection.execute(statement).rowcount > 0


def _digest(key: str) -> str:
    """Keys hold words of portals, of any length and with anything in them; the files of before were named so, too."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _old_page(path: Path) -> _Page | None:
    """A file of before: the instant, a line feed, the content. None, and told, when it is damaged or too large."""
    try:
        if (size := path.stat().st_size) > MOST_BYTES:
            raise ValueError(f"it has {size:,} bytes")
        written, _, content = path.read_bytes().partition(b"\n")
        written_at = datetime.fromisoformat(written[:40].decode("ascii"))
        if written_at.tzinfo is None:
            raise ValueError("its instant names no zone")
    except ValueError as error:
        logger.warning("What was remembered in %s cannot be read; it begins anew (%s)", path, error)
        return None
    return _Page(content, written_at)

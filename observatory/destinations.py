"""Where an export goes when it is not stdout: a file, or any `fsspec` URL such as `s3://bucket/exports/today.csv`.

An object store takes whole files only, so the export is drafted on this machine and put there when it is complete. What
was there before stays until then, and an export that breaks leaves nothing that could be taken for one.

A draft is as large as the export. It lies beside a target on this machine, else in the data folder: never in the
system's temporary folder, which may be memory.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from core.errors import VigieError
from core.settings import Settings
from core.urls import printed_url
from store.remote import Remote, options_of

DRAFTS = "drafts"
"""Folder in the data folder, for exports to other machines."""
ABANDONED_AFTER = timedelta(days=1)
"""A draft that nobody has written to for so long is that of a process that was killed."""
_PREFIX, _SUFFIX = ".vigie-export.", ".unfinished"
_FULL = (errno.ENOSPC, errno.EDQUOT)


def folder_and_name(url: str) -> tuple[str, str]:
    """The two parts of the address of a file. `VigieError` when it is none."""
    folder, _, name = url.rpartition("/")
    if not name or not urlsplit(url).scheme or folder.endswith(":/"):
        raise VigieError(f"{printed_url(url)} names no file; it looks like s3://bucket/folder/name.csv.")
    return folder, name


@contextmanager
def writing_to(url: str, settings: Settings) -> Iterator[TextIO]:
    """A file to write the export to; at the end of the block it is put at `url`, whole or not at all.

    Raises `VigieError` when the URL names no file, `store.remote.RemoteError` with what the place said, and `OSError`
    when the draft cannot be written.
    """
    folder, name = folder_and_name(url)
    place = Remote(folder, options_of(settings.storage, url), called="The place of the export")
    place.check()
    folder_of_draft = place.folder or settings.data_dir / DRAFTS
    folder_of_draft.mkdir(parents=True, exist_ok=True)
    with drafted(folder_of_draft, lambda draft: place.take(draft, name)) as file:
        yield file


@contextmanager
def drafted(folder: Path, put: Callable[[Path], object]) -> Iterator[TextIO]:
    """A new file in a folder, nobody else's; `put` is given it when the block is done and the disk holds all of it.

    Whatever is left of it after that is removed. Raises `OSError` when it cannot be written, and what `put` raises.
    """
    _tidy(folder)
    draft = folder / f"{_PREFIX}{secrets.token_hex(6)}{_SUFFIX}"
    try:
        with draft.open("x", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        put(draft)
    except OSError as error:
        if error.errno in _FULL:
            error.filename = error.filename or str(folder)  # a full disk does not say which one it is
        raise
    finally:
        draft.unlink(missing_ok=True)


def _tidy(folder: Path) -> None:
    """Remove the drafts of processes that were killed."""
    oldest = time.time() - ABANDONED_AFTER.total_seconds()
    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        # Its own process was done with it, or another one tidied; or it is another user's, in a folder of many.
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if path.stat().st_mtime < oldest:
                path.unlink()

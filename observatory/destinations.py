"""Where an export goes when it is not stdout: a file, or any `fsspec` URL such as `s3://bucket/exports/today.csv`.

An object store takes whole files only, so the export is written beside first and put there when it is complete. What
was there before stays until then, and an export that breaks leaves nothing that could be taken for one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from core.errors import VigieError
from core.settings import StorageSettings
from core.urls import printed_url
from store.remote import Remote, options_of


def folder_and_name(url: str) -> tuple[str, str]:
    """The two parts of the address of a file. `VigieError` when it is none."""
    folder, _, name = url.rpartition("/")
    if not name or not urlsplit(url).scheme or folder.endswith(":/"):
        raise VigieError(f"{printed_url(url)} names no file; it looks like s3://bucket/folder/name.csv.")
    return folder, name


@contextmanager
def writing_to(url: str, storage: StorageSettings) -> Iterator[TextIO]:
    """A file to write the export to; at the end of the block it is put at `url`, whole or not at all.

    Raises `VigieError` when the URL names no file, and `store.remote.RemoteError` with what the place said.
    """
    folder, name = folder_and_name(url)
    place = Remote(folder, options_of(storage, url), called="The place of the export")
    place.check()
    with tempfile.TemporaryDirectory(prefix="vigie-export-") as spare:
        draft = Path(spare) / "export"
        with draft.open("w", encoding="utf-8", newline="") as file:
            yield file
        place.put(draft, name)

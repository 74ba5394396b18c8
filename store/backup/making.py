"""Making a backup while everything runs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from core.clock import now
from core.settings import Settings, listed
from store.archive import Archive
from store.backup import dumps
from store.backup.manifest import (
    ARCHIVE,
    KEY,
    MANIFEST,
    SEGMENTS,
    SETTINGS,
    BackupError,
    Manifest,
    fingerprint,
    key_of,
    seal,
)
from store.facade import NATURE, Store
from store.inventory import sizes_from_here
from store.migrate import revision
from store.segments import spool_path, sync_folder

Say = Callable[[str], None]


def make(settings: Settings, store: Store, folder: Path, say: Say, *, payloads: bool, key: bool) -> Manifest:
    """Make a backup in a new folder.

    It is made beside, under the folder's name with `.unfinished`, and takes its name when it is whole: whatever
    interrupts it leaves nothing that could be taken for a backup. Raises `BackupError`, `ArchiveError` or `OSError`.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(f"{folder} is there already; a backup needs a new folder.")
    draft = folder.with_name(f"{folder.name}.unfinished")
    if draft.exists():
        shutil.rmtree(draft)
    before = os.umask(0o077)  # addresses of people are in it
    try:
        draft.mkdir(parents=True)
        manifest = _fill(settings, store, draft, say, payloads=payloads, key=key)
        seal(draft)
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
        sync_folder(folder.parent.absolute())
    finally:
        os.umask(before)
    return manifest


def _fill(settings: Settings, store: Store, draft: Path, say: Say, *, payloads: bool, key: bool) -> Manifest:
    made_at = now()
    store_file, rows = dumps.dump(store.database, draft)
    say(f"The store is copied: {rows.get('notices', 0)} notices, {rows.get('profiles', 0)} profiles.")
    # After the store: every payload that the copy names was in a segment before.
    sizes, missing = _segments(settings, store, draft, payloads=payloads)
    signing_key, in_folder = key_of(settings)
    if key and not in_folder:
        raise BackupError("VIGIE_SECRET_KEY sets the signing key; it is no file of Vigie's and kept where it is set.")
    if key:
        (draft / KEY).write_text(signing_key, encoding="ascii")
    (draft / SETTINGS).write_text(json.dumps(listed(settings), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    manifest = Manifest(
        vigie=metadata.version("vigie"),
        made_at=made_at,
        nature=store.meta.get(NATURE) or "real",
        engine=store.database.url.get_backend_name(),
        engine_version=dumps.engine_version(store.database),
        revision=revision(store.database),
        store_file=store_file,
        rows=rows,
        key_fingerprint=fingerprint(signing_key),
        has_key=key,
        segments=len(sizes),
        segment_bytes=sum(sizes.values()),
        has_payloads=payloads,
        missing_segments=missing,
    )
    (draft / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return manifest


def _segments(settings: Settings, store: Store, draft: Path, *, payloads: bool) -> tuple[dict[str, int], int]:
    """List what can be reached, copy it when asked for; and how many segments the store names that cannot be."""
    archive = Archive.open(settings, reading=True)
    sizes = sizes_from_here(archive, settings.spool_dir)
    with (draft / SEGMENTS).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"segment": name, "bytes": size}) + "\n" for name, size in sorted(sizes.items()))
    if payloads:
        for name in sorted(sizes):
            sizes[name] = _copy(archive, settings.spool_dir, name, spool_path(draft / ARCHIVE, name))
    missing = [segment for segment in store.payloads.segments() if segment not in sizes]
    return sizes, len(missing)


def _copy(archive: Archive, spool: Path, name: str, target: Path) -> int:
    """Copy a segment; one that a crawl still writes as far as it is whole now."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(spool_path(spool, name), target)
    except FileNotFoundError:  # at the URL, perhaps since a moment ago
        archive.remote.fetch(name, target)
    return target.stat().st_size

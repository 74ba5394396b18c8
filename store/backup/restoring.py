"""Bringing a backup back into an installation that is new."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import delete

from core.settings import Settings
from store import migrate
from store.archive import Archive
from store.backup import dumps
from store.backup.manifest import ARCHIVE, KEY, BackupError, Manifest, digest_of, fingerprint, key_of, read_verified
from store.database import Database
from store.facade import UNFINISHED_RESTORE, Store
from store.notebook import OLD_FOLDER
from store.segments import sync_folder
from store.tables import meta

Say = Callable[[str], None]
OF_PROCESSES = ("heartbeat:", "spool:")
"""Keys of `meta` about processes and disks that are not those of the restored installation."""


def restore(settings: Settings, folder: Path, say: Say) -> Manifest:
    """Fill the store, and the archive and the key where the backup has them.

    Refuses a backup that is not whole, of another engine or a newer Vigie, and a store that holds anything. A restore
    that is interrupted leaves the installation closed until it is repeated. Afterwards everything waits for the index,
    nothing is sent again, and what was paused, queued or due is so again.
    """
    manifest = read_verified(folder)
    say(f"The backup of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC is whole.")
    mark = settings.data_dir / UNFINISHED_RESTORE
    database = Database(settings.database, settings.postgresql)
    try:
        _refuse(settings, database, manifest, again=_is_again(mark, folder))
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        _write_durably(mark, digest_of(folder / "SHA256SUMS"))
        _key(settings, folder, manifest, say)
        if manifest.has_payloads:
            say(f"{_payloads(settings, folder)} segments are put into the archive.")
        if database.is_sqlite:
            _sqlite(database, folder / manifest.store_file)
        else:
            dumps.load_postgresql(database, folder / manifest.store_file)
        _check_rows(database, manifest)
    finally:
        database.close()
    _afterwards(settings, say)
    mark.unlink()
    return manifest


def _refuse(settings: Settings, database: Database, manifest: Manifest, *, again: bool) -> None:
    engine = database.url.get_backend_name()
    if manifest.engine != engine:
        raise BackupError(
            f"The backup is of {manifest.engine} and the store is {database.printed}: restore it into a "
            f"{manifest.engine} database, then `vigie migrate-store --to URL` moves it."
        )
    if manifest.revision not in migrate.known_revisions():
        raise BackupError(
            f"The backup was made by Vigie {manifest.vigie}, which is newer than this one; update this one first."
        )
    wanted = "demo" if settings.demo else "real"
    if manifest.nature != wanted:
        raise BackupError(f"The backup holds {manifest.nature} notices and this installation is for {wanted} ones.")
    if database.is_sqlite and not Path(str(database.url.database)).exists():
        return
    if not again and (table := dumps.occupied(database)):
        raise BackupError(
            f"The store {database.printed} is not empty (table {table}); restore into a new database, or move it away."
        )


def _key(settings: Settings, folder: Path, manifest: Manifest, say: Say) -> None:
    place = settings.data_dir / KEY
    if manifest.has_key and settings.secret_key is None and not place.exists():
        _write_durably(place, (folder / KEY).read_text(encoding="ascii"))
        say("The signing key is back: links in mails that were sent work.")
        return
    if fingerprint(key_of(settings)[0]) == manifest.key_fingerprint:
        say("The signing key in force is that of the backup: links in mails that were sent work.")
    else:
        say(
            "The signing key in force is not that of the backup: links in mails that were sent do not work any more. "
            "When you have that key, set VIGIE_SECRET_KEY to it, or put it into the data folder as secret.key."
        )


def _payloads(settings: Settings, folder: Path) -> int:
    """Put segments that are not there; one that is there and of another length is not overwritten."""
    archive = Archive.open(settings, reading=True)
    there = archive.remote.sizes()
    put = 0
    for path in sorted((folder / ARCHIVE).rglob("*")):
        name = path.relative_to(folder / ARCHIVE).as_posix()
        if not path.is_file():
            continue
        if name not in there:
            archive.remote.put(path, name)
            put += 1
        elif there[name] < path.stat().st_size:
            raise BackupError(
                f"The archive has a shorter segment {name} than the backup; move it away, or use another archive."
            )
    return put


def _sqlite(database: Database, copy: Path) -> None:
    """Make the file beside, then let it take the place of the empty one."""
    target = Path(str(database.url.database)).absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.restoring")
    shutil.copyfile(copy, draft)
    dumps.check_sqlite(draft)
    database.close()  # our own connections, so that any that is left is somebody else's
    if target.exists():
        _refuse_in_use(target)
    for suffix in ("-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(target)
    sync_folder(target.parent)


def _refuse_in_use(target: Path) -> None:
    with closing(sqlite3.connect(target, timeout=1.0, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            raise BackupError(f"Something uses {target}: stop Vigie before a restore ({error}).") from error


def _check_rows(database: Database, manifest: Manifest) -> None:
    with database.read() as connection:
        found = dumps.row_counts(connection)
    for name, count in manifest.rows.items():
        if found.get(name) != count:
            raise BackupError(f"Table {name} has {found.get(name)} rows after the restore, and {count} in the backup.")


def _afterwards(settings: Settings, say: Say) -> None:
    """What does not come from the backup: the index is made anew, and nobody is heard of yet."""
    with Store(settings.database, settings.postgresql) as store:
        store.migrate()
        with store.database.write() as connection:
            for prefix in OF_PROCESSES:
                connection.execute(delete(meta).where(meta.c.key.startswith(prefix, autoescape=True)))
        queued = store.notices.enqueue_all()
    # Pages that a version before left may be younger than the store: crawls would pass over what it lacks.
    for folder in (settings.data_dir / OLD_FOLDER, settings.index_dir):
        if folder.exists():
            shutil.rmtree(folder)
    say(f"{queued} notices wait for the index, which `vigie up` or a worker makes anew; nobody is alerted by that.")


def _is_again(mark: Path, folder: Path) -> bool:
    """Whether a restore of this very backup was interrupted: then what it left may be overwritten."""
    return mark.exists() and mark.read_text(encoding="ascii") == digest_of(folder / "SHA256SUMS")


def _write_durably(path: Path, content: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)

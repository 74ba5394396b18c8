"""Backups of an installation, and their way back: `make(...)`, `restore(...)`.

A backup is a folder: the store as its own engine copies it (SQLite's online backup, `pg_dump`), the settings without
secrets, the list of the archive's segments and, when asked for, the segments themselves and the signing key.
`manifest.json` says what it holds; `SHA256SUMS` has the digest of every file, also for `sha256sum --check`.
"""

from __future__ import annotations

from store.backup.making import make
from store.backup.manifest import BackupError, Manifest, read_verified
from store.backup.restoring import restore

__all__ = ["BackupError", "Manifest", "make", "read_verified", "restore"]

"""What a backup holds, and the digests that prove it whole."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pydantic import AwareDatetime, Field, ValidationError

from core.errors import VigieError
from core.settings import Settings
from notices.model import Frozen
from store.segments import sync_folder

FORMAT = "1"
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
KEY = "secret.key"
SEGMENTS = "segments.jsonl"
SETTINGS = "settings.json"
ARCHIVE = "archive"
_BLOCK = 1024 * 1024
_LINE = re.compile(r"^([0-9a-f]{64})  (\S.*)$")


class BackupError(VigieError):
    """A backup cannot be made, or is not one that can be relied on."""


class Manifest(Frozen):
    """What a backup says of itself."""

    format: str = FORMAT
    vigie: str
    """Version of the code that made it."""
    made_at: AwareDatetime
    """When the copy of the store began: what was stored later is not in it."""
    nature: str
    """`real`, or `demo` for the demonstration."""
    engine: str
    """`sqlite` or `postgresql`."""
    engine_version: str
    revision: str
    """Of the store's tables."""
    store_file: str
    rows: dict[str, int] = Field(description="rows of every table, counted in the same snapshot")
    key_fingerprint: str
    has_key: bool
    segments: int = Field(description="segments that could be reached, at the URL and in this machine's spool")
    segment_bytes: int
    has_payloads: bool
    missing_segments: int = Field(description="segments that the store names and that could not be reached")


def fingerprint(key: str) -> str:
    """Tells two signing keys apart and gives neither away."""
    return hashlib.sha256(f"vigie signing key {key}".encode()).hexdigest()[:8]


def digest_of(path: Path) -> str:
    """sha256 of a file, hexadecimal."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def seal(folder: Path) -> None:
    """Write the digest of every file, and make everything last: from now on the folder is a backup."""
    lines = [f"{digest_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in _files(folder)]
    with (folder / SUMS).open("w", encoding="utf-8") as file:
        file.writelines(lines)
    for path in (*_files(folder), folder / SUMS):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    for place in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        sync_folder(place)


def read_verified(folder: Path) -> Manifest:
    """The manifest, after every file was found to be what it was. `BackupError` names the first that is not."""
    sums = folder / SUMS
    if not sums.is_file():
        raise BackupError(f"{folder} is no whole backup: it has no {SUMS}.")
    named = dict(_named(sums))
    there = {path.relative_to(folder).as_posix() for path in _files(folder)}
    if odd := sorted(there ^ set(named)):
        problem = "is missing" if odd[0] in named else "is in it and not named by its digests"
        raise BackupError(f"The backup {folder} is not what it was: {odd[0]} {problem}.")
    for name, digest in named.items():
        if digest_of(folder / name) != digest:
            raise BackupError(f"The backup {folder} is not what it was: the digest of {name} differs.")
    try:
        found = Manifest.model_validate_json((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise BackupError(f"The manifest of the backup {folder} cannot be read by this version of Vigie.") from error
    if found.format != FORMAT:
        raise BackupError(f"The backup {folder} has the format {found.format}; this version of Vigie reads {FORMAT}.")
    return found


def key_of(settings: Settings) -> tuple[str, bool]:
    """The signing key in force, and whether it is the file in the data folder."""
    return settings.signing_key, settings.secret_key is None


def _named(sums: Path) -> Iterator[tuple[str, str]]:
    for line in sums.read_text(encoding="utf-8").splitlines():
        match = _LINE.match(line)
        if match is None or PurePosixPath(match[2]).is_absolute() or ".." in PurePosixPath(match[2]).parts:
            raise BackupError(f"{sums} has a line that names no file of the backup.")
        yield match[2], match[1]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SUMS)

"""A folder or a bucket at an `fsspec` URL: whole files are put there, and read back by name.

Everything that a driver may say (no such bucket, refused, busy, no answer) becomes a `RemoteError` with one sentence.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from fsspec.core import split_protocol, url_to_fs
from fsspec.implementations.local import LocalFileSystem

from core.settings import StorageSettings
from core.urls import printed_url
from store.errors import ArchiveError
from store.segments import sync_folder

T = TypeVar("T")

_S3 = frozenset({"s3", "s3a"})
_WITHOUT_FOLDERS = frozenset({*_S3, "gs", "gcs", "abfs", "abfss", "az", "adl", "memory"})
"""Protocols of object stores. Asked to make a folder, a driver would make a missing bucket instead of telling."""
_MOST_WORDS = 300
TRIES = 3
"""How often a driver asks an object store that is busy or silent before it gives up."""


class RemoteError(ArchiveError):
    """The place does not answer, refuses, or is not there."""


class MissingFile(RemoteError):
    """The place answers, and there is no such file."""


def options_of(storage: StorageSettings, url: str) -> dict[str, Any]:
    """What the driver of a URL's protocol is made with."""
    protocol = split_protocol(url)[0]
    further: dict[str, Any] = json.loads(storage.options.get_secret_value()) if storage.options else {}
    if protocol not in _S3:
        return further
    # An empty file stands for a secret that is not used.
    secret = (storage.secret_key.get_secret_value() if storage.secret_key else None) or None
    client = {"region_name": storage.region, "verify": str(storage.ca) if storage.ca else None}
    made: dict[str, Any] = {
        "endpoint_url": storage.endpoint,
        "key": storage.access_key,
        "secret": secret,
        "client_kwargs": {name: value for name, value in client.items() if value is not None},
        "config_kwargs": {
            "connect_timeout": storage.timeout,
            "read_timeout": storage.timeout,
            "retries": {"max_attempts": 1},  # the driver itself tries again
        },
        "use_listings_cache": False,  # other machines write there
    }
    return {**{name: value for name, value in made.items() if value not in (None, {})}, **further}


class Remote:
    """Files at a URL."""

    def __init__(self, url: str, options: Mapping[str, Any] | None = None, called: str = "The archive") -> None:
        """Nothing is asked yet. `RemoteError` when the URL names no driver that is installed.

        `called` is what the place is for, in sentences.
        """
        self.printed = printed_url(url)
        self._named = f"{called} at {self.printed}"
        try:
            filesystem, root = url_to_fs(url, **dict(options or {}))
        except Exception as error:
            raise RemoteError(
                f"{self._named} cannot be used: {_words(error)}. Correct its URL (VIGIE_ARCHIVE_URL for the archive)."
            ) from error
        self.filesystem: Any = filesystem
        if hasattr(filesystem, "retries"):
            filesystem.retries = TRIES
        self._root = str(root).rstrip("/")
        protocol = filesystem.protocol
        self._protocols = frozenset((protocol,) if isinstance(protocol, str) else protocol)

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine."""
        return isinstance(self.filesystem, LocalFileSystem)

    @property
    def folder(self) -> Path | None:
        """The folder itself, where it is one of this machine."""
        return Path(self._root) if self.is_local else None

    def read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
        """The file, or its bytes from `start` up to `end`. `MissingFile` when it is not there."""
        path = self._at(name)
        return bytes(self._asked(lambda: self.filesystem.cat_file(path, start=start, end=end), name))

    def fetch(self, name: str, target: Path) -> None:
        """Copy a file from there to this machine, whatever its size. `MissingFile` when it is not there."""
        path = self._at(name)
        self._asked(lambda: self.filesystem.get_file(path, str(target)), name)

    def sizes(self, suffix: str = "") -> dict[str, int]:
        """Bytes of every file whose name ends so, by name; empty where the folder is not there yet."""
        if self.is_local and not Path(self._root).is_dir():
            return {}
        found = self._asked(lambda: self.filesystem.find(self._root, detail=True), None)
        return {
            str(path).removeprefix(f"{self._root}/"): int(facts["size"])
            for path, facts in found.items()
            if str(path).endswith(suffix)
        }

    def check(self) -> None:
        """`RemoteError` unless the place answers and lets itself be read."""
        if self.is_local:
            folder = Path(self._root)
            if folder.exists() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                raise RemoteError(f"{self._named} may not be read and written by this user.")
            if folder.exists() and not folder.is_dir():
                raise RemoteError(f"{self._named} is no folder.")
            return
        self._asked(lambda: self._listable(), None)

    def put(self, source: Path, name: str) -> None:
        """Copy a file there. It appears whole or not at all; `RemoteError` when it is not whole."""
        if self.is_local:
            with _sentences(self._named):
                _copy_durably(source, Path(self._at(name)))
            return
        target, size = self._at(name), source.stat().st_size
        self._asked(lambda: self._upload(source, target), None)
        if (found := self._asked(lambda: int(self.filesystem.size(target)), name)) != size:
            raise RemoteError(f"{self._named} kept {found} of the {size} bytes of {name}.")

    def take(self, source: Path, name: str) -> None:
        """Move a file there: the source goes only when the copy is whole."""
        if self.is_local:
            with _sentences(self._named):
                _move_in_folder(source, Path(self._at(name)))
            return
        self.put(source, name)
        source.unlink()

    def _upload(self, source: Path, target: str) -> None:
        if not self._protocols & _WITHOUT_FOLDERS:
            self.filesystem.makedirs(str(PurePosixPath(target).parent), exist_ok=True)
        self.filesystem.put_file(str(source), target)
        self.filesystem.invalidate_cache()

    def _listable(self) -> None:
        if self._protocols & _S3:
            bucket, _, key = self._root.partition("/")
            # One key is asked for: an archive of years is not listed to learn that it answers.
            self.filesystem.call_s3("list_objects_v2", Bucket=bucket, Prefix=f"{key}/" if key else "", MaxKeys=1)
        elif self.filesystem.exists(self._root):
            self.filesystem.info(self._root)

    def _at(self, name: str) -> str:
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or not name:
            raise RemoteError(f"{name!r} is no name of a file at {self.printed}.")
        return f"{self._root}/{name}"

    def _asked(self, question: Callable[[], T], name: str | None) -> T:
        with _sentences(self._named, name):
            return question()


@contextmanager
def _sentences(place: str, name: str | None = None) -> Iterator[None]:
    """Turn whatever a driver raises into one sentence. Drivers raise OSError, and much of their own beside it."""
    try:
        yield
    except ArchiveError:
        raise
    except PermissionError as error:
        raise RemoteError(f"{place} refuses: {_words(error)}. Check its credentials and what they may do.") from error
    except FileNotFoundError as error:
        if name is not None and "bucket" not in str(error).lower():
            raise MissingFile(f"{place} has no file {name}.") from error
        raise RemoteError(f"{place} is not there: {_words(error)}. Create it first.") from error
    except Exception as error:
        words = _words(error)
        advice = next((told for found, told in _ADVICE if re.search(found, words, re.IGNORECASE)), _ANY_ADVICE)
        raise RemoteError(f"{place} does not take or give files: {words}. {advice}") from error


_ANY_ADVICE = "Check its address, and VIGIE_STORAGE__ENDPOINT for an object store."
_ADVICE = (
    (r"certificate|ssl", "Name the authority of its certificate in VIGIE_STORAGE__CA, or correct the certificate."),
    (r"no space left|disk quota", "Make room there; what was not moved waits where it is."),
    (r"read-only file system", "Let this user write there, or choose another place."),
    (r"slow ?down|reduce your request|internal ?error|busy", "It is busy: wait, it is asked again."),
    (
        r"connect|resolve|timed? ?out|timeout|name or service|refused",
        "Check that it runs, and its address: VIGIE_STORAGE__ENDPOINT for an object store.",
    ),
)


def _words(error: BaseException) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (" ".join(said.split()) or type(error).__name__).rstrip(".")[:_MOST_WORDS]


def _move_in_folder(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_durably(source, target)
        source.unlink()
    sync_folder(target.parent)


def _copy_durably(source: Path, target: Path) -> None:
    """Copy, also between file systems; the target appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        with source.open("rb") as reader, part.open("wb") as writer:
            shutil.copyfileobj(reader, writer)
            writer.flush()
            os.fsync(writer.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)  # on a full disk it would keep what is needed
        raise
    sync_folder(target.parent)

"""Takes files of BOAMP apart: answers of both versions of the interface, exports, archives of the XML dumps.

What comes out are payloads for the parser, one per notice. Sizes and numbers are limited before anything is unpacked.
"""

from __future__ import annotations

import csv
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from notices.formats.errors import FormatReason, NoticeFormatError

LARGEST_MEMBER = 20 * 1024 * 1024
"""Bytes of one notice in an archive."""
LARGEST_ARCHIVE = 512 * 1024 * 1024
"""Bytes of all notices of an archive together."""
MOST_MEMBERS = 20_000
"""A year of one type is cut into archives of a few hundred notices."""

_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b")
_COMPRESS = b"\x1f\x9d"
_TAR = (257, b"ustar")
_LISTS = (
    "code_departement", "titulaire", "type_marche", "type_marche_facette", "descripteur_code", "descripteur_libelle",
    "dc", "annonce_lie",
)  # fmt: skip


def is_archive(payload: bytes) -> bool:
    """Whether the bytes are a zip, a tar or a compressed tar."""
    offset, mark = _TAR
    return payload.startswith((*_ARCHIVES, _COMPRESS)) or payload[offset : offset + len(mark)] == mark


def members(payload: bytes) -> list[bytes]:
    """The XML documents of an archive of the dumps. Raises `NoticeFormatError` for one that cannot be unpacked."""
    if payload.startswith(_COMPRESS):
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, "The archive is packed by `compress` (.Z): unpack it with `uncompress` first."
        )
    try:
        return list(_zipped(payload) if payload.startswith(b"PK") else _tarred(payload))
    except (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, RuntimeError, NotImplementedError) as error:
        raise NoticeFormatError(FormatReason.CUT, f"The archive cannot be unpacked: {error}.") from error


def _zipped(payload: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        entries = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".xml")]
        _check((entry.file_size for entry in entries), len(entries))
        for entry in entries:
            with archive.open(entry) as member:
                yield _limited(member.read(LARGEST_MEMBER + 1))


def _tarred(payload: bytes) -> Iterator[bytes]:
    with tarfile.open(fileobj=io.BytesIO(payload)) as archive:
        count = total = 0
        for entry in archive:
            count, total = count + 1, total + entry.size
            _check((total,), count)  # what is skipped is unpacked too
            member = archive.extractfile(entry) if entry.name.lower().endswith(".xml") else None
            if member is not None:
                yield _limited(member.read(LARGEST_MEMBER + 1))


def _check(sizes: Iterable[int], count: int) -> None:
    if count > MOST_MEMBERS or sum(sizes) > LARGEST_ARCHIVE:
        raise NoticeFormatError(FormatReason.TOO_LARGE, "The archive unpacks to more than any archive of the dumps.")


def _limited(member: bytes) -> bytes:
    if len(member) > LARGEST_MEMBER:
        raise NoticeFormatError(
            FormatReason.TOO_LARGE, f"A notice of the archive has more than {LARGEST_MEMBER:,} bytes."
        )
    return member


def records_of(value: Any) -> list[Any] | None:
    """The records of an answer or of an export, or None where the value is no list of records.

    v2.1 answers `results`, v1 `records[].fields`, v2.0 `records[].record.fields`; an export is a bare list.
    """
    rows = value
    if isinstance(value, dict):
        rows = value.get("results", value.get("records"))
    return [bare(row) for row in rows] if isinstance(rows, list) else None


def bare(row: Any) -> Any:
    """A record without what an interface or the client that captured it put around it."""
    for wrapper in ("record", "raw_fields", "fields"):
        if isinstance(row, dict) and "idweb" not in row and isinstance(row.get(wrapper), dict):
            row = row[wrapper]
    return row


def lines_of(payload: bytes) -> list[bytes]:
    """The lines of a JSONL export that are not empty."""
    return [line for line in payload.splitlines() if line.strip()]


def rows_of_csv(payload: bytes) -> list[dict[str, Any]]:
    """The records of a CSV export (`;`, with or without byte order mark); lists are joined by commas there."""
    text = payload.decode("utf-8-sig", "replace")
    csv.field_size_limit(LARGEST_MEMBER)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    return [{key: _cell(key, value) for key, value in row.items() if key and value} for row in rows]


def _cell(key: str, value: Any) -> Any:
    return value.split(",") if key in _LISTS and isinstance(value, str) else value


def as_bytes(value: Any) -> bytes:
    """A record as a payload of its own."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")

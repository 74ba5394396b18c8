"""WARC 1.1 records of raw payloads (ISO 28500:2017): built, and read back.

Each record is one gzip member, so offset and length address it. A payload is a `resource` record under the portal's
address. What Vigie must know to find it again without a database is in two headers of its own, `Vigie-Notice-ID` and
`Vigie-Run-ID`, percent-encoded like every value that comes from outside.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from urllib.parse import quote, unquote
from uuid import uuid4

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.warcwriter import WARCWriter

from store.errors import ArchiveError

MAGIC = b"\x1f\x8b\x08"
"""How a gzip member begins."""
NOTICE_HEADER = "Vigie-Notice-ID"
RUN_HEADER = "Vigie-Run-ID"
_IN_URLS = ":/?#[]@!$&'()*+,;=%"
_IN_IDS = ":/@"
_STEP = 64 * 1024


@dataclass(frozen=True)
class Resource:
    """A payload to archive."""

    notice_id: str
    run_id: str
    url: str
    payload: bytes
    media_type: str
    at: datetime


@dataclass(frozen=True)
class ReadResource:
    """A payload read back, with what its record says of it."""

    notice_id: str
    run_id: str
    payload: bytes
    media_type: str
    at: datetime

    @property
    def digest(self) -> str:
        """sha256 of the payload, hexadecimal."""
        return hashlib.sha256(self.payload).hexdigest()


def new_record_id() -> str:
    """A `WARC-Record-ID`."""
    return f"<urn:uuid:{uuid4()}>"


def warcinfo_member(record_id: str, segment: str, at: datetime) -> bytes:
    """The first record of a segment, which says who wrote it."""
    buffer = BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    fields = "software: Vigie\r\nformat: WARC File Format 1.1\r\ndescription: raw notices of procurement portals\r\n"
    headers = {"WARC-Record-ID": record_id, "WARC-Date": _warc_date(at), "WARC-Filename": _encoded(segment, _IN_IDS)}
    body = fields.encode()
    record = writer.create_warc_record(
        "", "warcinfo", BytesIO(body), len(body), "application/warc-fields", warc_headers_dict=headers
    )
    writer.write_record(record)
    return buffer.getvalue()


def resource_member(resource: Resource, record_id: str, warcinfo_id: str, concurrent_to: str | None) -> bytes:
    """One payload as a record. `concurrent_to` is the record of the same notice written before in the same capture."""
    headers = {
        "WARC-Record-ID": record_id,
        "WARC-Date": _warc_date(resource.at),
        "WARC-Warcinfo-ID": warcinfo_id,
        NOTICE_HEADER: _encoded(resource.notice_id, _IN_IDS),
        RUN_HEADER: _encoded(resource.run_id, _IN_IDS),
    }
    if concurrent_to is not None:
        headers["WARC-Concurrent-To"] = concurrent_to
    buffer = BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    record = writer.create_warc_record(
        _encoded(resource.url, _IN_URLS),
        "resource",
        BytesIO(resource.payload),
        len(resource.payload),
        _header_value(resource.media_type),
        warc_headers_dict=headers,
    )
    writer.write_record(record)
    return buffer.getvalue()


def read_member(member: bytes) -> ReadResource | None:
    """The payload of one record; `None` for a record that holds none, such as the first of a segment."""
    try:
        for record in ArchiveIterator(BytesIO(member)):
            if record.rec_type != "resource":
                return None
            headers = record.rec_headers
            return ReadResource(
                notice_id=unquote(headers.get_header(NOTICE_HEADER) or ""),
                run_id=unquote(headers.get_header(RUN_HEADER) or ""),
                payload=record.content_stream().read(),
                media_type=headers.get_header("Content-Type") or "application/octet-stream",
                at=datetime.fromisoformat(headers.get_header("WARC-Date")),
            )
    except (ArchiveLoadFailed, ValueError, TypeError) as error:
        raise ArchiveError(f"A record of the archive is damaged: {error}.") from error
    raise ArchiveError("A record of the archive is empty.")


def whole_members(data: bytes, start: int = 0) -> Iterator[tuple[int, int]]:
    """Offset and length of the gzip members that are whole, up to the first that is not."""
    offset = start
    while offset < len(data):
        unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
        position = offset
        while not unzip.eof:
            piece = data[position : position + _STEP]
            if not piece:
                return
            try:
                unzip.decompress(piece)
            except zlib.error:
                return
            position += len(piece)
        end = position - len(unzip.unused_data)
        yield offset, end - offset
        offset = end


def whole_member_after(data: bytes, start: int) -> bool:
    """Whether any whole member follows somewhere after `start`: then the data is not torn but damaged in between."""
    position = data.find(MAGIC, start + 1)
    while position >= 0:
        if next(whole_members(data, position), None) is not None:
            return True
        position = data.find(MAGIC, position + 1)
    return False


def _warc_date(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _encoded(value: str, safe: str) -> str:
    """The value without anything that could end a header line; lone surrogates are replaced."""
    return quote(value, safe=safe, errors="replace")


def _header_value(value: str) -> str:
    return "".join(character for character in value if character.isascii() and character.isprintable())

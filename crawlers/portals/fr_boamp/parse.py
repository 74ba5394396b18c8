"""From what BOAMP published to a `Notice`: a pure function, without network, clock or database.

Understood payloads: the raw unit of the spider (`{"record", "root"}`), a record of the open-data interface in any
of its versions, a notice of the old schema as JSON (`{"GESTION", "DONNEES"}`), and a document of the XML dumps. `split`
takes answers, exports and archives apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from crawlers.contract import Parsing
from crawlers.engines.payloads import check_size, json_value
from crawlers.portals.fr_boamp import files
from crawlers.portals.loading import load
from notices.formats.boamp import idweb_of, read_boamp, read_boamp_xml
from notices.formats.boamp.identity import parse_idweb
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading, ReadingContext
from notices.model import Notice, NoticeKind
from notices.values.dates import PARIS

PARSER_VERSION = "2"
FORMS = {
    "raw-unit": "what the spider archives: a record, and the first notice of its tender",
    "record": "one record of the open-data interface (v1, v2.0 or v2.1)",
    "api-answer": "an answer of the interface or a JSON export, one notice per record",
    "export-lines": "a JSONL export, one notice per line",
    "export-csv": "a CSV export with `;`, one notice per row",
    "old-json": "a notice of the old schema as JSON: GESTION and DONNEES",
    "xml": "a document of the XML dumps (ANNONCE or jo:ann)",
    "xml-archive": "an archive of the XML dumps (zip, tar, tar.gz)",
}
COUNTRY = "FR"
_CONSULTATION = "CONS-"
_AFTER_THE_CALL = frozenset(
    {NoticeKind.RESULT, NoticeKind.CHANGE, NoticeKind.CANCELLATION, NoticeKind.MODIFICATION, NoticeKind.COMPLETION}
)


def parse(payload: bytes, context: Parsing) -> Reading:
    """Read one payload. `NoticeFormatError` says in a sentence why it cannot become a notice, and where."""
    check_size(payload, context)
    if _is_xml(payload):
        reading = read_boamp_xml(payload, context=_context(context, context.native_id), limit=context.max_payload_bytes)
        url = reading.notice.url or _url_of(reading.notice, context)
        return _with(reading, url=url, procedure_id=_procedure_id(reading.notice, None))
    unit = _as_unit(json_value(payload))
    record = unit["record"]
    reading = read_boamp(record, context=_context(context, idweb_of(record)))
    return _with(reading, procedure_id=_procedure_id(reading.notice, unit.get("root")))


def split(payload: bytes, form: str | None = None) -> list[bytes]:
    """The payloads in a file: one per record of an answer or an export, one per document of an archive, else itself."""
    if form == "xml-archive" or (form is None and files.is_archive(payload)):
        return files.members(payload)
    if form in ("raw-unit", "record", "old-json", "xml") or (form is None and _is_xml(payload)):
        return [payload]
    if form == "export-csv" or (form is None and payload[:200].lstrip(b"\xef\xbb\xbf").startswith(b"idweb;")):
        return [files.as_bytes(row) for row in files.rows_of_csv(payload)]
    if form == "export-lines" or (form is None and _is_lines(payload)):
        return files.lines_of(payload)
    value = json_value(payload)
    if isinstance(value, dict) and "record" in value and form is None:
        return [payload]
    records = files.records_of(value)
    return [payload] if records is None else [files.as_bytes(record) for record in records]


def _is_xml(payload: bytes) -> bool:
    return payload[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<")


def _is_lines(payload: bytes) -> bool:
    """Whether there are several lines and the first is an object by itself."""
    first, separator, rest = payload.strip().partition(b"\n")
    if not separator or not rest.strip().startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _as_unit(value: Any) -> dict[str, Any]:
    """Any understood JSON as `{"record", "root"}`."""
    records = files.records_of(value)
    if records is not None:
        if len(records) != 1:
            raise NoticeFormatError(
                FormatReason.UNEXPECTED, f"The payload is an answer with {len(records)} records, not one."
            )
        return _as_unit(records[0])
    if not isinstance(value, dict):
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The payload is JSON, but no object.", path="/")
    if isinstance(value.get("record"), dict) and "fields" not in value["record"]:
        return {"record": value["record"], "root": value.get("root")}
    record = files.bare(value)
    if "GESTION" in record and "DONNEES" in record:
        return {"record": _flat(record)}
    if "idweb" in record or "donnees" in record or "id" in record:
        return {"record": record}
    keys = ", ".join(sorted(map(str, record)))[:300]
    raise NoticeFormatError(
        FormatReason.UNEXPECTED, f"The payload is none of the portal's answers; its keys are: {keys}."
    )


def _flat(notice: Mapping[str, Any]) -> dict[str, Any]:
    """A notice of the old schema in the form of a record, which keeps both halves beside the key."""
    reference = notice["GESTION"].get("REFERENCE") if isinstance(notice["GESTION"], dict) else None
    key = reference.get("IDWEB") if isinstance(reference, dict) else None
    return {"idweb": key, "gestion": notice["GESTION"], "donnees": notice["DONNEES"]}


def _context(context: Parsing, native_id: str | None) -> ReadingContext:
    return ReadingContext(
        portal=context.portal,
        zone=PARIS,
        country=COUNTRY,
        id=None if native_id is None else f"{context.portal}:{native_id}",
        url=None if native_id is None else load(context.portal).url_of(native_id),
    )


def _url_of(notice: Notice, context: Parsing) -> str:
    return load(context.portal).url_of(notice.id.partition(":")[2])


def _procedure_id(notice: Notice, root: object) -> str | None:
    """The key that the notices of one tender share.

    The UUID of the procedure, else that of the tender's first notice, else the key of the first notice: as the spider
    found it, as the old schema wrote it (`CONS-16-106898`), or the earliest that this notice names. A call begins its
    tender, whatever it names, and its own key serves.
    """
    own = notice.procedure_id
    consultation = parse_idweb(own.removeprefix(_CONSULTATION)) if own and own.startswith(_CONSULTATION) else None
    if own and consultation is None:
        return own
    if isinstance(root, dict):
        for key in ("contractfolderid", "idweb"):
            if isinstance(root.get(key), str) and root[key].strip():
                return str(root[key]).strip()
    named = [link.value for link in notice.links if link.scheme == "portal-reference"]
    return consultation or (_earliest(named) if notice.kind in _AFTER_THE_CALL else None)


def _earliest(keys: Iterable[str]) -> str | None:
    """The smallest key by year and number; those of before 2010 have another form and are earlier than all."""
    found = [key for key in keys if parse_idweb(key)]
    return min(found, key=_year_and_number, default=None)


def _year_and_number(key: str) -> tuple[int, int]:
    year, _, number = key.partition("-")
    return (int(year), int(number)) if year.isdecimal() and number.isdecimal() else (-1, 0)


def _with(reading: Reading, **values: Any) -> Reading:
    if all(getattr(reading.notice, name) == value for name, value in values.items()):
        return reading
    return reading.model_copy(update={"notice": reading.notice.model_copy(update=values)})

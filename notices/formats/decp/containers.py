"""From the bytes of a file to records: which of the known forms it has, and the accidents of files put right.

Known accidents (dossier France 3.4): a byte order mark, `NaN`, control characters, backslashes and quotation marks that
are not escaped. What was put right is told. Schemas, lists of data sets and extracts of Sirene lie in the same folders
as the data; they are refused with a sentence that says what they are.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from notices.formats.decp import table
from notices.formats.decp.contract import Format, Kind
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.xml import parse_xml

FORMS: Final = {
    "raw-unit": "what the spider archives: the rows of one contract, by data set",
    "json-2019": 'a file of the format of 2019: {"marches": […]}',
    "json-2022": 'a file of the format of 2022: {"marches": {"marche": […], "contrat-concession": […]}}',
    "xml-2022": "a file of the format of 2022 in XML, <marches>",
    "table-json": "rows of a table as JSON: an answer of the API, an export, one row, or a row per line",
    "table-csv": "rows of a table as CSV, with the names of the columns in its first line",
}
_KINDS: Final[tuple[Kind, ...]] = ("marche", "contrat-concession")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BAD_ESCAPE: Final = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_QUOTE: Final = re.compile(r'\\.|"', re.DOTALL)
_AFTER_TEXT: Final = re.compile(r"\s*(?:[,:}\]]|\Z)")
_DELIMITERS: Final = ";,\t|"


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record of a file: as it was written (`raw`, a row or an object), and in the shape that is read."""

    kind: Kind
    form: Format
    raw: Any
    data: dict[str, Any]
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The records of a file, its form, and what was put right in it."""

    form: str
    records: tuple[SourceRecord, ...]
    repairs: tuple[str, ...] = ()


def read_source(payload: bytes, form: str | None = None) -> Source:
    """The records of a file. `form` is one of `FORMS`; None: told by the content.

    Raises `NoticeFormatError` for what is no award data, or cannot be read.
    """
    start = payload[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise NoticeFormatError(FormatReason.CUT, "The file is empty.")
    if form == "table-csv":
        return _csv(payload)
    if form == "xml-2022" or (form is None and start.startswith(b"<")):
        return _xml(payload)
    if form is not None or start[:1] in (b"{", b"["):
        return _json(payload, form)
    return _csv(payload)


# --- XML -------------------------------------------------------------------------------------------------------------


def _xml(payload: bytes) -> Source:
    cleaned, count = _CONTROL.subn(b"", payload)
    root = parse_xml(cleaned.lstrip(b"\xef\xbb\xbf \t\r\n"), limit=max(len(cleaned), 1))
    name = _local(root)
    if name == "schema":
        raise NoticeFormatError(FormatReason.UNKNOWN_ROOT, "This is the schema (XSD) of the format, not award data.")
    if name != "marches":
        raise NoticeFormatError(
            FormatReason.UNKNOWN_ROOT, "The document is no French award data: its root is not <marches>.", printed=name
        )
    records = []
    for element in root:
        kind = _local(element)
        if kind not in _KINDS:
            raise NoticeFormatError(
                FormatReason.UNEXPECTED, f"<marches> holds <{kind}>, which is no contract.", path=f"/marches/{kind}"
            )
        data = _as_object(element)
        records.append(SourceRecord(kind, "decp-2022", element, data if isinstance(data, dict) else {}))
    return Source("xml-2022", tuple(records), _told(count, "control characters were taken out"))


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _as_object(element: etree._Element) -> Any:
    """An element as the object that the JSON format would have: text, or its children by name."""
    if len(element) == 0:
        return element.text
    found: dict[str, Any] = {}
    for child in element:
        name, value = _local(child), _as_object(child)
        if name in found:
            known = found[name]
            found[name] = [*(known if isinstance(known, list) else [known]), value]
        else:
            found[name] = value
    return found


def _told(count: int, what: str) -> tuple[str, ...]:
    return (f"{count} {what}.",) if count else ()


# --- JSON ------------------------------------------------------------------------------------------------------------


def _json(payload: bytes, form: str | None) -> Source:
    value, repairs = _loaded(_decoded(payload))
    told = value.get("repairs") if isinstance(value, dict) else None
    earlier = tuple(map(str, told)) if isinstance(told, list) else ()
    found = Source(*_recognised(value), (*earlier, *repairs))
    if form is not None and found.form != form:
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, f"The file was said to be {form}, and its content is {found.form}."
        )
    return found


def _decoded(payload: bytes) -> str:
    try:
        return payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoticeFormatError(FormatReason.ENCODING, f"The file is not UTF-8: {error}.") from error


def _loaded(text: str) -> tuple[Any, tuple[str, ...]]:
    """The value of a text, repaired where it is no JSON."""
    try:
        return _parsed(text), ()
    except RecursionError as error:
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The JSON is nested deeper than award data is.") from error
    except ValueError as error:
        first = error
    lines = _json_lines(text)
    if lines is not None:
        return lines, ()
    escaped, backslashes = _BAD_ESCAPE.subn(r"\\\\", text)
    escaped, quotes = _with_inner_quotes_escaped(escaped)
    try:
        value = _parsed(escaped)
    except (ValueError, RecursionError):
        raise _no_json(first, text) from first
    told = _told(backslashes, "backslashes were escaped") + _told(quotes, "quotation marks were escaped")
    return value, told


def _with_inner_quotes_escaped(text: str) -> tuple[str, int]:
    """Quotation marks inside texts escaped, and their number; the end of a text stands before `,`, `:`, `}`, `]`."""
    pieces: list[str] = []
    position = count = 0
    inside = False
    for match in _QUOTE.finditer(text):
        if match[0] != '"':
            continue
        if inside and not _AFTER_TEXT.match(text, match.end()):
            pieces += (text[position : match.start()], '\\"')
            position, count = match.end(), count + 1
        else:
            inside = not inside
    return "".join((*pieces, text[position:])), count


def _parsed(text: str) -> Any:
    """Control characters in strings are accepted; NaN and infinities are absent."""
    return json.loads(text, strict=False, parse_constant=lambda _name: None)


def _json_lines(text: str) -> list[Any] | None:
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < 2 or not all(line.lstrip().startswith("{") for line in lines):
        return None
    try:
        return [_parsed(line) for line in lines]
    except (ValueError, RecursionError):
        return None


def _no_json(error: ValueError, text: str) -> NoticeFormatError:
    position = getattr(error, "pos", 0)
    cut = position >= len(text.rstrip()) - 1 or "Unterminated" in str(error)
    reason = FormatReason.CUT if cut else FormatReason.UNEXPECTED
    return NoticeFormatError(reason, f"The file is JSON that cannot be read: {error}.")


def _recognised(value: Any) -> tuple[str, tuple[SourceRecord, ...]]:
    if isinstance(value, dict):
        _refuse_what_is_no_data(value)
        inner = value.get("marches")
        if isinstance(inner, list):
            return "json-2019", tuple(_nested("marche", "decp-2019", item) for item in inner)
        if isinstance(inner, dict):
            return "json-2022", tuple(_of_2022(inner))
        if isinstance(value.get("tables"), list):
            return "raw-unit", tuple(_of_unit(value["tables"]))
        rows = value.get("results", value.get("rows"))
        if isinstance(rows, list):
            return _rows(rows)
        if table.is_row(value) or "acheteur" in value or "autoriteConcedante" in value:
            return _rows([value])
    if isinstance(value, list) and value:
        return _rows(value)
    raise NoticeFormatError(FormatReason.UNEXPECTED, f"The file is JSON, but no award data: {_described(value)}.")


def _described(value: Any) -> str:
    if isinstance(value, dict):
        return f"its keys are {', '.join(sorted(map(str, value)))[:300]}"
    return "an empty list" if value == [] else f"it is {type(value).__name__}"


def _refuse_what_is_no_data(value: dict[str, Any]) -> None:
    if "definitions" in value or "$defs" in value or ("properties" in value and "$schema" in value):
        raise NoticeFormatError(FormatReason.UNEXPECTED, "This is the JSON schema of the format, not award data.")
    if isinstance(value.get("fields"), list):
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, "This is the schema of a table (the list of its columns), not award data."
        )
    if isinstance(value.get("siret", value.get("siren")), list):
        raise NoticeFormatError(FormatReason.UNEXPECTED, "This is an extract of the Sirene register, not award data.")


def _of_2022(inner: dict[str, Any]) -> Iterator[SourceRecord]:
    strange = sorted(set(inner) - set(_KINDS))
    if strange:
        raise NoticeFormatError(
            FormatReason.UNEXPECTED,
            f'"marches" holds {", ".join(strange)[:200]}, which is no list of contracts.',
            path="/marches",
        )
    for kind in _KINDS:
        items = inner.get(kind) or []
        for item in items if isinstance(items, list) else [items]:
            yield _nested(kind, "decp-2022", item)


def _nested(kind: Kind, form: Format, item: Any) -> SourceRecord:
    if not isinstance(item, dict):
        raise NoticeFormatError(FormatReason.UNEXPECTED, "A contract is no object.", path=f"/marches/{kind}")
    if len(item) == 1 and kind in item and isinstance(item[kind], dict):
        item = item[kind]
    return SourceRecord(kind, form, item, _without_dots(item))


def _without_dots(item: dict[str, Any]) -> dict[str, Any]:
    """`{"acheteur.id": …}`, which a table program makes of objects, as an object again."""
    found: dict[str, Any] = {}
    for key, value in item.items():
        head, dot, tail = key.partition(".")
        if not dot:
            found.setdefault(key, value)
        elif isinstance(found.setdefault(head, {}), dict):
            found[head].setdefault(tail, value)
    return found


def _rows(rows: list[Any], dataset: str | None = None) -> tuple[str, tuple[SourceRecord, ...]]:
    """Rows of a table, or bare records. A list of something else is refused."""
    for row in rows:
        if isinstance(row, dict) and "owner_org_name" in row:
            raise NoticeFormatError(FormatReason.UNEXPECTED, "This is a list of data sets, not award data.")
        if not table.is_row(row) and not (isinstance(row, dict) and ("acheteur" in row or "autoriteConcedante" in row)):
            raise NoticeFormatError(
                FormatReason.UNEXPECTED, f"The list holds something that is no contract: {_described(row)}."
            )
    if all(table.is_row(row) for row in rows):
        return "table-json", tuple(_of_rows(rows, dataset))
    return "json-2022", tuple(_nested(_kind(row), "decp-2022", row) for row in rows)


def _kind(record: dict[str, Any]) -> Kind:
    return "contrat-concession" if record.get("autoriteConcedante") else "marche"


def _of_rows(rows: list[dict[str, Any]], dataset: str | None) -> Iterator[SourceRecord]:
    for row in rows:
        (kind, data), *_none = table.records_of([row])
        yield SourceRecord(kind, "decp-table", row, data, dataset)


def _of_unit(tables: list[Any]) -> Iterator[SourceRecord]:
    for item in tables:
        rows = item.get("rows") if isinstance(item, dict) else None
        if not isinstance(rows, list):
            raise NoticeFormatError(FormatReason.UNEXPECTED, "A table of the unit has no rows.", path="/tables")
        yield from _rows(rows, str(item.get("dataset") or "") or None)[1]


# --- CSV -------------------------------------------------------------------------------------------------------------


def _csv(payload: bytes) -> Source:
    told: tuple[str, ...] = ()
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        text, told = (
            payload.decode("cp1252", errors="replace"),
            ("The file is not UTF-8; it was read as Windows-1252.",),
        )
    header = text.partition("\n")[0].rstrip("\r")
    delimiter = max(_DELIMITERS, key=header.count)
    names = [table.column(name.strip('"')) for name in header.split(delimiter)]
    if not table.is_row(dict.fromkeys(names)) or "objet" not in names:
        raise NoticeFormatError(
            FormatReason.UNEXPECTED,
            "The file is no award data: its first line names neither a contract (id), its buyer (acheteur_id) nor its "
            "object (objet).",
            printed=header[:200],
        )
    return Source("table-csv", tuple(_of_rows(list(_csv_rows(text, delimiter)), None)), told)


def _csv_rows(text: str, delimiter: str) -> Iterator[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise NoticeFormatError(
                    FormatReason.CUT,
                    "A line has not as many cells as the first one has names.",
                    path=f"line {reader.line_num}",
                )
            yield dict(row)
    except csv.Error as error:
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, f"The file is CSV that cannot be read: {error}.", path=f"line {reader.line_num}"
        ) from error

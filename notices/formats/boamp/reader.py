"""From a record or a document of BOAMP to a `Notice`: decide the shape by its first key and hand it to its reader."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from notices.formats.boamp.draft import PORTAL_PARTIAL, Draft, built
from notices.formats.boamp.eforms import read_eforms_shape
from notices.formats.boamp.frame import Frame, read_gestion, read_record
from notices.formats.boamp.identity import parse_idweb
from notices.formats.boamp.legacy import FIRST_KEYS, FORMAT, read_legacy
from notices.formats.boamp.national import SHAPES, read_national
from notices.formats.boamp.node import Book
from notices.formats.boamp.trees import check_depth, key_of, xml_as_json
from notices.formats.errors import FormatReason, NoticeFormatError, misfit
from notices.formats.reading import Reading, ReadingContext
from notices.formats.xml import DEFAULT_LIMIT, parse_xml

DUMP_ROOTS: Final = frozenset({"ANNONCE", "ann"})
_EFORMS: Final = "EFORMS"


def read_boamp(record: Mapping[str, Any], *, context: ReadingContext) -> Reading:
    """Read a flat record of the open-data interface, its `donnees` and `gestion` included.

    `record` is a record of version 2.1 (lists, nulls) or of version 1 (texts joined by commas, nulls left out);
    `donnees` and `gestion` may be JSON texts, objects, or absent. A dump document that was made JSON (`DONNEES` and
    `GESTION`) is read as well. Without `context.id` the notice's id is `<portal>:<idweb>`. Pure: no network, no clock.
    Raises `NoticeFormatError` when the record has no idweb, no title, or a shape of `donnees` that is not known.
    """
    if not isinstance(record, Mapping):
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The record is no object.", path="/")
    flat = {str(key): value for key, value in record.items()}
    data = _decoded(flat.pop("donnees", None) or flat.pop("DONNEES", None), "donnees")
    management = _decoded(flat.pop("gestion", None) or flat.pop("GESTION", None), "gestion")
    check_depth(flat, "/")
    book, frame = Book(), Frame()
    read_record(book.open(flat, "record"), frame, context.zone)
    return _read(data, management, frame, book, context)


def read_boamp_xml(payload: bytes, *, context: ReadingContext, limit: int = DEFAULT_LIMIT) -> Reading:
    """Read a document of the XML dumps: `<ANNONCE>` (schema v230) or `<jo:ann>` (schema 3.2.5).

    Raises `NoticeFormatError` like `read_boamp`, and for bytes that `notices.formats.xml` refuses.
    """
    root = parse_xml(payload, limit)
    name = key_of(str(root.tag))
    if name not in DUMP_ROOTS:
        raise NoticeFormatError(
            FormatReason.UNKNOWN_ROOT, f"The document is a '{name}', not a notice of BOAMP.", path="/", printed=name
        )
    tree = xml_as_json(root)
    tree = tree if isinstance(tree, dict) else {}
    book, frame = Book(), Frame()
    document = book.open(tree, name)
    # The rendered page repeats the notice for people.
    document.ignore("HTML", "HTMLSYNTHESE", "DONNEES", "GESTION", "@noNamespaceSchemaLocation", "@schemaLocation")
    return _read(tree.get("DONNEES"), tree.get("GESTION"), frame, book, context)


def _decoded(value: object, name: str) -> object:
    """JSON that stands in a text, perhaps twice."""
    for _ in range(2):
        if not isinstance(value, str):
            break
        value = _parsed(value, name) if value.strip() else None
    if value is not None and not isinstance(value, Mapping):
        raise NoticeFormatError(FormatReason.UNEXPECTED, f"`{name}` is no object.", path=name, printed=str(value)[:200])
    check_depth(value, name)
    return value


def _parsed(text: str, name: str) -> object:
    if len(text) > DEFAULT_LIMIT:
        size = f"{len(text):,} characters, more than the {DEFAULT_LIMIT:,} that are read"
        raise NoticeFormatError(FormatReason.TOO_LARGE, f"`{name}` has {size}.", path=name)
    try:
        return json.loads(text)
    except RecursionError as error:
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The JSON is nested deeper than any notice.", path=name) from (
            error
        )
    except ValueError as error:
        cut = getattr(error, "pos", 0) >= len(text.rstrip()) - 1 or "Unterminated" in str(error)
        reason = FormatReason.CUT if cut else FormatReason.UNEXPECTED
        raise NoticeFormatError(reason, f"`{name}` is no JSON that can be read: {error}.", path=name) from error


def _read(data: object, management: object, frame: Frame, book: Book, context: ReadingContext) -> Reading:
    if management is not None:
        read_gestion(book.open(management, "gestion"), frame, context.zone)
    if frame.idweb is None:
        raise NoticeFormatError(FormatReason.MISSING, "The notice has no idweb.", path="idweb")
    if parse_idweb(frame.idweb) is None:
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The idweb has another form.", printed=frame.idweb)
    shape = _shape(data)
    try:
        if shape == _EFORMS and isinstance(data, Mapping):
            inner = read_eforms_shape(data[_EFORMS], frame, book, context)
            return Reading(notice=inner.notice, unread=(*book.unread(), *inner.unread))
        return _read_draft(data, shape, frame, book, context)
    except ValidationError as error:
        raise misfit(error) from error


def _shape(data: object) -> str | None:
    """The first key of `donnees`; None when there is no document."""
    if not isinstance(data, Mapping) or not data:
        return None
    keys = [str(key) for key in data if not str(key).startswith(("@", "#", "_"))]
    if _EFORMS in keys:
        return _EFORMS
    for key in keys:
        if key in SHAPES:
            return key
    if FIRST_KEYS & set(keys):
        return FORMAT
    names = ", ".join(keys)[:200]
    raise NoticeFormatError(
        FormatReason.UNKNOWN_ROOT,
        f"`donnees` has none of the shapes that are known; its keys are: {names}.",
        path="donnees",
        printed=names,
    )


def _read_draft(data: object, shape: str | None, frame: Frame, book: Book, context: ReadingContext) -> Reading:
    if shape is None:
        draft = Draft("boamp-record", context.zone)
        notice = built(draft, frame, book, context).model_copy(update={"partial": PORTAL_PARTIAL})
        return Reading(notice=notice, unread=book.unread())
    node = book.open(data, "donnees")
    if shape == FORMAT:
        draft = Draft(FORMAT, context.zone)
        read_legacy(node, draft, frame)
    else:
        version = f"-{frame.schema}" if frame.schema else ""
        draft = Draft(f"boamp-{shape.lower()}{version}", context.zone)
        read_national(node.at(shape), draft, frame)
    return Reading(notice=built(draft, frame, book, context), unread=book.unread())

"""Reads French award data: a file into its contracts (`split_decp`), the records of one contract into a notice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from lxml import etree

from notices.formats.decp import table
from notices.formats.decp.containers import Source, SourceRecord, read_source
from notices.formats.decp.contract import Contract, key_of_record, missing, read_contract
from notices.formats.decp.fields import Log
from notices.formats.decp.folding import fold
from notices.formats.decp.notice import notice_of
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading, ReadingContext

DEFAULT_LIMIT: Final = 20_000_000
"""Bytes of one contract. A framework agreement with hundreds of orders has some megabytes."""


def read_decp(payload: bytes, context: ReadingContext, *, limit: int = DEFAULT_LIMIT) -> Reading:
    """The notice of the one contract that a payload holds, in any of the forms of `containers.FORMS`.

    `NoticeFormatError` says in a sentence why it cannot become a notice: it is none of the forms, it holds several
    contracts (see `split_decp`), or a record lacks its buyer, its number or its object.
    """
    if len(payload) > limit:
        raise NoticeFormatError(
            FormatReason.TOO_LARGE, f"The payload has {len(payload):,} bytes, more than the {limit:,} that are read."
        )
    source = read_source(payload)
    groups = contracts_of(source.records)
    if len(groups) != 1:
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, f"The payload holds {len(groups)} contracts, and one is read at a time."
        )
    return _reading(groups[0], source, context)


def split_decp(payload: bytes, form: str | None = None) -> list[bytes]:
    """One payload per contract of a file, each in the file's own form; what `read_decp` reads."""
    source = read_source(payload, form)
    return [_unit(group, source.form, source.repairs) for group in contracts_of(source.records)]


def contracts_of(records: Iterable[SourceRecord]) -> list[list[SourceRecord]]:
    """Records by the contract they are of, in the order of its first; one without buyer or number stays alone."""
    groups: dict[str, list[SourceRecord]] = {}
    for number, record in enumerate(records):
        key = key_of_record(record.data, record.form)
        groups.setdefault(f"alone-{number}" if key is None else f"of-{key}", []).append(record)
    return list(groups.values())


def _reading(group: Sequence[SourceRecord], source: Source, context: ReadingContext) -> Reading:
    log = Log()
    for repair in source.repairs:
        log.note("/", f"The file was not well-formed: {repair}")
    contracts = [_contract(record, log) for record in _shaped(group)]
    notice = notice_of(fold(contracts, log), context, log)
    return Reading(notice=notice.model_copy(update={"notes": log.notes}), unread=log.unread())


def _shaped(group: Sequence[SourceRecord]) -> Iterable[SourceRecord]:
    """Rows are given their shape together: the consolidated table tells one contract over several."""
    if any(record.form != "decp-table" for record in group):
        return group
    rows = [record.raw for record in group]
    return [SourceRecord(kind, "decp-table", None, data) for kind, data in table.records_of(rows)]


def _contract(record: SourceRecord, log: Log) -> Contract:
    found = read_contract(record.data, record.kind, record.form, log)
    if found is None:
        key = missing(record.data)
        raise NoticeFormatError(
            FormatReason.MISSING, f"The record is no contract: it has no {key}.", path=f"{record.kind}.{key}"
        )
    return found


def _unit(group: Sequence[SourceRecord], form: str, repairs: Sequence[str] = ()) -> bytes:
    if form == "xml-2022":
        inner = b"".join(etree.tostring(record.raw, encoding="utf-8", with_tail=False) for record in group)
        return b"<marches>%s</marches>" % inner
    if form == "json-2019":
        return _dumped({"marches": [record.raw for record in group]}, repairs)
    if form == "json-2022":
        kinds: dict[str, list[Any]] = {}
        for record in group:
            kinds.setdefault(record.kind, []).append(record.raw)
        return _dumped({"marches": kinds}, repairs)
    tables: dict[str | None, list[Any]] = {}
    for record in group:
        tables.setdefault(record.dataset, []).append(record.raw)
    return _dumped({"tables": [{"dataset": name, "rows": rows} for name, rows in tables.items()]}, repairs)


def _dumped(value: dict[str, Any], repairs: Sequence[str]) -> bytes:
    told = {"repairs": list(repairs)} if repairs else {}
    return json.dumps({**value, **told}, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")

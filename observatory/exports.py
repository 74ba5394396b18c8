"""Exports of any query as CSV or JSON Lines, with the query, the time and the coverage in the file itself.

An export that was cut short is recognised: the last line says how many rows there are. Personal data (mail addresses
and telephone numbers) is left out. Cells of the CSV that a spreadsheet would read as a formula are made harmless.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any, TextIO

from pydantic import AwareDatetime, Field

from alerts.queries import portals_of
from crawlers import portals
from notices.model import Frozen, LotResult, Notice, best_text
from observatory import coverage
from search.contacts import without_contacts
from search.port import SearchIndex, Sort
from search.query import NoticeQuery
from store import Store
from store.records import Coverage, StoredNotice

EXPORT_VERSION = "1"
_CHUNK = 200
_FORMULA = frozenset("=+-@\t\r\n")
_TEXT_LANGUAGES = ("fr", "nl", "de", "en")
_PERSONAL = frozenset({"email", "phone"})
_ADDRESSES = frozenset({"url", "website", "submission_url"})
"""Web addresses may hold an @ and are kept as they are."""


class ExportFormat(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"

    @property
    def media_type(self) -> str:
        """Media type of the file."""
        return "text/csv; charset=utf-8" if self is ExportFormat.CSV else "application/x-ndjson"


class Source(Frozen):
    """A portal whose notices an export may hold, and what must be said when it is used."""

    portal: str
    attribution: str
    licence: str
    licence_url: str | None = None
    terms: str
    terms_url: str | None = None
    robots: str = Field(description="what the portal asks of crawlers")
    read_on: date = Field(description="when licence, terms and robots were read: the earliest of these days")


class ExportHead(Frozen):
    """What an export says about itself."""

    version: str = EXPORT_VERSION
    query: dict[str, Any] = Field(description="canonical NoticeQuery")
    described: str = Field(description="the query as a sentence")
    exported_at: AwareDatetime
    announced: int = Field(description="notices that matched when the export began")
    coverage: tuple[Coverage, ...]
    sources: tuple[Source, ...] = Field(description="the portals, how they are named when cited, and their licences")


class ExportReport(Frozen):
    """What was written."""

    head: ExportHead
    rows: int
    gone: int = Field(description="notices that the index still named and the store does not have")


COLUMNS = (
    "id", "version", "kind", "cancelled", "portal", "country", "published_at", "title", "title_language", "buyers",
    "buyer_identifiers", "nature", "cpv_main", "cpv", "nuts", "procedure", "deadline_kind", "deadline_at",
    "value_amount", "value_currency", "value_kind", "value_tax_basis", "lots", "tenders_received", "winners",
    "procedure_id", "references", "partial", "url",
)  # fmt: skip


class Export:
    """One export; `lines` is lazy, and `report` is right once they have all been taken."""

    def __init__(
        self,
        store: Store,
        index: SearchIndex,
        query: NoticeQuery,
        fmt: ExportFormat,
        now: datetime,
        language: str = "fr",
    ) -> None:
        self._store, self._index, self._query, self._now = store, index, query, now
        self._format = fmt
        self._language = language
        self._rows = self._gone = 0
        self.head = ExportHead(
            query=query.to_dict(),
            described=query.describe(language),
            exported_at=now,
            announced=index.count(query, now=now),
            coverage=coverage.of_query(store, query, now),
            sources=tuple(_source(portals.load(key)) for key in portals_of(query, store.runs.portals())),
        )

    @property
    def report(self) -> ExportReport:
        """What has been written so far."""
        return ExportReport(head=self.head, rows=self._rows, gone=self._gone)

    def lines(self) -> Iterator[str]:
        """The file in pieces of text, without ever holding all of it."""
        yield from (
            _csv_head(self.head) if self._format is ExportFormat.CSV else [_json_line("export", _head(self.head))]
        )
        for stored in self._notices():
            self._rows += 1
            if self._format is ExportFormat.CSV:
                yield _csv_line(row(stored, self._language)[name] for name in COLUMNS)
            else:
                yield _json_line("notice", {"version": stored.version, "notice": without_personal_data(stored.notice)})
        end = {"rows": self._rows, "gone": self._gone}
        if self._format is ExportFormat.CSV:
            yield _csv_line(["# end", f"rows {self._rows}", f"gone {self._gone}"])
        else:
            yield _json_line("end", end)

    def _notices(self) -> Iterator[StoredNotice]:
        ids = self._index.scan(self._query, now=self._now, sort=Sort.PUBLISHED)
        while chunk := list(islice(ids, _CHUNK)):
            found = self._store.notices.get_many(chunk)
            self._gone += len(chunk) - len(found)
            yield from (found[key] for key in chunk if key in found)


def export(
    store: Store,
    index: SearchIndex,
    query: NoticeQuery,
    fmt: ExportFormat,
    out: TextIO,
    now: datetime,
    language: str = "fr",
) -> ExportReport:
    """Write every notice that answers `query` to `out` and say what was written.

    Open `out` with `newline=""` and UTF-8. Raises `IndexUnavailable` when the index cannot answer; what was written
    before then has no last line.
    """
    work = Export(store, index, query, fmt, now, language)
    out.writelines(work.lines())
    return work.report


def row(stored: StoredNotice, language: str = "fr") -> dict[str, str]:
    """One notice as flat texts; empty where the notice does not say."""
    notice = stored.notice
    deadline = notice.deadline
    title_language = next((code for code in (language, *_TEXT_LANGUAGES) if notice.title.get(code)), None)
    return {
        "id": notice.id,
        "version": str(stored.version),
        "kind": notice.kind.value,
        "cancelled": _said(notice.cancelled),
        "portal": notice.portal,
        "country": notice.country,
        "published_at": notice.published_at.isoformat() if notice.published_at else "",
        "title": without_contacts(best_text(notice.title, (language, *_TEXT_LANGUAGES))),
        "title_language": title_language or next(iter(notice.title), ""),
        **_parties(notice, language),
        "nature": notice.nature.value if notice.nature else "",
        "cpv_main": notice.main_cpv or "",
        "cpv": _joined(item.code for item in notice.classifications),
        "nuts": _joined(place.nuts for place in notice.places),
        "procedure": (notice.procedure_type.code or "") if notice.procedure_type else "",
        "deadline_kind": deadline.kind.value if deadline else "",
        "deadline_at": deadline.at.isoformat() if deadline else "",
        **_value(notice),
        "lots": str(len(notice.all_lots)) if notice.lots else "",
        "tenders_received": "; ".join(
            _received(result) for result in notice.results if result.tenders_received is not None
        ),
        "procedure_id": notice.procedure_id or "",
        "references": _joined(notice.references),
        "partial": notice.partial or "",
        "url": notice.url or "",
    }


def without_personal_data(notice: Notice) -> dict[str, Any]:
    """A notice as JSON values, without mail addresses and telephone numbers."""
    cleaned = _cleaned(notice.model_dump(mode="json"))
    assert isinstance(cleaned, dict)  # noqa: S101  (a model dumps to a dict)
    return cleaned


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _value_cleaned(key, item) for key, item in value.items() if key not in _PERSONAL}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return without_contacts(value) if isinstance(value, str) else value


def _value_cleaned(key: str, value: Any) -> Any:
    kept = key in _ADDRESSES and str(value).startswith(("http://", "https://"))
    return value if kept else _cleaned(value)


def _parties(notice: Notice, language: str) -> dict[str, str]:
    order = (language, *_TEXT_LANGUAGES)
    winners = [party for result in notice.results for party in result.winners]
    return {
        "buyers": _joined(best_text(buyer.name, order) for buyer in notice.buyers),
        "buyer_identifiers": _joined(item.value for buyer in notice.buyers for item in buyer.identifiers),
        "winners": _joined(best_text(winner.name, order) for winner in winners),
    }


def _value(notice: Notice) -> dict[str, str]:
    value = next(iter(notice.values), None)
    return {
        "value_amount": str(value.amount) if value else "",
        "value_currency": value.currency if value else "",
        "value_kind": value.kind.value if value else "",
        "value_tax_basis": value.tax_basis.value if value else "",
    }


def _received(result: LotResult) -> str:
    """`LOT-0001=13`, or the number alone where the result has no id."""
    named = result.lot_id or result.id
    return f"{named}={result.tenders_received}" if named else str(result.tenders_received)


def _said(value: bool | None) -> str:
    return "" if value is None else str(value).lower()


def _joined(values: Iterable[str | None]) -> str:
    return "; ".join(dict.fromkeys(value for value in values if value))


def harmless(cell: str) -> str:
    """The cell with an apostrophe before anything that a spreadsheet would take for a formula."""
    return f"'{cell}" if cell[:1] in _FORMULA and cell else cell


def _source(portal: portals.Portal) -> Source:
    return Source(
        portal=portal.key,
        attribution=portal.attribution,
        licence=portal.licence.text,
        licence_url=portal.licence.url,
        terms=portal.terms.text,
        terms_url=portal.terms.url,
        robots=portal.robots.text,
        read_on=min(portal.licence.read_on, portal.terms.read_on, portal.robots.read_on),
    )


def _csv_line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([harmless(cell.replace("\x00", "")) for cell in cells])
    return text.getvalue()


def _csv_head(head: ExportHead) -> Iterator[str]:
    """Lines that begin with `#`, then the columns. The mark at the start tells spreadsheets that it is UTF-8."""
    yield "\ufeff" + _csv_line(["# Vigie export", head.version])
    yield _csv_line(["# query", json.dumps(head.query, ensure_ascii=False, sort_keys=True)])
    yield _csv_line(["# described", head.described])
    yield _csv_line(["# exported_at", head.exported_at.isoformat()])
    yield _csv_line(["# announced", str(head.announced)])
    for item in head.coverage:
        days = f"{item.covered_days} of {item.total_days} days complete from {item.start} to {item.end} (exclusive)"
        yield _csv_line(["# coverage", item.portal, days])
    for source in head.sources:
        yield _csv_line(["# source", source.portal, source.attribution, source.licence])
        yield _csv_line(["# terms", source.portal, source.terms, source.terms_url or ""])
        yield _csv_line(["# robots", source.portal, source.robots, f"read on {source.read_on}"])
    yield _csv_line(COLUMNS)


def _head(head: ExportHead) -> dict[str, Any]:
    return head.model_dump(mode="json")


def _json_line(kind: str, content: dict[str, Any]) -> str:
    return json.dumps({"type": kind, **content}, ensure_ascii=False, separators=(",", ":")) + "\n"

"""From what an Atexo portal of Morocco answered to a `Notice`: a pure function, without network, clock or database.

Understood payloads: the raw unit of the spider (`{"organisation", "number", "row", "detail", "lots"}`), a row of a
result list, the page of a consultation, a popup of lots, and rows of two tables that others made of the portal's pages.
`split` takes list pages and tables apart.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from crawlers.contract import Parsing
from crawlers.engines.atexo_ma import detail, lots, scraped
from crawlers.engines.atexo_ma.consultation import Consultation
from crawlers.engines.atexo_ma.normalise import notice_of
from crawlers.engines.atexo_ma.options import options_of
from crawlers.engines.atexo_ma.rows import read_row, row_elements
from crawlers.engines.pages import Page, decode, rejection, selector
from crawlers.engines.payloads import check_size, json_object
from crawlers.portals.definition import Portal
from crawlers.portals.loading import load
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading

PARSER_VERSION = "1"
FORMS = {
    "raw-unit": "what the spider archives: key, row (or what the list had said), page and popup of one consultation",
    "list-page": "a page of a result list, one notice per row",
    "list-row": "one row of it",
    "detail-page": "the page of a consultation",
    "lots-popup": "the popup of a consultation's lots",
    "scraped-row": "rows of a scraper's table, one JSON object per line",
    "listing-cells": "the raw cells of a result list, as CSV",
}
ROW_ALONE = "Only the portal's list says something of this consultation: its page was not at hand."


def parse(payload: bytes, context: Parsing) -> Reading:
    """Read one payload. `NoticeFormatError` says in a sentence why it cannot become a notice, and where."""
    check_size(payload, context)
    portal = load(context.portal)
    start = payload.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        return _finished(_read_page(payload, portal), portal, context)
    record = json_object(payload)
    if scraped.is_scraped_row(record):
        return _finished(scraped.read_scraped_row(record), portal, context)
    if scraped.is_cells(record):
        return _finished(scraped.read_cells(record), portal, context, stand_in=scraped.key_of_cells(payload))
    if "row" in record or "detail" in record:
        return _finished(_read_unit(record, portal), portal, context)
    keys = ", ".join(sorted(map(str, record)))[:300]
    raise NoticeFormatError(
        FormatReason.UNEXPECTED, f"The payload is none of the portal's answers; its keys are: {keys}."
    )


def split(payload: bytes, form: str | None = None) -> list[bytes]:
    """The payloads in a payload: one per row of a list page or a table, else the payload itself."""
    start = payload.lstrip(b"\xef\xbb\xbf \t\r\n")
    if form == "listing-cells" or (form is None and start.startswith(b"col_1,")):
        return scraped.split_cells(payload)
    if form == "scraped-row" or (form is None and start.startswith(b"{") and b"\n{" in start):
        return [line for line in payload.splitlines() if line.strip()]
    if form in (None, "list-page") and start.startswith(b"<") and b"table-results" in payload:
        return _rows_of(payload) or [payload]
    return [payload]


def _rows_of(payload: bytes) -> list[bytes]:
    page = selector(decode(payload))
    if isinstance(page.root, etree._Element) and detail.is_detail(page.root):
        return []
    rows = (etree.tostring(row, encoding="unicode", method="html", with_tail=False) for row in row_elements(page))
    return [f'<table class="table-results">{row}</table>'.encode() for row in rows]


def _read_page(payload: bytes, portal: Portal) -> Consultation:
    """A page by itself: the content tells which it is."""
    text = decode(payload)
    root = _root(text)
    printed = Consultation()
    if detail.is_detail(root):
        detail.read_detail(root, printed, address=_address(portal))
    elif lots.is_popup(root):
        lots.read_lots(root, printed)
        printed.partial = "Only the popup of its lots was at hand."
    elif rows := row_elements(selector(text)):
        if len(rows) != 1:
            raise NoticeFormatError(FormatReason.UNEXPECTED, f"The payload is a list with {len(rows)} rows, not one.")
        printed = read_row(rows[0])
        printed.partial = ROW_ALONE
    else:
        raise _unknown_page(text, payload)
    if printed.native_id is None and (key := detail.key_of(text)):
        printed.organisation, printed.number = key
    return printed


def _unknown_page(text: str, payload: bytes) -> NoticeFormatError:
    rejected = rejection(Page(url="the payload", body=payload))
    sentence = rejected or "The page is neither a list, nor a consultation, nor a popup of lots."
    return NoticeFormatError(FormatReason.UNEXPECTED, sentence, printed=text[:200])


def _read_unit(record: dict[str, Any], portal: Portal) -> Consultation:
    row, page, popup = (_text(record, key) for key in ("row", "detail", "lots"))
    printed = Consultation()
    if row is not None:
        rows = row_elements(selector(f'<table class="table-results">{row}</table>'))
        if len(rows) != 1:
            raise NoticeFormatError(FormatReason.UNEXPECTED, "The row is no row of the portal's list.", path="row")
        printed = read_row(rows[0])
    else:
        _read_listed(record, printed)
    printed.organisation = _text(record, "organisation") or printed.organisation
    printed.number = _text(record, "number") or printed.number
    if page is not None:
        root = _root(page)
        if not detail.is_detail(root):
            raise NoticeFormatError(
                FormatReason.UNEXPECTED, "The page is not that of a consultation.", path="detail", printed=page[:200]
            )
        detail.read_detail(root, printed, address=_address(portal))
    else:
        printed.partial = _text(record, "problem") or ROW_ALONE
    if popup is not None:
        lots.read_lots(_root(popup), printed)
    if (problem := _text(record, "lots_problem")) is not None:
        printed.note("lots", problem)
    return printed


def _read_listed(record: dict[str, Any], printed: Consultation) -> None:
    """What only the list had said of a consultation that has left it."""
    listed = record.get("listed")
    if not isinstance(listed, dict):
        return
    printed.published_on = _text(listed, "published_on")
    environmental = listed.get("environmental")
    printed.environmental = environmental if isinstance(environmental, bool) else None
    printed.note("listed", "It left the list of what is open before the deadline that the list had printed.")


def _text(record: dict[str, Any], key: str) -> str | None:
    value = record.get(key)
    if value is None or isinstance(value, str):
        return value or None
    raise NoticeFormatError(FormatReason.UNEXPECTED, f"{key} is {type(value).__name__}, not a text.", path=key)


def _root(text: str) -> etree._Element:
    root = selector(text).root
    if not isinstance(root, etree._Element):
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The page holds no element.")
    return root


def _address(portal: Portal) -> str:
    """What relative links of a page are relative to."""
    return f"{portal.base_url}/index.php"


def _finished(printed: Consultation, portal: Portal, context: Parsing, stand_in: str | None = None) -> Reading:
    native_id = printed.native_id or stand_in or context.native_id
    if native_id is None:
        raise NoticeFormatError(
            FormatReason.MISSING, "The consultation has no refConsultation with its orgAcronyme.", path="row.refCons"
        )
    if not printed.object and "lots" not in printed.seen[:1]:
        raise NoticeFormatError(FormatReason.MISSING, "The consultation has no object.", path="detail.objet")
    notice = notice_of(
        printed,
        portal=context.portal,
        notice_id=f"{context.portal}:{native_id}",
        url=page_of(portal, printed),
        options=options_of(portal),
    )
    return Reading(notice=notice, unread=tuple(printed.unread))


def page_of(portal: Portal, printed: Consultation) -> str | None:
    """The consultation's page on the real portal, or None without its key."""
    if printed.organisation is None or printed.number is None:
        return None
    route = next(iter(portal.routes.values()))
    return portal.base_url + route.path("detail", organisation=printed.organisation, number=printed.number)

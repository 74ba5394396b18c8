"""From what AWS answered to a `Notice`: a pure function, without network, clock or database.

Understood payloads: the raw unit of the spider (`{"row", "detail", "listed_as", "nature"}`), a page of a list, the page
of a notice, and a table of values that somebody else read off the portal. The search form, which comes back in place of
an empty list, is refused in words.
"""

from __future__ import annotations

import json
from typing import Any

from crawlers.contract import Parsing
from crawlers.engines.pages import decode, selector
from crawlers.engines.payloads import check_size, json_value
from crawlers.portals.fr_aws import scraped
from crawlers.portals.fr_aws.detail_page import DetailPage
from crawlers.portals.fr_aws.list_page import ListPage, PageKind, read_row
from crawlers.portals.fr_aws.notice import read
from crawlers.portals.fr_aws.scraped import is_scraped, read_scraped
from crawlers.portals.fr_aws.source import Source
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading

PARSER_VERSION = "1"
FORMS = {
    "raw-unit": "what the spider archives: the row of the list and the page of the notice",
    "list-page": "a page of a list, one notice per row",
    "detail-page": "the page of one notice",
    "scraped-rows": "a JSON table of values that a program read off the lists",
}


def parse(payload: bytes, context: Parsing) -> Reading:
    """Read one payload. `NoticeFormatError` says in a sentence why it cannot become a notice."""
    check_size(payload, context)
    unit = _unit(payload)
    if is_scraped(unit):
        return read_scraped(unit, context)
    return _read_unit(unit, context)


def split(payload: bytes, form: str | None = None) -> list[bytes]:
    """The payloads in a payload: one per row of a list's page or of a table of values, else the payload itself."""
    start = payload[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    if form in (None, "scraped-rows") and start.startswith(b"["):
        rows = json_value(payload)
        if isinstance(rows, list) and rows:
            return [_bytes(row) for row in rows]
        return [payload]
    if form in (None, "list-page") and start.startswith(b"<"):
        page = ListPage(selector(decode(payload)))
        if page.kind is PageKind.RESULTS and page.rows:
            return [_bytes({"row": listed.html}) for listed in page.rows]
    return [payload]


def _bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _unit(payload: bytes) -> dict[str, Any]:
    start = payload[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        return _page_as_unit(decode(payload))
    unit = json_value(payload)
    if not isinstance(unit, dict) or not (is_scraped(unit) or {"row", "detail"} & unit.keys()):
        keys = ", ".join(sorted(map(str, unit)))[:300] if isinstance(unit, dict) else "none"
        raise NoticeFormatError(FormatReason.UNEXPECTED, f"The payload is none of the portal's; its keys are: {keys}.")
    return unit


def _page_as_unit(html: str) -> dict[str, Any]:
    page = selector(html)
    if DetailPage(page).is_notice or DetailPage(page).has_frame:
        return {"detail": html}
    listed = ListPage(page)
    if listed.kind is PageKind.FORM:
        raise NoticeFormatError(
            FormatReason.UNEXPECTED,
            "This is the portal's search form, which it answers in place of an empty list: it holds no notice.",
        )
    if listed.kind is PageKind.TOO_WIDE:
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, f"The portal asks to narrow the search and lists nothing: {listed.alert}"
        )
    if listed.kind is PageKind.RESULTS and len(listed.rows) == 1:
        return {"row": listed.rows[0].html}
    what = f"a list of {len(listed.rows)} notices, not one" if listed.rows else "no page of this portal that is known"
    raise NoticeFormatError(FormatReason.UNEXPECTED, f"This is {what}.")


def _read_unit(unit: dict[str, Any], context: Parsing) -> Reading:
    row_html, detail_html = unit.get("row"), unit.get("detail")
    row = read_row(selector(row_html)) if isinstance(row_html, str) and row_html.strip() else None
    detail = DetailPage(selector(detail_html)) if isinstance(detail_html, str) and detail_html.strip() else None
    if detail is not None and not detail.is_notice:
        raise NoticeFormatError(
            FormatReason.MISSING, "The page of the notice has no table of the notice.", path="detail.AAPCGenere"
        )
    source = Source(
        portal=context.portal,
        base_url=scraped.base_url(context),
        native_id=_identity(unit, row.native_id if row else None, detail, context),
        row=row,
        detail=detail,
        listed_as=_text(unit, "listed_as"),
        nature=_text(unit, "nature"),
    )
    return scraped.checked(read, source)


def _text(unit: dict[str, Any], key: str) -> str | None:
    value = unit.get(key)
    return value if isinstance(value, str) else None


def _identity(unit: dict[str, Any], of_row: str | None, detail: DetailPage | None, context: Parsing) -> str:
    known = _text(unit, "native_id") or of_row or context.native_id or (detail.native_id if detail else None)
    if not known:
        raise NoticeFormatError(
            FormatReason.MISSING, "Nothing here says which notice of the portal this is.", path="row.a/@href"
        )
    return known

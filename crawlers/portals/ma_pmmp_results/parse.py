"""From what the portal says of an announcement to a `Notice`: a pure function.

Understood payloads: the raw unit of the spider, a row of a list of announcements, the page of an announcement, the page
on which the opening of tenders is recorded, a row of the list of forecast programmes, and rows of a table that others
made of extraits de PV. `split` takes list pages and tables apart.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final
from urllib.parse import urljoin

from lxml import etree

from crawlers.contract import Parsing
from crawlers.engines.atexo_ma import detail
from crawlers.engines.atexo_ma.consultation import Consultation
from crawlers.engines.atexo_ma.rows import read_row, row_elements
from crawlers.engines.pages import Page, decode, rejection, selector
from crawlers.engines.payloads import check_size, json_object
from crawlers.portals.definition import Portal
from crawlers.portals.loading import load
from crawlers.portals.ma_pmmp_results import tracking
from crawlers.portals.ma_pmmp_results.calls import candidates, choose_call
from crawlers.portals.ma_pmmp_results.kinds import (
    BY_SLUG,
    CANCELLED,
    PROGRAMME,
    TRACKING,
    UNKNOWN,
    Kind,
    of_code,
    of_label,
)
from crawlers.portals.ma_pmmp_results.manifest import is_manifest_row, read_manifest_row
from crawlers.portals.ma_pmmp_results.normalise import Announcement, announcement_notice, is_call, programme_notice
from crawlers.portals.ma_pmmp_results.options import options_of
from crawlers.portals.ma_pmmp_results.programmes import programme_rows, read_programme
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading, UnreadElement
from notices.model import Document
from notices.values.text import clean_line

PARSER_VERSION = "2"
FORMS = {
    "raw-unit": "what the spider archives: kind, key, row, page, the call or the rows of its search, tenders",
    "list-page": "a page of a list of announcements, one notice per row",
    "list-row": "one row of it",
    "detail-page": "the page of an announcement",
    "tracking-page": "the page on which the opening of tenders is recorded",
    "programmes-page": "a page of the list of forecast programmes, one notice per row",
    "manifest": "rows of a table of extraits de PV, one JSON object per line",
}
ROW_ALONE: Final = "Only the portal's list says something of this announcement: its page was not at hand."
_AVIS: Final = re.compile(r"EntrepriseDownloadAvisJAL[^\"'<>\s]{0,200}idAvis=[0-9]+")
_TYPE: Final = "//select[contains(@name, 'annonceType') and not(@disabled)]/option[@selected]/@value"


def has_document(page: str) -> bool:
    """Whether a page links a published document; the template that every page hides has no number."""
    return _AVIS.search(page) is not None


def parse(payload: bytes, context: Parsing) -> Reading:
    """Read one payload. `NoticeFormatError` says in a sentence why it cannot become a notice, and where."""
    check_size(payload, context)
    portal = load(context.portal)
    if payload.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return _read_page(payload, portal, context)
    record = json_object(payload)
    if is_manifest_row(record):
        found = Announcement(BY_SLUG["extrait-pv"], read_manifest_row(record))
        return _finished(found, portal, context)
    if "type" in record and "row" in record:
        return _read_unit(record, portal, context)
    keys = ", ".join(sorted(map(str, record)))[:300]
    raise NoticeFormatError(
        FormatReason.UNEXPECTED, f"The payload is none of the portal's answers; its keys are: {keys}."
    )


def split(payload: bytes, form: str | None = None) -> list[bytes]:
    """The payloads in a payload: one per row of a list or a table, else the payload itself."""
    start = payload.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        lines = [line for line in payload.splitlines() if line.strip()]
        is_table = form == "manifest" or (form is None and all(line.lstrip().startswith(b"{") for line in lines))
        return lines if is_table else [payload]
    if start.startswith(b"<") and form in (None, "list-page", "programmes-page"):
        return _rows_of(payload) or [payload]
    return [payload]


def _rows_of(payload: bytes) -> list[bytes]:
    """Units of the rows of a page. The kind is what its form has chosen; a list alone does not print it."""
    page = selector(decode(payload))
    if not isinstance(page.root, etree._Element) or detail.is_detail(page.root):
        return []
    programmes = programme_rows(page)
    rows = programmes or row_elements(page)
    kind = PROGRAMME if programmes else of_code(page.xpath(_TYPE).get()) or UNKNOWN
    return [
        json.dumps(
            {"type": kind.slug, "row": etree.tostring(row, encoding="unicode", method="html", with_tail=False)},
            ensure_ascii=False,
        ).encode("utf-8", "surrogatepass")
        for row in rows
    ]


# --- pages by themselves ----------------------------------------------------------------------------------------------


def _read_page(payload: bytes, portal: Portal, context: Parsing) -> Reading:
    text = decode(payload)
    page = selector(text)
    table = tracking.table_of(page)
    if table is not None:
        return _read_tracking_page(text, table, portal, context)
    if isinstance(page.root, etree._Element) and detail.is_detail(page.root):
        printed = Consultation()
        _read_detail(text, printed, portal)
        return _finished(Announcement(_kind_of(printed), printed), portal, context)
    programmes, rows = programme_rows(page), row_elements(page)
    if len(programmes) == 1:
        return _read_programme(programmes[0], portal, context)
    if len(rows) == 1:
        printed = read_row(rows[0])
        printed.partial = ROW_ALONE
        return _finished(Announcement(UNKNOWN, printed), portal, context)
    rejected = rejection(Page(url="the payload", body=payload))
    sentence = rejected or f"The page is neither an announcement nor a list of one row: it has {len(rows)}."
    raise NoticeFormatError(FormatReason.UNEXPECTED, sentence, printed=text[:200])


def _kind_of(printed: Consultation) -> Kind:
    said = of_label(printed.announcement)
    if said is not None:
        return said
    return CANCELLED if printed.cancelled and is_call(printed) else UNKNOWN


def _read_tracking_page(text: str, table: etree._Element, portal: Portal, context: Parsing) -> Reading:
    page = selector(text)
    printed = Consultation(seen=["tracking"])
    if isinstance(page.root, etree._Element) and detail.is_detail(page.root):
        _read_detail(text, printed, portal)
    if printed.native_id is None and (key := detail.key_of(text)):
        printed.organisation, printed.number = key
    printed.partial = "Only the page on which the opening of tenders is recorded was at hand."
    choices = tracking.lot_choices(page)
    chosen = page.xpath("//select[contains(@name, $name)]/option[@selected]/@value", name=tracking.SELECT).get()
    lot = next((choice.number for choice in choices if choice.value == chosen), None)
    opening = tracking.read_opening(table, lot or (choices[0].number if choices else None))
    return _finished(Announcement(TRACKING, printed, openings=[opening]), portal, context)


# --- the spider's unit ------------------------------------------------------------------------------------------------


def _read_unit(record: dict[str, Any], portal: Portal, context: Parsing) -> Reading:
    kind = BY_SLUG.get(_text(record, "type") or "")
    if kind is None:
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, "The unit is of no kind that is known.", path="type", printed=str(record["type"])
        )
    fragment = f'<table class="table-results">{_text(record, "row") or ""}</table>'
    rows = programme_rows(selector(fragment)) if kind is PROGRAMME else row_elements(selector(fragment))
    if len(rows) != 1:
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The row is no row of the portal's list.", path="row")
    if kind is PROGRAMME:
        return _read_programme(rows[0], portal, context)
    printed = read_row(rows[0])
    printed.organisation = _text(record, "organisation") or printed.organisation
    printed.number = _text(record, "number") or printed.number
    buyer = printed.buyer
    if (page := _text(record, "detail")) is not None:
        _read_detail(page, printed, portal)
    else:
        printed.partial = _text(record, "problem") or ROW_ALONE
    found = Announcement(kind, printed)
    if kind.about_a_call:
        _find_call(record, found, buyer)
    _read_openings(record, found)
    return _finished(found, portal, context)


def _find_call(record: dict[str, Any], found: Announcement, buyer: str | None) -> None:
    if (problem := _text(record, "calls_problem")) is not None:
        found.printed.note("calls", f"The call was not looked for. {problem}")
    rows = candidates(record)
    found.printed.buyer = found.printed.buyer or buyer
    found.call, count = choose_call(rows, found.printed)
    if count > 1:
        found.printed.note("calls", f"{count} calls have this reference: none is taken.", found.printed.reference)
    if found.call is not None:
        found.printed.seen.append("call")


def _read_openings(record: dict[str, Any], found: Announcement) -> None:
    printed = found.printed
    if (problem := _text(record, "tracking_problem")) is not None:
        printed.note("suivi", f"The opening of tenders could not be read. {problem}")
    page = _text(record, "tracking")
    if page is None:
        return
    parts = record.get("tracking_lots")
    lots = parts if isinstance(parts, list) else []
    tables: list[tuple[str | None, str]] = [
        (str(lot.get("number")), _text(lot, "html") or "") for lot in lots if isinstance(lot, dict)
    ]
    choices = tracking.lot_choices(selector(page))
    for number, html in tables or [(None if len(choices) != 1 else choices[0].number, page)]:
        table = tracking.table_of(selector(html))
        if table is None:
            printed.note("suivi", "A table of tenders is not as it was when it was fetched.", number)
            continue
        opening = tracking.read_opening(table, number)
        found.openings.append(opening)
        printed.unread.extend(UnreadElement(path=path, count=1, sample=words[:80]) for path, words in opening.unread)
    missing = len(choices) - len(tables)
    if len(choices) > 1 and missing:
        printed.note("suivi", f"{missing} of {len(choices)} lots show no table of tenders.")
    printed.seen.append("tracking")


def _text(record: dict[str, Any], key: str) -> str | None:
    value = record.get(key)
    if value is None or isinstance(value, str):
        return value or None
    raise NoticeFormatError(FormatReason.UNEXPECTED, f"{key} is {type(value).__name__}, not a text.", path=key)


def _read_detail(text: str, printed: Consultation, portal: Portal) -> None:
    root = selector(text).root
    if not isinstance(root, etree._Element) or not detail.is_detail(root):
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, "The page is not that of an announcement.", path="detail", printed=text[:200]
        )
    address = f"{portal.base_url}/index.php"
    detail.read_detail(root, printed, address=address)
    printed.documents = _named(root, printed.documents, address)
    if printed.native_id is None and (key := detail.key_of(text)):
        printed.organisation, printed.number = key


def _named(root: etree._Element, documents: tuple[Document, ...], address: str) -> tuple[Document, ...]:
    """Documents with the name of their file, which the portal prints in the link's title."""
    names: dict[str, str] = {}
    for link in root.iter("a"):
        title = clean_line(link.get("title") or "")
        if title and "EntrepriseDownloadAvisJAL" in (link.get("href") or ""):
            names.setdefault(urljoin(address, (link.get("href") or "").strip()), title)
    return tuple(item.model_copy(update={"title": names.get(item.url, item.title)}) for item in documents)


# --- ends -------------------------------------------------------------------------------------------------------------


def _finished(found: Announcement, portal: Portal, context: Parsing) -> Reading:
    printed = found.printed
    if printed.native_id is None and context.native_id is None:
        raise NoticeFormatError(
            FormatReason.MISSING, "The announcement has no refConsultation with its orgAcronyme.", path="row.refCons"
        )
    notice_id = f"{printed.native_id}-{found.kind.slug}" if printed.native_id else context.native_id
    published = any("EntrepriseDownloadAvisJAL" in document.url for document in printed.documents)
    if found.kind.opens_tenders and not published and "detail" in printed.seen:
        printed.note("detail", "The page links no published document.")
    notice = announcement_notice(
        found,
        portal=context.portal,
        notice_id=f"{context.portal}:{notice_id}",
        url=_page_of(portal, printed, found.kind),
        options=options_of(portal),
    )
    return Reading(notice=notice, unread=tuple(printed.unread))


def _page_of(portal: Portal, printed: Consultation, kind: Kind) -> str | None:
    if printed.organisation is None or printed.number is None:
        return None
    route = next(iter(portal.routes.values()))
    path = "tracking" if kind is TRACKING else "detail"
    return portal.base_url + route.path(path, organisation=printed.organisation, number=printed.number)


def _read_programme(row: etree._Element, portal: Portal, context: Parsing) -> Reading:
    read = read_programme(row)
    if read.native_id is None or read.organisation is None or read.number is None:
        raise NoticeFormatError(
            FormatReason.MISSING, "The programme's link has no id with its org.", path="row.nomFichier"
        )
    route = next(iter(portal.routes.values()))
    notice = programme_notice(
        read,
        portal=context.portal,
        file_url=portal.base_url + route.path("programme_file", organisation=read.organisation, number=read.number),
        page_url=portal.base_url + route.path(PROGRAMME.slug),
    )
    unread = tuple(UnreadElement(path=f"row.{name}", count=1, sample=words[:80]) for name, words in read.unread)
    return Reading(notice=notice, unread=unread)

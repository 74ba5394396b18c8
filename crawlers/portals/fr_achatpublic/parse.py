"""From what achatpublic showed to a `Notice`: a pure function, without network, clock or database.

Understood payloads: the raw unit of the spider (`{"native_id", "card", "page"}`), a page of the list, the page of one
consultation. Whether they came over plain HTTP or out of a browser makes no difference.
"""

from __future__ import annotations

import json
from typing import Any

from crawlers.contract import Parsing
from crawlers.engines.pages import decode, selector
from crawlers.engines.payloads import check_size, json_value
from crawlers.portals.fr_achatpublic.consultation_page import ConsultationPage
from crawlers.portals.fr_achatpublic.list_page import ListPage, read_card
from crawlers.portals.fr_achatpublic.notice import Source, read
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading

PARSER_VERSION = "2"
FORMS = {
    "raw-unit": "what the spider archives: the card of the list and the page of the consultation",
    "list-page": "a page of the list, one notice per card",
    "detail-page": "the page of one consultation",
}


def parse(payload: bytes, context: Parsing) -> Reading:
    """Read one payload. `NoticeFormatError` says in a sentence why it cannot become a notice."""
    check_size(payload, context)
    unit = _unit(payload)
    card_html, page_html = unit.get("card"), unit.get("page")
    card = read_card(selector(card_html)) if isinstance(card_html, str) and card_html.strip() else None
    page = ConsultationPage(selector(page_html)) if isinstance(page_html, str) and page_html.strip() else None
    if card is not None and card.title and not card.labelled:
        raise NoticeFormatError(
            FormatReason.MISSING, "The card has a title and no label any more.", path="card.sdmCardConsult__listItem"
        )
    if page is not None and not (page.is_consultation or page.is_closed):
        raise NoticeFormatError(
            FormatReason.MISSING, "The page shows none of the labels of a consultation.", path="page.main"
        )
    known = unit.get("native_id") or (card and card.native_id) or context.native_id or (page and page.native_id)
    if not isinstance(known, str):
        raise NoticeFormatError(
            FormatReason.MISSING, "Nothing here says which consultation this is (PCSLID).", path="card.@id"
        )
    return read(Source(context.portal, context.base_url.rstrip("/"), known, card, page))


def split(payload: bytes, form: str | None = None) -> list[bytes]:
    """The payloads in a payload: one per card of a list's page, else the payload itself."""
    if form not in (None, "list-page") or not _is_html(payload):
        return [payload]
    cards = ListPage(selector(decode(payload))).cards
    return [json.dumps({"card": listed.html}, ensure_ascii=False).encode() for listed in cards] or [payload]


def _is_html(payload: bytes) -> bool:
    return payload[:256].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _unit(payload: bytes) -> dict[str, Any]:
    if _is_html(payload):
        return _page_as_unit(decode(payload))
    unit = json_value(payload)
    if not isinstance(unit, dict) or not {"card", "page"} & unit.keys():
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The payload holds neither a card nor a page of the portal.")
    return unit


def _page_as_unit(html: str) -> dict[str, Any]:
    listed = ListPage(selector(html))
    if len(listed.cards) == 1:
        return {"card": listed.cards[0].html}
    if listed.cards:
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, f"This is a list of {len(listed.cards)} consultations, not one."
        )
    if listed.says_none:
        raise NoticeFormatError(FormatReason.UNEXPECTED, "This is a list that says it is empty: it holds no notice.")
    return {"page": html}

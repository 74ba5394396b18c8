"""From what an Atexo platform answered to a `Notice`: a pure function, without network, clock or database.

Understood payloads: the raw unit of the spider (`{"row", "detail", "lots"}`, markup as it came), a page of the list,
one row of it, and a page of a consultation. `split` takes a page of the list apart.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from lxml.html import HtmlElement

from crawlers.contract import Parsing
from crawlers.engines.atexo_fr.build import build
from crawlers.engines.atexo_fr.detail import RECAPITULATION, Detail
from crawlers.engines.atexo_fr.facts import Consultation
from crawlers.engines.atexo_fr.lots import PrintedLot, read_lots
from crawlers.engines.atexo_fr.markup import every, first, label_of, words
from crawlers.engines.atexo_fr.options import options_of
from crawlers.engines.atexo_fr.row import IS_ROW, KEY, Row, fragments_of, read_row, rows_of
from crawlers.engines.pages import decode, selector
from crawlers.engines.payloads import check_size, json_value
from crawlers.portals.loading import load
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading, UnreadElement

logger = logging.getLogger(__name__)

PARSER_VERSION = "1"
FORMS = {
    "raw-unit": "what the spider archives: row, page and lots of a consultation",
    "list-page": "a page of the list, one notice per row",
    "list-row": "one row of it",
    "detail-page": "the page of a consultation",
}
_UNIT_KEYS = frozenset({"row", "detail", "lots", "problems"})
_NOTHING = "resultSearch_panelNoElementFound"
_REQUEST_FORM = "EntrepriseFormulaireDemande"
_SAMPLE = 80


def parse(payload: bytes, context: Parsing) -> Reading:
    """Read one payload. `NoticeFormatError` says in a sentence why it cannot become a notice, and where."""
    check_size(payload, context)
    return _read(_unit(payload), context)


def split(payload: bytes, form: str | None = None) -> list[bytes]:
    """One payload per row of a list page; none for a list that the platform says is empty; else the payload itself."""
    if form in ("raw-unit", "detail-page", "list-row") or payload[:64].lstrip().startswith(b"{"):
        return [payload]
    if b"resultSearch" not in payload:
        return [payload]
    root = _tree(decode(payload))
    rows = fragments_of(root)
    if rows:
        return [_json({"row": row, "detail": None, "lots": None}) for row in rows]
    if every(root, f"//*[contains(@id, '{_NOTHING}')]"):
        logger.warning('This page of the list says "Aucun résultat trouvé": it holds no notice.')
        return []
    return [payload]


def unit(row: str, detail: str | None, lots: str | None, problems: list[str] | None = None) -> bytes:
    """One raw notice, as the spider hands it out."""
    told: dict[str, Any] = {"row": row, "detail": detail, "lots": lots}
    return _json({**told, "problems": problems} if problems else told)


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _unit(payload: bytes) -> dict[str, Any]:
    """The parts of a payload: those of a raw unit, or the one part that a page is."""
    if payload[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _checked_unit(payload)
    text = decode(payload)
    root = _tree(text)
    _refuse_what_is_no_notice(root)
    if every(root, f"//*[@id='{RECAPITULATION}']"):
        return {"detail": text}
    rows = fragments_of(root)
    if len(rows) == 1:
        return {"row": rows[0]}
    if rows:
        raise NoticeFormatError(FormatReason.REPEATED, f"This is a page of the list with {len(rows)} consultations.")
    raise NoticeFormatError(FormatReason.UNKNOWN_ROOT, _what_it_is(root))


def _checked_unit(payload: bytes) -> dict[str, Any]:
    value = json_value(payload)
    if not isinstance(value, dict) or not _UNIT_KEYS & set(value):
        raise NoticeFormatError(FormatReason.UNKNOWN_ROOT, "This JSON has neither a row nor a page of a consultation.")
    for key in ("row", "detail", "lots"):
        if not isinstance(value.get(key), str | None):
            raise NoticeFormatError(FormatReason.UNEXPECTED, f"{key} is {type(value[key]).__name__}.", path=key)
    return value


def _refuse_what_is_no_notice(root: HtmlElement) -> None:
    if every(root, f"//*[contains(@id, '{_REQUEST_FORM}')]"):
        raise NoticeFormatError(
            FormatReason.UNEXPECTED,
            "This is the form that asks for the tender file (DCE) of a consultation, not the consultation's own page: "
            "it is no notice.",
            path=_REQUEST_FORM,
        )


def _what_it_is(root: HtmlElement) -> str:
    title = words(first(root, "//title"))
    named = f' titled "{title[:80]}"' if title else ""
    if read_lots(root):
        return "This is a list of lots, which says nothing of its consultation: it is no notice of its own."
    if every(root, "//input[@type='password']") and not every(root, f"//div[{IS_ROW}]"):
        return f"This is a page{named} that asks for a password."
    return f"This page{named} holds neither a list of consultations nor a consultation ({RECAPITULATION})."


def _tree(text: str) -> HtmlElement:
    if not text.strip():
        raise NoticeFormatError(FormatReason.MISSING, "The page is empty.")
    root = selector(text).root
    return _as_html(root)


def _as_html(root: object) -> HtmlElement:
    if isinstance(root, HtmlElement):
        return root
    raise NoticeFormatError(FormatReason.UNKNOWN_ROOT, "This is no HTML.")


def _read(value: dict[str, Any], context: Parsing) -> Reading:
    portal = load(context.portal)
    row = _row(value.get("row"))
    detail = _detail(value.get("detail"))
    organisation, consultation = _key(row, detail, context)
    lots = _lots(value.get("lots"))
    read = Consultation(
        portal=portal,
        options=options_of(portal),
        organisation=organisation,
        consultation=consultation,
        row=row,
        detail=detail,
        lots=lots,
        problems=tuple(str(problem) for problem in value.get("problems") or ()),
    )
    for label in detail.repeated if detail else ():
        read.note(label, "This label is printed twice with different values; the first is read.")
    return Reading(notice=build(read), unread=_unread(value, row, detail, lots))


def _row(markup: str | None) -> Row | None:
    if not markup:
        return None
    found = next(rows_of(_tree(markup)), None)
    row = None if found is None else read_row(found)
    if row is None:
        raise NoticeFormatError(
            FormatReason.MISSING, "A row of the list has no usable key (refCons, orgCons).", path="row"
        )
    return row


def _detail(markup: str | None) -> Detail | None:
    if not markup:
        return None
    detail = Detail(_tree(markup), markup)
    if not len(detail):
        raise NoticeFormatError(
            FormatReason.MISSING, f"The page has no {RECAPITULATION} with labels that are known.", path="detail"
        )
    return detail


def _lots(markup: str | None) -> list[PrintedLot] | None:
    return read_lots(_tree(markup)) if markup and markup.strip() else None


def _key(row: Row | None, detail: Detail | None, context: Parsing) -> tuple[str, str]:
    """Organisation and number: the row's, else the page's own, else the key that came with the payload."""
    of_row = (row.organisation, row.consultation) if row else None
    of_page = detail.key if detail else None
    if of_row and of_page and of_row != of_page:
        raise NoticeFormatError(
            FormatReason.CONTRADICTION,
            f"The row is of consultation {'-'.join(of_row)}, its page of {'-'.join(of_page)}.",
            path="detail",
        )
    found = of_row or of_page
    if found is None and (named := KEY.fullmatch(context.native_id or "")):
        found = named["organisation"], named["consultation"]
    if found is None or not KEY.fullmatch("-".join(found)):
        raise NoticeFormatError(FormatReason.MISSING, "Nothing says which consultation this is.", path="orgAcronyme")
    return found


def _unread(
    value: dict[str, Any], row: Row | None, detail: Detail | None, lots: list[PrintedLot] | None
) -> tuple[UnreadElement, ...]:
    """Labels that nobody reads, and keys of a raw unit that nobody knows."""
    told = [(f"row.{label}", text) for label, text in (row.unread if row else ())]
    told += [(f"detail.{label}", text) for label, text in (detail.unread if detail else ())]
    told += [(f"lots.{label_of(label)}", text) for lot in lots or () for label, text in lot.unread]
    told += [(key, str(value[key])) for key in value if key not in _UNIT_KEYS]
    found: dict[str, tuple[int, str]] = {}
    for path, text in told:
        count, sample = found.get(path, (0, ""))
        found[path] = (count + 1, sample or " ".join(text.split())[:_SAMPLE])
    return tuple(UnreadElement(path=path, count=n, sample=sample) for path, (n, sample) in sorted(found.items()))

"""From what TED answered to a `Notice`: a pure function, without network, clock or database.

Understood payloads: the raw unit of the spider (`{"row", "xml"}`, or `{"row", "problem"}` where the document could not
be had), a bare document (eForms, TED_EXPORT R2.0.8 and R2.0.9, TED_ESENDERS), a row of the search answer, and a search
answer that holds one row. `split` takes longer search answers apart. A row alone makes a partial notice.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from crawlers.contract import Parsing
from crawlers.engines.payloads import check_size, json_value
from crawlers.engines.record import Account
from crawlers.engines.ted_documents import read_ted_document
from crawlers.portals.eu_ted import national
from crawlers.portals.eu_ted.options import loaded_options
from crawlers.portals.eu_ted.row import RowFacts, from_row_alone, publication_number, read_row
from crawlers.portals.loading import load
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading, ReadingContext
from notices.model import Notice
from notices.values.dates import BRUSSELS

PARSER_VERSION = "3"
FORMS = {
    "raw-unit": "what the spider archives: the row and the document",
    "search-answer": "an answer of the search, one notice per row",
    "search-row": "one row of it: makes a partial notice",
    "eforms": "a bare eForms document",
    "ted-export": "a bare document of the format before eForms (TED_EXPORT R2.0.8, R2.0.9)",
    "ted-esenders": "a bare document as a sender handed it in before eForms (TED_ESENDERS)",
}
LIST_ALONE = "Only what TED's list says of this notice is known"


def parse(payload: bytes, context: Parsing) -> Reading:
    """Read one payload. `NoticeFormatError` says in a sentence why it cannot become a notice, and where."""
    check_size(payload, context)
    start = payload[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\xfe\xff\x00 \t\r\n")
    if start.startswith(b"<"):
        return _from_document(payload, RowFacts(), Account(), context)
    return _from_unit(_as_unit(json_value(payload)), context)


def split(payload: bytes, form: str | None = None) -> list[bytes]:
    """The payloads in a payload: one per row of a search answer, else the payload itself."""
    if form not in (None, "search-answer") or b'"notices"' not in payload or payload.lstrip()[:1] == b"<":
        return [payload]
    value = json_value(payload)
    rows = value.get("notices") if isinstance(value, dict) else None
    if not isinstance(rows, list) or not rows:
        return [payload]
    return [json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") for row in rows]


def _as_unit(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The payload is JSON, but no object.", path="/")
    if "row" in value:
        return value
    rows = value.get("notices")
    if isinstance(rows, list):
        if len(rows) == 1:
            return {"row": rows[0]}
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, f"The payload is a search answer with {len(rows)} rows, not one."
        )
    if "publication-number" in value:
        return {"row": value}
    if "message" in value and "error" in value:
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, "The payload is a refusal of the search, no notice.", printed=str(value["message"])
        )
    keys = ", ".join(sorted(map(str, value)))[:300]
    raise NoticeFormatError(FormatReason.UNEXPECTED, f"The payload is none of TED's answers; its keys are: {keys}.")


def _from_unit(unit: dict[str, Any], context: Parsing) -> Reading:
    account = Account()
    row = account.open(unit["row"], "row")
    facts = read_row(row, account)
    if facts.number is None:
        printed = str(row.data.get("publication-number"))
        raise NoticeFormatError(
            FormatReason.MISSING, "The row has no publication number.", path="row.publication-number", printed=printed
        )
    document = _document(unit)
    if document is not None:
        return _from_document(document, facts, account, context)
    problem = unit.get("problem")
    reason = f"{LIST_ALONE}: {problem if isinstance(problem, str) else 'its document was not at hand.'}"
    notice = from_row_alone(facts, reason, account, **_address(context, facts.number))
    return Reading(notice=_linked(notice, context), unread=account.unread())


def _document(unit: dict[str, Any]) -> bytes | None:
    """The document's bytes: as text where it is UTF-8, else in base 64."""
    text, encoded = unit.get("xml"), unit.get("xml_base64")
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    if not isinstance(encoded, str):
        return None
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoticeFormatError(
            FormatReason.ENCODING, f"The document is not in base 64: {error}.", path="xml_base64"
        ) from error


def _from_document(document: bytes, facts: RowFacts, account: Account, context: Parsing) -> Reading:
    read = read_ted_document(
        document, context=ReadingContext(portal=context.portal, zone=BRUSSELS), limit=context.max_payload_bytes
    )
    notice = _completed(read.notice, facts, context)
    return Reading(notice=_linked(notice, context), unread=(*account.unread(), *read.unread))


def _completed(notice: Notice, facts: RowFacts, context: Parsing) -> Notice:
    """The notice under its publication number, with what the list says and an old document does not."""
    number = _number(notice, facts, context)
    values: dict[str, Any] = {
        "publication_number": number,
        "notice_uuid": notice.notice_uuid or facts.notice_uuid,
        "procedure_id": notice.procedure_id or facts.procedure_id,
        "published_at": notice.published_at or facts.published_at,
    }
    if number is not None:
        values |= _address(context, number)
    return Notice.model_validate({**dict(notice), **values})


def _number(notice: Notice, facts: RowFacts, context: Parsing) -> str | None:
    """The publication number. A document of another notice than the one asked for is refused."""
    told = notice.publication_number
    if facts.number and told and facts.number != told:
        raise NoticeFormatError(
            FormatReason.CONTRADICTION,
            f"The list says {facts.number}, and the document is of {told}.",
            path="row.publication-number",
            printed=told,
        )
    return told or facts.number or publication_number(context.native_id)


def _address(context: Parsing, number: str) -> dict[str, Any]:
    return {
        "portal": context.portal,
        "id": f"{context.portal}:{number}",
        "url": load(context.portal).url_of(number),
    }


def _linked(notice: Notice, context: Parsing) -> Notice:
    found = national.links(notice, loaded_options(context.portal).national_copies)
    if not found:
        return notice
    return notice.model_copy(update={"links": (*notice.links, *found)})

"""From what the federal platform answered to a `Notice`: a pure function, without network, clock or database.

Understood payloads: the raw unit of the spider (`{"row", "workspace", "organisation"}`, and `"problem"` where the
workspace could not be taken), a bare document (eForms, or TED_ESENDERS for the dossiers before September 2023), a
workspace, a row of the search answer, and a search answer that holds one row. `split` takes longer ones apart.
"""

from __future__ import annotations

import json
from typing import Any

from crawlers.contract import Parsing
from crawlers.engines.payloads import check_size, json_value
from crawlers.engines.record import Account, Record
from crawlers.engines.ted_documents import names_old_document, read_ted_document
from crawlers.portals.be_bda.merge import from_portal_alone, merged
from crawlers.portals.be_bda.row import PortalFacts, read_row, read_version, read_workspace
from crawlers.portals.loading import load
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading, ReadingContext
from notices.model import Notice
from notices.values.dates import BRUSSELS

PARSER_VERSION = "3"
FORMS = {
    "raw-unit": "what the spider archives: row, workspace and organisation",
    "search-answer": "an answer of the search, one notice per row",
    "search-row": "one row of it",
    "workspace": "a publication workspace",
    "eforms": "a bare eForms document",
    "ted-esenders": "a bare document of the format before eForms (TED_ESENDERS)",
}
COUNTRY = "BE"
PUBLISHED = "PUBLISHED"
UNREADABLE = frozenset({FormatReason.UNEXPECTED, FormatReason.MISSING, FormatReason.UNKNOWN_ROOT})
"""Why a document before eForms may be given up for what the portal says around it: an old form that nobody describes
any more. One that is cut or meant to harm waits in quarantine, as any other."""

_LIST_ALONE = "Only what the portal's list says of this notice is known"


def parse(payload: bytes, context: Parsing) -> Reading:
    """Read one payload. `NoticeFormatError` says in a sentence why it cannot become a notice, and where."""
    check_size(payload, context)
    start = payload[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\xfe\xff\x00 \t\r\n")
    if start.startswith(b"<"):
        return _bare_document(payload, context)
    unit = _as_unit(json_value(payload))
    return _read_unit(unit, context)


def split(payload: bytes, form: str | None = None) -> list[bytes]:
    """The payloads in a payload: one per row of a search answer, else the payload itself."""
    if form not in (None, "search-answer") or b'"publications"' not in payload:
        return [payload]
    rows = _rows(json_value(payload))
    if rows is None:
        return [payload]
    return [json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") for row in rows]


def _rows(value: Any) -> list[Any] | None:
    """The rows of a search answer, which a capture may have wrapped in `json`."""
    inner = value.get("json") if isinstance(value, dict) and isinstance(value.get("json"), dict) else value
    rows = inner.get("publications") if isinstance(inner, dict) else None
    return rows if isinstance(rows, list) else None


def _as_unit(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The payload is JSON, but no object.", path="/")
    if "row" in value or "workspace" in value:
        return value
    rows = _rows(value)
    if rows is not None:
        if len(rows) != 1:
            raise NoticeFormatError(
                FormatReason.UNEXPECTED, f"The payload is a search answer with {len(rows)} rows, not one."
            )
        return {"row": rows[0]}
    if "publicationWorkspaceId" in value:
        return {"row": value}
    if "versions" in value or "dossierReferenceNumber" in value:
        return {"workspace": value}
    keys = ", ".join(sorted(map(str, value)))[:300]
    raise NoticeFormatError(
        FormatReason.UNEXPECTED, f"The payload is none of the portal's answers; its keys are: {keys}."
    )


def _bare_document(payload: bytes, context: Parsing) -> Reading:
    reading_context = _reading_context(context, context.native_id)
    return read_ted_document(payload, context=reading_context, limit=context.max_payload_bytes)


def _reading_context(context: Parsing, native_id: str | None) -> ReadingContext:
    return ReadingContext(portal=context.portal, zone=BRUSSELS, country=COUNTRY, **_address(context, native_id))


def _address(context: Parsing, native_id: str | None) -> dict[str, Any]:
    if native_id is None:
        return {}
    return {"id": f"{context.portal}:{native_id}", "url": load(context.portal).url_of(native_id)}


def _read_unit(unit: dict[str, Any], context: Parsing) -> Reading:
    account, facts = Account(), PortalFacts()
    row = account.open(unit.get("row"), "row")
    workspace = account.open(unit.get("workspace"), "workspace")
    if row:
        read_row(row, account, facts)
    organisation = unit.get("organisation")
    if isinstance(organisation, dict) and isinstance(organisation.get("cbeNumber"), str):
        facts.cbe_number = organisation["cbeNumber"]
    document: bytes | None = None
    reason = f"{_LIST_ALONE}: its dossier was not at hand."
    if workspace:
        read_workspace(workspace, account, facts)
        document, reason = _document(workspace, facts)
    _check_identity(facts)
    if isinstance(unit.get("problem"), str):
        raise NoticeFormatError(FormatReason.TOO_LARGE, unit["problem"], path="workspace")
    if document is not None:
        try:
            return _with_document(document, facts, account, context)
        except NoticeFormatError as error:
            if error.reason not in UNREADABLE or not names_old_document(document) or not facts.title:
                raise
            reason = f"{_LIST_ALONE}: its document, of the format before eForms, cannot be read: {error}"
    return _without_document(facts, reason, account, context)


def _check_identity(facts: PortalFacts) -> None:
    if not facts.native_id:
        raise NoticeFormatError(
            FormatReason.MISSING, "The notice has no publicationWorkspaceId.", path="row.publicationWorkspaceId"
        )


def _document(workspace: Record, facts: PortalFacts) -> tuple[bytes | None, str]:
    """The document of the last published version (`versions` is oldest first), or why there is none."""
    if "versions" not in workspace.data:
        keys = ", ".join(sorted(workspace.data))[:300]
        raise NoticeFormatError(
            FormatReason.MISSING,
            f"The workspace has no versions any more; its keys are: {keys}.",
            path="workspace.versions",
        )
    versions = workspace.records("versions")
    published = [record for record in versions if record.string("status") == PUBLISHED]
    for older in versions:
        if older not in published[-1:]:
            older.ignore(*older.data)
    migrated = workspace.flag("migrated") is True
    if not published:
        if migrated:
            return None, f"{_LIST_ALONE}: its dossier is older than the portal and has no published version."
        raise NoticeFormatError(
            FormatReason.MISSING, "The workspace has no published version.", path="workspace.versions[].status"
        )
    version = published[-1]
    read_version(version, facts)
    notice = version.record("notice")
    xml = notice.value("xmlContent")
    notice.ignore("id", "version", "noticeVersion", "createdAt", "sdkVersion", "validityReport", "subType")
    if isinstance(xml, str) and xml.strip():
        return xml.encode("utf-8", "surrogatepass"), ""
    if migrated:
        return None, f"{_LIST_ALONE}: its dossier is older than the portal and has no eForms document."
    raise NoticeFormatError(
        FormatReason.MISSING,
        "The published version has no eForms document.",
        path="workspace.versions[].notice.xmlContent",
    )


def _with_document(document: bytes, facts: PortalFacts, account: Account, context: Parsing) -> Reading:
    reading_context = _reading_context(context, facts.native_id)
    read = read_ted_document(document, context=reading_context, limit=context.max_payload_bytes)
    notice = merged(read.notice, facts, account)
    return Reading(notice=notice, unread=(*account.unread(), *read.unread))


def _without_document(facts: PortalFacts, reason: str, account: Account, context: Parsing) -> Reading:
    if not facts.title:
        raise NoticeFormatError(FormatReason.MISSING, "The notice has no title.", path="row.dossier.titles")
    notice: Notice = from_portal_alone(
        facts, reason, account, portal=context.portal, country=COUNTRY, **_address(context, facts.native_id)
    )
    return Reading(notice=notice, unread=account.unread())

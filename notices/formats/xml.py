"""From hostile bytes to a tree, whatever the format: nothing is expanded, fetched or guessed."""

from __future__ import annotations

from typing import Final

from lxml import etree

from notices.formats.errors import FormatReason, NoticeFormatError

DEFAULT_LIMIT: Final = 20_000_000
"""Bytes. The largest notices seen are under 2 MB."""

_HTML: Final = b"<!doctype html"
_PROLOGUE: Final = 1_000
"""Bytes at the beginning, where the error page of a portal shows itself."""

_ENCODING_ERRORS: Final = frozenset(
    {
        etree.ErrorTypes.ERR_INVALID_CHAR,
        etree.ErrorTypes.ERR_INVALID_ENCODING,
        etree.ErrorTypes.ERR_UNKNOWN_ENCODING,
        etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING,
        etree.ErrorTypes.I18N_CONV_FAILED,
        etree.ErrorTypes.I18N_NO_NAME,
    }
)
_CUT_ERRORS: Final = frozenset(
    {
        etree.ErrorTypes.ERR_TAG_NOT_FINISHED,
        etree.ErrorTypes.ERR_DOCUMENT_END,
        etree.ErrorTypes.ERR_COMMENT_NOT_FINISHED,
        etree.ErrorTypes.ERR_CDATA_NOT_FINISHED,
        etree.ErrorTypes.ERR_XMLDECL_NOT_FINISHED,
        etree.ErrorTypes.ERR_PI_NOT_FINISHED,
        etree.ErrorTypes.ERR_GT_REQUIRED,
        etree.ErrorTypes.ERR_ATTRIBUTE_NOT_FINISHED,
    }
)


def parse_xml(payload: bytes, limit: int = DEFAULT_LIMIT) -> etree._Element:
    """The root element of a document, without comments and processing instructions.

    Raises `NoticeFormatError` for a payload over `limit` bytes, one that is not well-formed XML, or one that brings a
    document type (the only way to declare entities).
    """
    if len(payload) > limit:
        raise NoticeFormatError(
            FormatReason.TOO_LARGE, f"The notice has {len(payload):,} bytes, more than the {limit:,} that are read."
        )
    if _HTML in payload[:_PROLOGUE].lower():
        raise NoticeFormatError(FormatReason.NOT_XML, "The payload is an HTML page, not a notice.", path="/")
    root = _tree(payload)
    if root.getroottree().docinfo.doctype:
        raise _entities()
    return root


def _tree(payload: bytes) -> etree._Element:
    # A parser per call: lxml parsers carry state and must not be shared between threads.
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(payload, parser)
    except etree.XMLSyntaxError as error:
        raise _refusal(error, payload) from error


def _refusal(error: etree.XMLSyntaxError, payload: bytes) -> NoticeFormatError:
    if b"<!DOCTYPE" in payload or b"<!ENTITY" in payload:
        return _entities()
    line, _ = error.position
    where = f"line {line}"
    if not payload.strip():
        return NoticeFormatError(FormatReason.NOT_XML, "The payload is empty.")
    if error.code in _ENCODING_ERRORS and _ends_with_a_tag(payload):
        return NoticeFormatError(
            FormatReason.ENCODING,
            f"The bytes are not text in the encoding the document declares: {error.msg}.",
            path=where,
        )
    if error.code in _CUT_ERRORS or error.code in _ENCODING_ERRORS:
        return NoticeFormatError(FormatReason.CUT, f"The document is cut off: {error.msg}.", path=where)
    return NoticeFormatError(FormatReason.NOT_XML, f"The payload is not well-formed XML: {error.msg}.", path=where)


def _ends_with_a_tag(payload: bytes) -> bool:
    """False where the document was cut, perhaps in the middle of a character, which looks like a wrong encoding."""
    return payload.rstrip(b" \t\r\n\0").endswith(b">")


def _entities() -> NoticeFormatError:
    return NoticeFormatError(
        FormatReason.ENTITIES, "The document declares a document type or entities; these are never read.", path="/"
    )

"""From hostile bytes to the root of an eForms notice."""

from __future__ import annotations

from lxml import etree

from notices.formats.eforms.names import ROOTS, short
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.xml import DEFAULT_LIMIT, parse_xml

__all__ = ["DEFAULT_LIMIT", "parse"]


def parse(payload: bytes, limit: int = DEFAULT_LIMIT) -> etree._Element:
    """The root element of an eForms notice, without comments and processing instructions.

    Raises `NoticeFormatError` for a payload that `parse_xml` refuses or whose root is not one of the four eForms
    documents.
    """
    root = parse_xml(payload, limit)
    if root.tag not in ROOTS:
        name = short(str(root.tag))
        raise NoticeFormatError(
            FormatReason.UNKNOWN_ROOT, f"The document is a '{name}', not an eForms notice.", path="/", printed=name
        )
    return root

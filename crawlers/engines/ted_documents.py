"""Reads a notice of the Official Journal in whichever format it was published: eForms, TED_EXPORT or TED_ESENDERS.

TED, and national portals that keep what they sent to TED, hold all three: eForms since November 2022, before it
TED_EXPORT as TED published it and TED_ESENDERS as the sender handed it in.
"""

from __future__ import annotations

from typing import Final

from notices.formats.eforms import read_eforms
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading, ReadingContext
from notices.formats.ted_export import read_ted_export

BEFORE_EFORMS: Final = ("TED_EXPORT", "TED_ESENDERS")
"""Local names of the documents that are older than eForms."""


def read_ted_document(payload: bytes, *, context: ReadingContext, limit: int) -> Reading:
    """Read one document; its root says the format. Raises `NoticeFormatError`, as the readers of the formats do."""
    try:
        return read_eforms(payload, context=context, limit=limit)
    except NoticeFormatError as error:
        if error.reason is not FormatReason.UNKNOWN_ROOT or not _is_older(error.printed):
            raise
    return read_ted_export(payload, context=context, limit=limit)


def is_before_eforms(document_format: str) -> bool:
    """Whether `Notice.format` names a format before eForms."""
    return document_format.startswith(("ted-export", "ted-esenders"))


def names_old_document(payload: bytes) -> bool:
    """Whether the first bytes of a document name a root before eForms; a document that cannot be read says so too."""
    start = payload[:4096]
    return any(name.encode() in start for name in BEFORE_EFORMS)


def _is_older(printed: str | None) -> bool:
    return (printed or "").rpartition("}")[2].rpartition(":")[2] in BEFORE_EFORMS

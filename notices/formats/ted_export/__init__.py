"""Reader of the TED formats before eForms: TED_EXPORT R2.0.8 and R2.0.9, and TED_ESENDERS."""

from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading, ReadingContext, UnreadElement
from notices.formats.ted_export.ignored import IGNORED
from notices.formats.ted_export.reader import read_ted_export

__all__ = [
    "IGNORED",
    "FormatReason",
    "NoticeFormatError",
    "Reading",
    "ReadingContext",
    "UnreadElement",
    "read_ted_export",
]

"""Reader of eForms notices: UBL 2.3 with the extensions of Implementing Regulation (EU) 2019/1780."""

from notices.formats.eforms.ignored import IGNORED
from notices.formats.eforms.reader import read_eforms
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading, ReadingContext, UnreadElement

__all__ = [
    "IGNORED",
    "FormatReason",
    "NoticeFormatError",
    "Reading",
    "ReadingContext",
    "UnreadElement",
    "read_eforms",
]

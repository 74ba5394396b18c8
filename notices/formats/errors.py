"""What a format reader raises when a payload cannot become a notice."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import VigieError

if TYPE_CHECKING:
    from pydantic import ValidationError


class FormatReason(StrEnum):
    """Why a payload was refused; the key under which quarantined payloads are counted."""

    TOO_LARGE = "too-large"
    NOT_XML = "not-xml"
    CUT = "cut"
    ENCODING = "encoding"
    ENTITIES = "entities"
    UNKNOWN_ROOT = "unknown-root"
    MISSING = "missing"
    REPEATED = "repeated"
    CONTRADICTION = "contradiction"
    UNEXPECTED = "unexpected"


class NoticeFormatError(VigieError):
    """A payload that is refused, told in a sentence; it goes to quarantine with the reason and the path.

    `path` is where in the payload the trouble lies (None for the whole of it), `printed` what was found there.
    """

    def __init__(self, reason: FormatReason, sentence: str, *, path: str | None = None, printed: str | None = None):
        self.reason = reason
        self.sentence = sentence
        self.path = path
        self.printed = printed
        super().__init__(f"{sentence} (at {path})" if path else sentence)


def misfit(error: ValidationError) -> NoticeFormatError:
    """The model refused what was read: a gap in the reader, told with the field so that it can be closed."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return NoticeFormatError(
        FormatReason.UNEXPECTED,
        f"The value of {error.title}.{where} does not fit the model: {first['msg']}.",
        printed=str(first.get("input"))[:200],
    )

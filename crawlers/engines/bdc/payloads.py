"""Payloads of the portal of purchase orders, before anybody knows what they are."""

from __future__ import annotations

import json
from typing import Any

from crawlers.contract import Parsing
from crawlers.engines.pages import decode
from notices.formats.errors import FormatReason, NoticeFormatError


def refuse_large(payload: bytes, context: Parsing) -> None:
    """Raise `NoticeFormatError` for a payload above the limit."""
    limit = context.max_payload_bytes
    if len(payload) > limit:
        raise NoticeFormatError(
            FormatReason.TOO_LARGE, f"The payload has {len(payload):,} bytes, more than the {limit:,} that are read."
        )


def as_text(payload: bytes) -> str:
    """The text of a page or a file: UTF-8, with stray cp1252 bytes."""
    return decode(payload)


def markup(value: object) -> str | None:
    """The HTML in a value of a payload, without what no page can hold (lone surrogates); None where it is no text."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def json_of(payload: bytes) -> dict[str, Any]:
    """The object in a payload. `NoticeFormatError` tells cut JSON from other trouble."""
    try:
        value = json.loads(payload)
    except RecursionError as error:
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The JSON is nested deeper than any payload is.") from error
    except UnicodeDecodeError as error:
        raise NoticeFormatError(FormatReason.ENCODING, f"The payload is not UTF-8: {error}.") from error
    except ValueError as error:
        cut = getattr(error, "pos", 0) >= len(payload.rstrip()) - 1 or "Unterminated" in str(error)
        reason = FormatReason.CUT if cut else FormatReason.UNEXPECTED
        raise NoticeFormatError(reason, f"The payload is no JSON that can be read: {error}.") from error
    if not isinstance(value, dict):
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The payload is JSON, but no object.", path="/")
    return value

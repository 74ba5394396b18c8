"""What every parser does first with a payload: its size, and the JSON in it, with a reason when it cannot be read."""

from __future__ import annotations

import json
from typing import Any

from crawlers.contract import Parsing
from notices.formats.errors import FormatReason, NoticeFormatError


def check_size(payload: bytes, context: Parsing) -> None:
    """Raise `NoticeFormatError` for a payload above the limit."""
    limit = context.max_payload_bytes
    if len(payload) > limit:
        raise NoticeFormatError(
            FormatReason.TOO_LARGE, f"The payload has {len(payload):,} bytes, more than the {limit:,} that are read."
        )


def json_value(payload: bytes) -> Any:
    """The JSON in a payload. `NoticeFormatError` tells what was cut from other trouble."""
    try:
        return json.loads(payload)
    except RecursionError as error:
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The JSON is nested deeper than any answer is.") from error
    except UnicodeDecodeError as error:
        raise NoticeFormatError(FormatReason.ENCODING, f"The payload is not UTF-8: {error}.") from error
    except ValueError as error:
        cut = getattr(error, "pos", 0) >= len(payload.rstrip()) - 1 or "Unterminated" in str(error)
        reason = FormatReason.CUT if cut else FormatReason.UNEXPECTED
        raise NoticeFormatError(
            reason, f"The payload is neither a document nor JSON that can be read: {error}."
        ) from error


def json_object(payload: bytes) -> dict[str, Any]:
    """The JSON object in a payload."""
    value = json_value(payload)
    if not isinstance(value, dict):
        raise NoticeFormatError(FormatReason.UNEXPECTED, "The payload is JSON, but no object.", path="/")
    return value


def markup(value: object) -> str | None:
    """The HTML in a value of a payload, without what no page can hold (lone surrogates); None where it is no text."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None

"""The key of a notice in BOAMP: `idweb`, year and number within it, such as `25-127510`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_IDWEB: Final = re.compile(r"[0-9]{2}-[0-9]{1,7}")
_OLD: Final = re.compile(r"BOAMP-[0-9]{2}-[0-9]{1,3}-[0-9]{1,4}-[0-9]{1,2}")


def parse_idweb(printed: object) -> str | None:
    """The key in a field that holds nothing else, or None.

    The whole text must be one: searching a text for the pattern takes pieces of dates and addresses for keys.
    """
    text = printed.strip().upper() if isinstance(printed, str) else ""
    return text if _IDWEB.fullmatch(text) or _OLD.fullmatch(text) else None


def idweb_of(record: Mapping[str, Any]) -> str | None:
    """The key of a flat record: its `idweb`, else its `id`, which spells it with an underscore."""
    found = parse_idweb(record.get("idweb"))
    identifier = record.get("id")
    if found is None and isinstance(identifier, str):
        found = parse_idweb(identifier.replace("_", "-"))
    return found

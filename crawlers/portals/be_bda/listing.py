"""The search answer of the federal platform: its layout checked, its rows told apart."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from crawlers.contract import LayoutError, Window
from crawlers.engines.json_api import need

FINGERPRINTED = ("vaultSubmissionDeadline", "cancelledAt")
"""Plain values of a row that, changed, are worth another look at the workspace."""

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")


@dataclass(frozen=True)
class Page:
    """One page of the search answer."""

    rows: tuple[dict[str, Any], ...]
    total: int


def read_page(answer: Any) -> Page:
    """The rows and the announced total. `LayoutError` names the key that is missing or changed."""
    rows = need(answer, "publications", list, "The search answer")
    total = need(answer, "totalCount", int, "The search answer")
    for row in rows:
        need(row, "publicationWorkspaceId", str, "A row of the search answer")
        need(row, "publicationDate", str, "A row of the search answer")
        need(row, "noticeIds", list, "A row of the search answer")
        need(row, "publishedAt", list, "A row of the search answer")
    return Page(tuple(rows), total)


def has_usable_id(row: dict[str, Any]) -> bool:
    """Whether a row's id can be a part of addresses and a key of the store; they have been UUIDs so far."""
    return _ID.fullmatch(native_id(row)) is not None


def native_id(row: dict[str, Any]) -> str:
    """The stable key of a publication."""
    return str(row["publicationWorkspaceId"])


def fingerprint(row: dict[str, Any]) -> str:
    """Equal when the portal has published nothing new for this row; arrays come shuffled, so they are sorted."""
    parts = [
        *sorted(map(str, row["noticeIds"])),
        "|",
        *sorted(map(str, row["publishedAt"])),
        *(f"|{row.get(key) or ''}" for key in FINGERPRINTED),
    ]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def filters(window: Window) -> dict[str, Any]:
    """The filters of a window. The portal's end date is exclusive, as ours is."""
    if window.scope == "open":
        return {"withActiveSubmissionDeadline": True}
    return {"publicationDateFrom": str(window.start), "publicationDateTo": str(window.end)}


def published_on(row: dict[str, Any]) -> date:
    """The day of a row's latest publication."""
    try:
        return date.fromisoformat(row["publicationDate"][:10])
    except ValueError as error:
        raise LayoutError(f"A row of the search answer: publicationDate is {row['publicationDate']!r}.") from error


def outside(row: dict[str, Any], window: Window) -> bool:
    """Whether a row does not belong to a window of days.

    A row of the very day on which the window ends is let in: whether the portal itself excludes that day, or only its
    page does, is not known. The row is a notice like any other and is stored.
    """
    if window.start is None or window.end is None:
        return False
    return not window.start <= published_on(row) <= window.end


def belongs_to_next_day(row: dict[str, Any], window: Window) -> bool:
    """Whether a row is of the day after the window's last day."""
    return window.end is not None and published_on(row) == window.end


def deadline_is_past(row: dict[str, Any], today: date) -> bool:
    """Whether a row of open calls shows a deadline that is over since yesterday at least."""
    printed = str(row.get("vaultSubmissionDeadline") or "")[:10]
    try:
        return bool(printed) and date.fromisoformat(printed) < today - timedelta(days=1)
    except ValueError:
        return False

"""Which version of a notice is the newer one, whenever it arrived."""

from __future__ import annotations

from datetime import UTC, datetime

OrderKey = tuple[datetime, int, int, str]
"""Sorts versions: publication instant, then the notice's own version number."""

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_NO_NUMBER, _WORDS, _DIGITS = 0, 1, 2


def order_key(published_at: datetime | None, notice_version: str | None) -> OrderKey:
    """The key of a version. What has no instant or no number comes before what has; `01` and `1` are equal.

    Digits are compared by length first, never converted: a number of a portal may have thousands of them.
    """
    instant = published_at or _BEFORE_ALL
    if not notice_version:
        return (instant, _NO_NUMBER, 0, "")
    if notice_version.isascii() and notice_version.isdigit():
        digits = notice_version.lstrip("0")
        return (instant, _DIGITS, len(digits), digits)
    return (instant, _WORDS, 0, notice_version)

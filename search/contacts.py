"""Texts without mail addresses and telephone numbers, which are personal data."""

from __future__ import annotations

import re
from typing import Final

_MAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PHONE: Final = re.compile(
    r"(?:\b(?:t[eé]l(?:[eé]phone|efoon|efon)?|gsm|phone|fax|mobile?|هاتف)\b\.?\s*:?\s*\+?|\+)\d[\d\s./()-]{6,20}\d",
    re.IGNORECASE,
)


def without_contacts(text: str) -> str:
    """The text without mail addresses and telephone numbers."""
    if "@" in text:
        text = _MAIL.sub("…", text)
    return _PHONE.sub("…", text)

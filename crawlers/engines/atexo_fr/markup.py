"""Small readings of an Atexo page: visible words, labels, day and month as the platforms print them.

Texts may be escaped twice (`&amp;quot;`), `title` attributes are cut at straight quotes that nobody escaped, and no
page names its encoding: words are taken from elements, and bytes are read as UTF-8.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from lxml.etree import XPath
from lxml.html import HtmlElement, tostring

from notices.values.text import clean_line, clean_text, fold, unescape

_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_MONTHS = (
    ("jan",), ("fev",), ("mar",), ("avr",), ("mai",), ("juin",), ("juil",), ("aou",), ("sep",), ("oct",), ("nov",),
    ("dec",),
)  # fmt: skip
_DAY = re.compile(r"(\d{1,2})(?:er)?\s+([^\W\d_]+)\.?\s+(\d{4})")


def words(element: HtmlElement | None) -> str:
    """The words of an element on one line, entities resolved however often they were escaped."""
    return "" if element is None else clean_line(unescape(_text(element)))


def prose(element: HtmlElement | None) -> str:
    """The words of an element with its line breaks."""
    return "" if element is None else clean_text(unescape(_text(element)))


def _text(element: HtmlElement) -> str:
    parts: list[str] = []
    for node in element.iter():
        if not isinstance(node.tag, str) or node.tag in ("script", "style"):
            if node is not element:
                parts.append(node.tail or "")
            continue
        parts.append(node.text or "")
        if node is not element:
            parts.append(("\n" if node.tag in ("br", "p", "li", "div") else "") + (node.tail or ""))
    return "".join(parts)


def first(element: HtmlElement, path: str) -> HtmlElement | None:
    """The first element of an XPath below an element."""
    return next(iter(every(element, path)), None)


def every(element: HtmlElement, path: str) -> list[HtmlElement]:
    """All elements of an XPath below an element."""
    found = _compiled(path)(element)
    return [item for item in found if isinstance(item, HtmlElement)] if isinstance(found, list) else []


@lru_cache(maxsize=256)
def _compiled(path: str) -> XPath:
    """Compiling a path takes longer than following it."""
    return XPath(path)


def visible(element: HtmlElement) -> bool:
    """Whether neither an element nor what it lies in is switched off by its own style."""
    return not any(_HIDDEN.search(node.get("style") or "") for node in (element, *element.iterancestors()))


@lru_cache(maxsize=4096)
def label_of(printed: str) -> str:
    """A label to compare: folded, one kind of apostrophe, without the colon."""
    return fold(printed.replace("’", "'")).strip().rstrip(":").strip()


def as_fragment(element: HtmlElement) -> str:
    """The markup of one element."""
    return tostring(element, encoding="unicode", with_tail=False)


def month_of(printed: str) -> int | None:
    """The month of `Janv.`, `Fév.`, `Août`, `décembre`; None when it is none."""
    name = fold(printed).strip(". ")
    return next((number for number, starts in enumerate(_MONTHS, 1) if name.startswith(starts)), None)


def day_of(printed: str) -> date | None:
    """The day of `20 Déc. 2023`; None when it is none."""
    found = _DAY.search(printed)
    month = month_of(found[2]) if found else None
    if found is None or month is None:
        return None
    try:
        return date(int(found[3]), month, int(found[1]))
    except ValueError:
        return None

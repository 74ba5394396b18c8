"""Elements of Atexo pages by the tail of their ids, and what is visible of them.

Ids are the portal's only steady anchors: `<prefix>_ctl4_panelBlocObjet`. Cells repeat their text up to three times
(short, "…", tooltip), so a whole cell is never read as one text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml import etree

from notices.values.text import clean_line, known_text

_STRING = etree.XPath("string()")
_TEXTS = etree.XPath(".//text()")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def text(element: etree._Element | None) -> str | None:
    """The words of an element with their line breaks, or None when it says nothing (`-`, `@@@@`, empty)."""
    return None if element is None else known_text(str(_STRING(element)))


def line(element: etree._Element | None) -> str | None:
    """The words of an element on one line; elements such as `<br>` part words."""
    if element is None:
        return None
    found = _TEXTS(element)
    return known_text(clean_line(" ".join(map(str, found)))) if isinstance(found, list) else None


def own_text(element: etree._Element | None) -> str | None:
    """The words that stand in an element itself, without those of its children."""
    if element is None:
        return None
    parts = [element.text or "", *(child.tail or "" for child in element)]
    return known_text("".join(parts))


def is_hidden(element: etree._Element) -> bool:
    """Whether an element or one around it is switched off by its style."""
    around = (element, *element.iterancestors())
    return any(_HIDDEN.search(item.get("style") or "") for item in around)


def has_class(element: etree._Element, name: str) -> bool:
    """Whether an element is of a class."""
    return name in (element.get("class") or "").split()


def elements(root: etree._Element) -> Iterator[etree._Element]:
    """All elements below and at `root`, without comments."""
    return (item for item in root.iter() if isinstance(item.tag, str))


def first(root: etree._Element | None, tag: str, *, css: str | None = None) -> etree._Element | None:
    """The first element of a tag, and of a class where one is given."""
    if root is None:
        return None
    return next((item for item in root.iter(tag) if css is None or has_class(item, css)), None)


def list_items(element: etree._Element | None) -> tuple[str, ...]:
    """The items of a list, or the element's own words where it holds no list; empty items are dropped."""
    if element is None:
        return ()
    items: Iterable[etree._Element] = list(element.iter("li")) or [element]
    return tuple(dict.fromkeys(words for item in items if (words := line(item))))

"""Words out of parsed HTML, for parsers of pages: lines as a person sees them, whatever the source's indentation.

Also for fragments and for pages with several elements of one id. Comments, scripts and styles are no words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from parsel import Selector

from notices.values.text import clean_line

_HIDDEN = frozenset({"script", "style", "noscript", "template", "head"})
_BREAKS = frozenset(
    (
        "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "figure",
        "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol",
        "option", "p", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    )
)  # fmt: skip
_BREAK = "\0"
"""No page has this character: it stands for a line break of ours among those of the source, which are blanks."""
_BLANKS = re.compile(r"\s+")
_C1 = {number: bytes([number]).decode("cp1252", "ignore") or " " for number in range(0x80, 0xA0)}
"""`&#140;` is an Œ that somebody typed under Windows: browsers show it so, and so do we."""


def lines(node: Selector | etree._Element | None, *, without: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The lines of an element that are not empty. `without`: tags that are left out with all they hold."""
    if node is None:
        return ()
    element = node.root if isinstance(node, Selector) else node
    if not isinstance(element, etree._Element):
        return tuple(filter(None, (clean_line(str(element)),)))
    words = _BLANKS.sub(" ", "".join(_pieces(element, _HIDDEN | without))).translate(_C1)
    return tuple(line for part in words.split(_BREAK) if (line := clean_line(part)))


def text(node: Selector | etree._Element | None, *, without: frozenset[str] = frozenset()) -> str:
    """The words of an element on one line."""
    return " ".join(lines(node, without=without))


def _pieces(element: etree._Element, hidden: frozenset[str]) -> Iterator[str]:
    """Texts in the order of the page, with a break around whatever begins a line."""
    walk = etree.iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, item in walk:
        if event == "start":
            if item.tag in hidden:
                walk.skip_subtree()
                continue
            if item.tag in _BREAKS:
                yield _BREAK
            if item.text:
                yield item.text
            continue
        if item.tag in _BREAKS:
            yield _BREAK
        if item.tail and item is not element:
            yield item.tail

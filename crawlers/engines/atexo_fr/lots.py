"""The page of the lots of a consultation (`Entreprise.PopUpDetailLots`).

Never captured. Two clients of 2023 and 2026 say: one heading per lot, `Lot 1 : title` or `1 : title`, the whole title
in a `title` attribute inside it, and below it labels such as `Code CPV`. What the headings say is enough for a lot;
labels below a heading that nobody reads are reported.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from lxml.html import HtmlElement

from crawlers.engines.atexo_fr.markup import every, first, label_of, words

_HEADING = re.compile(r"(?:lots?\s*)?(?:n\s*[°ºo]\s*)?(\d{1,4})\s*[:–-]\s*(\S.*)", re.IGNORECASE)
_PLACES_OF_HEADINGS = (
    "//*[contains(@class, 'panel-heading')]",
    "//*[contains(@class, 'modal-header')]",
    "//*[@id='container']//div[not(.//div)]",
)
_LABELS = {
    "categorie": "category",
    "categorie principale": "category",
    "code cpv": "cpv",
    "codes cpv": "cpv",
    "description": "description",
    "description succincte": "description",
    "descriptif": "description",
    "lieu d'execution": "places",
    "valeur estimee": "estimated",
}
MOST_LOTS = 1000
"""More are no list of lots; the longest seen have some hundred."""


class PrintedLot(NamedTuple):
    """A lot as printed."""

    number: str
    title: str
    values: dict[str, str]
    unread: tuple[tuple[str, str], ...] = ()


def read_lots(root: HtmlElement) -> list[PrintedLot]:
    """The lots of the page, in their order, each number once; none when the page has another shape."""
    for path in _PLACES_OF_HEADINGS:
        lots: dict[str, PrintedLot] = {}
        for heading in every(root, path)[:MOST_LOTS]:
            lot = _lot(heading)
            if lot is not None:
                lots.setdefault(lot.number, lot)
        if lots:
            return list(lots.values())
    return []


def _lot(heading: HtmlElement) -> PrintedLot | None:
    text = words(heading)
    found = _HEADING.match(text)
    if found is None:
        return None
    values, unread = _labelled(heading)
    return PrintedLot(str(int(found[1])), _whole_title(heading, found[2]), values, tuple(unread))


def _whole_title(heading: HtmlElement, shown: str) -> str:
    """The heading may cut a long title; a tooltip has it whole, unless a quote inside cut the tooltip."""
    told = [" ".join((item.get("title") or "").split()) for item in every(heading, ".//*[@title]")]
    start = shown.rstrip(".… ")
    longer = (title for title in told if title.startswith(start) and len(title) > len(start))
    return next(longer, shown)


def _labelled(heading: HtmlElement) -> tuple[dict[str, str], list[tuple[str, str]]]:
    box = first(heading, "ancestor::*[contains(concat(' ', normalize-space(@class), ' '), ' panel ')][1]")
    values: dict[str, str] = {}
    unread: list[tuple[str, str]] = []
    for label in [] if box is None else every(box, ".//label"):
        value = label.getnext()
        name = label_of(words(label))
        if value is None or not name:
            continue
        key = _LABELS.get(name)
        if key is None:
            unread.append((name, words(value)))
        else:
            values.setdefault(key, words(value))
    return values, unread

"""A page of the list as rows: those that can be kept, and what is wrong with the others."""

from __future__ import annotations

from dataclasses import dataclass

from lxml.html import HtmlElement

from crawlers.engines.atexo_fr.markup import as_fragment
from crawlers.engines.atexo_fr.row import Row, read_row, rows_of
from crawlers.engines.pages import Page
from crawlers.engines.prado import ListPage


@dataclass(frozen=True)
class PageOfRows:
    """The rows of one page. `found` counts also those without a usable key."""

    with_markup: tuple[tuple[Row, str], ...]
    found: int
    problems: tuple[str, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that can be kept."""
        return tuple(row for row, _markup in self.with_markup)

    @property
    def keys(self) -> tuple[str, ...]:
        """Their keys, in the page's order."""
        return tuple(row.native_id for row, _markup in self.with_markup)


def read_rows(page: Page) -> PageOfRows:
    """The rows of a page. A row without a key is left out and told, so that the counts show it as missing."""
    root = page.selector.root
    elements = list(rows_of(root)) if isinstance(root, HtmlElement) else []
    kept: list[tuple[Row, str]] = []
    problems: list[str] = []
    for element in elements:
        row = read_row(element)
        if row is None:
            problems.append(f"The row {(element.get('id') or '')[:60]!r} is left out: it has no usable key.")
        else:
            kept.append((row, as_fragment(element)))
    return PageOfRows(tuple(kept), len(elements), tuple(problems))


def ends_early(page: ListPage) -> str | None:
    """What is wrong with the last page of a walk that has no room for all that is announced. None when it has."""
    number, size = page.number or 1, page.size
    if size is None or number * size >= page.total:
        return None
    return (
        f"The list ends on page {number} with {size} rows a page, though {page.total} consultations are announced: "
        "it is capped, or its link to the next page looks different."
    )

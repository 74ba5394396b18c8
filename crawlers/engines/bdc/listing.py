"""A page of a list, and the query that asks for it.

The portal's rules (seen by several clients in 2025 and 2026): dates are ISO, others are ignored without a word and the
whole list comes; `pageSize` must be there and be one of four, else no card comes; pages are told by the top-level
`page`, while a page number inside the brackets is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from parsel import Selector
from pydantic import BaseModel, ConfigDict, Field

from crawlers.contract import LayoutError
from crawlers.engines.bdc.labels import words

PAGE_SIZES = (10, 20, 30, 50)
SMALLEST_PAGE = PAGE_SIZES[0]
CATEGORIES = {"1": "Travaux", "2": "Fournitures", "3": "Services"}

_TOTAL = re.compile(r"nombre\s+de\s+r[ée]sultats?\s*:\s*([0-9][0-9\s\u00a0\u202f.]*)", re.IGNORECASE)
_CARDS = (
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' entreprise__card ')]"
    "[not(ancestor::*[contains(concat(' ', normalize-space(@class), ' '), ' entreprise__card ')])]"
)


class Options(BaseModel):
    """What `portal.yml` says of a list in `options`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: str = Field(description="name of the form around the parameters: search_consultation_entreprise")
    published_from: str = Field(description="parameter of the first publication day")
    published_to: str = Field(description="parameter of the last publication day, included")
    deadline_from: str | None = Field(default=None, description="parameter of the first day of deadlines")
    look_again_hours: float = Field(
        default=5, ge=0, description="hours between two looks of regular crawls at all that is open"
    )


@dataclass(frozen=True)
class ListPage:
    """What one page shows: the announced total (None where the page does not say) and its cards in order."""

    total: int | None
    cards: tuple[Selector, ...]


def read_page(page: Selector) -> ListPage:
    """The total and the cards of a page."""
    return ListPage(_total(page), tuple(page.xpath(_CARDS)))


def announced(page: ListPage, asked: str) -> int:
    """The announced total. `LayoutError` where the page has none, or announces something and shows nothing of it."""
    if page.total is None:
        raise LayoutError(f'{asked} answers a page without "Nombre de résultats": the layout may have changed.')
    return page.total


def query(root: str, filters: Mapping[str, str], *, page: int, size: int) -> str:
    """The query string of a page. Raises ValueError for a page size that the portal does not accept."""
    if size not in PAGE_SIZES:
        raise ValueError(f"the portal accepts pages of {', '.join(map(str, PAGE_SIZES))} cards, not of {size}")
    asked = {**filters, "pageSize": str(size)}
    return urlencode([*((f"{root}[{name}]", value) for name, value in asked.items()), ("page", str(page))])


def _total(page: Selector) -> int | None:
    for element in page.css(".content__resultat"):
        found = _TOTAL.search(words(element))
        if found:
            return int(re.sub(r"\D", "", found[1]))
    return None

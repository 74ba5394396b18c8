"""Walks a result list row by row, whatever list it is: the address and its flags are the caller's.

The address is sent as it is written: flags such as `EnCours` carry no `=`, and an address builder that adds one changes
their meaning.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, timedelta

from crawlers.contract import LayoutError
from crawlers.engines.atexo_ma.printed import day
from crawlers.engines.atexo_ma.rows import Row, read_rows, row_elements
from crawlers.engines.pages import PageService
from crawlers.engines.prado import ListControls, ListPage, PradoList, Search

HOLDS = "resultSearch_panel"
"""What every page of a result list holds, an empty one too."""


@dataclass(frozen=True)
class ListedPage:
    """One page of a list with its rows, and how many rows had no usable key."""

    page: ListPage
    rows: tuple[Row, ...]
    without_key: int


async def walk_list(
    service: PageService,
    url: str,
    *,
    page_size: int | None,
    controls: ListControls | None = None,
    search: Search | None = None,
    note: Callable[[str], None],
) -> AsyncIterator[ListedPage]:
    """All pages of a list, in order, in one session: 1 GET, one POST for the page size, one POST for each further page.

    `search` where the address answers a form: it is sent first, with one POST more.
    An empty list is one page without rows. `LayoutError` where a page says that there are results and shows none.
    """
    chain = PradoList(service, url, controls=controls, page_size=page_size, holds=HOLDS, search=search, note=note)
    read: dict[int, ListedPage] = {}

    def keys(page: ListPage) -> list[str]:
        rows, without_key = read_rows(page.page.selector)
        read.clear()
        read[id(page)] = ListedPage(page, rows, without_key)
        return [row.key for row in rows]

    async for page in chain.walk(keys):
        listed = read[id(page)]
        if page.total and not row_elements(page.page.selector):
            raise LayoutError(
                f"{page.page.asked} announces {page.total} results and shows no row of table.table-results: the layout "
                "may have changed."
            )
        yield listed


def is_past(row: Row, today: date) -> bool:
    """Whether a row's deadline is over since yesterday at least."""
    found = day(row.printed.deadline)
    return found is not None and found[0] < today - timedelta(days=1)

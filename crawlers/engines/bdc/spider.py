"""The walk over a list of the portal of purchase orders: pages of one window until the portal's total stands still.

A list that ends before its total (a cap, or a lost page at its end) is asked again category by category.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from core.errors import ConfigurationError
from crawlers.contract import LayoutError, Window
from crawlers.engines.bdc.listing import (
    CATEGORIES,
    PAGE_SIZES,
    SMALLEST_PAGE,
    ListPage,
    Options,
    announced,
    query,
    read_page,
)
from crawlers.engines.pages import PageService
from crawlers.engines.window_spider import Listing, WindowSpider

PASSES = 3
"""How often a list is walked at most while the portal's total keeps moving."""
BARREN_PAGES = 2
"""Pages in a row that bring nothing new, after which a list is taken to be at its end."""


class Row:
    """A card that was read: its key, and whether the card itself says that it does not belong to the window."""

    __slots__ = ("fingerprint", "html", "key", "outside")

    def __init__(self, key: str, fingerprint: str, html: str, *, outside: str | None = None) -> None:
        self.key = key
        self.fingerprint = fingerprint
        self.html = html
        self.outside = outside
        """Why the card does not belong to the window, as it prints it."""


R = TypeVar("R", bound=Row)


class BdcSpider(WindowSpider, Generic[R]):
    """Base of both lists' spiders. A spider says which filters a window has and how a card is read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        try:
            self.options = Options.model_validate(self.portal.options)
        except ValidationError as error:
            raise ConfigurationError(f"{self.portal.key}/portal.yml, options: {error.errors()[0]['msg']}.") from error
        if self.portal.listing.page_size not in PAGE_SIZES:
            raise ConfigurationError(f"{self.portal.key}/portal.yml: the portal has no pages of that size.")
        self.route = next(iter(self.portal.routes.values()))
        self.pages = PageService(self)
        self._everything: int | None = None
        self._other_total: int | None = None
        """What a further page of the walk announced, where it was not what the first page did."""

    # --- what a list's spider says ----------------------------------------------------------------------------------

    @abstractmethod
    def filters(self, window: Window) -> dict[str, str]:
        """The parameters of a window, without the form's name."""

    @abstractmethod
    def read_rows(self, page: ListPage, window: Window, listing: Listing) -> list[R]:
        """The cards of a page that can be kept, each key once; what cannot be kept is noted in `listing`."""

    @abstractmethod
    async def check_filters(self, rows: Sequence[R], total: int, window: Window, listing: Listing) -> None:
        """Raise `LayoutError` where the portal answered something else than it was asked for."""

    @abstractmethod
    async def sort_out(self, rows: Sequence[R], listing: Listing) -> None:
        """Tell the rows of a whole walk apart into new or changed, and unchanged."""

    # --- the walk ---------------------------------------------------------------------------------------------------

    async def list_window(self, window: Window, listing: Listing) -> None:
        """Walk the list until a walk begins and ends with the same total."""
        for _ in range(PASSES):
            listing.begin()
            self._other_total = None
            seen: dict[str, R] = {}
            try:
                await self._walk_all(window, listing, seen)
            finally:
                await self.sort_out(tuple(seen.values()), listing)
            listing.distinct = len(seen)
            listing.second_count = await self.count(self.filters(window))
            if listing.second_count == listing.announced and self._other_total is None:
                return
        if self._other_total is not None and listing.second_count == listing.announced:
            # A walk whose pages are of different lists is not whole, though its first and its last count agree.
            listing.second_count = self._other_total
        listing.note(f"The portal's total kept moving over {PASSES} walks.")

    async def _walk_all(self, window: Window, listing: Listing, seen: dict[str, R]) -> None:
        filters = self.filters(window)
        total, ended_early = await self._walk(filters, window, listing, seen)
        listing.announced = total
        if total > self.portal.listing.longest:
            listing.note(f"The list of {total} is longer than what the portal is known to serve.")
        if not ended_early or len(seen) >= total:
            return
        listing.note(f"The list of {total} ended after {len(seen)}; it was asked again by category.")
        for category in CATEGORIES:
            await self._walk({**filters, "categorie": category}, window, listing, seen)

    async def _walk(
        self, filters: Mapping[str, str], window: Window, listing: Listing, seen: dict[str, R]
    ) -> tuple[int, bool]:
        """One list from its first page. Returns its total, and whether it ended before that."""
        size = self.portal.listing.page_size
        number, last, total, barren = 1, 1, 0, 0
        mine: set[str] = set()
        while number <= last and barren < BARREN_PAGES:
            page, total_now = await self._page(filters, number, size)
            rows = self.read_rows(page, window, listing)
            if number == 1:
                total, last = total_now, ceil(total_now / size)
                if total and not page.cards:
                    raise LayoutError(
                        f"The portal announces {total} and shows no card: a page size or a filter that it refuses, or "
                        "another layout."
                    )
            elif total_now != total:
                await self._check_total(number, total, total_now, filters)
            await self.check_filters(rows, total, window, listing)
            fresh = [row for row in rows if row.key not in mine]
            mine.update(row.key for row in fresh)
            seen.update((row.key, row) for row in fresh if row.key not in seen)
            barren = 0 if fresh else barren + 1
            if barren and number <= last and total:
                listing.note(
                    f"Page {number} is empty." if not page.cards else f"Page {number} repeats what was listed."
                )
            if number == last and fresh and len(mine) < total:
                last += 1  # cards are missing: look behind the end
            number += 1
        return total, barren > 0

    async def _check_total(self, number: int, total: int, total_now: int, filters: Mapping[str, str]) -> None:
        """A further page that announces another total is of another list: with new notices, or without the filter."""
        if filters and total_now > total and total_now >= await self.everything():
            raise LayoutError(
                f"The portal ignored the filter on page {number}: it announced {total} on the first page, and "
                f"{total_now} there, as many as without one."
            )
        self._other_total = total_now

    async def _page(self, filters: Mapping[str, str], number: int, size: int) -> tuple[ListPage, int]:
        path = self.route.path("list")
        url = f"{self.portal.base_url}{path}?{query(self.options.root, filters, page=number, size=size)}"
        page = await self.pages.get(url, holds="content__resultat")
        read = read_page(page.selector)
        return read, announced(read, page.asked)

    async def count(self, filters: Mapping[str, str]) -> int:
        """The portal's total, asked with the smallest page."""
        return (await self._page(filters, 1, SMALLEST_PAGE))[1]

    async def everything(self) -> int:
        """The total of the list without any filter; asked once per crawl."""
        if self._everything is None:
            self._everything = await self.count({})
        return self._everything

"""The spider of BOAMP, the French bulletin of public contracts.

The list of a day comes in pages of 100 short rows; the whole records of those that are new or changed, up to 100 in one
answer, so that memory does not grow with the list. One raw notice is `{"record": …, "root": …}`: the record as the data
set gives it, and the notice with which its tender began where the record alone does not say.
"""

from __future__ import annotations

import json
from math import ceil
from typing import Any, Literal

from pydantic import Field, ValidationError

from core.clock import now
from core.errors import ConfigurationError
from crawlers.contract import CrawlError, LayoutError, RawNotice, Window
from crawlers.engines.asking import TooLarge
from crawlers.engines.opendatasoft import Dataset, ExploreService, Page, Question, Share, one_of
from crawlers.engines.window_spider import ListedNotice, Listing, WindowSpider
from crawlers.portals.fr_boamp.listing import (
    KEY,
    LISTED,
    check_row,
    fingerprint,
    has_usable_id,
    native_id,
    outside,
    share_of,
)
from crawlers.portals.fr_boamp.roots import Roots
from notices.model import Frozen

PASSES = 3
"""How often a list is walked at most while the portal's total keeps moving."""
ROUTE = "open_data"


class Options(Frozen):
    """What portal.yml may say under `options`."""

    list_by: Literal["pages", "export"] = Field(
        default="pages", description="export: the list of a window as one answer without a cap, between two counts"
    )


class PortalSpider(WindowSpider):
    """Crawls fr_boamp through its open-data interface, on either of its two hosts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.portal_settings.route or ROUTE
        if name not in self.portal.routes:
            raise ConfigurationError(f"fr_boamp has no route {name}; there are: {', '.join(self.portal.routes)}.")
        try:
            self.options = Options.model_validate(self.portal.options)
        except ValidationError as error:
            raise ConfigurationError(f"fr_boamp/portal.yml, options: {error.errors()[0]['msg']}.") from error
        route = self.portal.routes[name]
        self.portal = self.portal.at(self.base_url or route.base_url)
        self.dataset = Dataset(
            ExploreService(self, self.portal.politeness.longest_wait),
            self.portal.base_url + route.path("records"),
            self.portal.base_url + route.path("export"),
            timezone=self.portal.zone,
            cap=self.portal.listing.longest,
        )
        self.roots = Roots(self.dataset)
        self._order: list[str] = []
        self._units: dict[str, bytes] = {}
        self._batch = self.portal.listing.page_size

    # --- the list ---------------------------------------------------------------------------------------------------

    async def list_window(self, window: Window, listing: Listing) -> None:
        """Walk the list until a walk begins and ends with the same total: it may grow or shrink under our feet."""
        share = share_of(window, self.portal.today(now()))
        for _ in range(PASSES):
            listing.begin()
            seen: set[str] = set()
            shares = await self._walked(share, window, listing, seen)
            listing.distinct = len(seen)
            listing.second_count = sum([await self.dataset.count(part.where, KEY) for part in shares])
            if listing.second_count == listing.announced:
                break
        else:
            listing.note(f"The portal's total kept moving over {PASSES} walks.")
        if listing.announced == 0:
            await self._check_nothing(window)
        self._order, self._units = list(listing.changed), {}

    async def _walked(self, share: Share, window: Window, listing: Listing, seen: set[str]) -> tuple[Share, ...]:
        if self.options.list_by == "pages":
            return await self._walk_shares(share, window, listing, seen)
        listing.announced = await self.dataset.count(share.where, KEY)
        rows = await self.dataset.export(Question(share.where, LISTED, KEY))
        await self._take(Page(listing.announced, rows), window, listing, seen)
        return (share,)

    async def _walk_shares(self, share: Share, window: Window, listing: Listing, seen: set[str]) -> tuple[Share, ...]:
        """Walk the list of a window, in parts where it is longer than the portal serves."""
        first = await self._page(share, 0)
        listing.announced = first.total
        await self._check_filters(first, window, listing)
        parts = await self.dataset.shares_below_cap(share, first.total, KEY)
        if len(parts) == 1 and parts[0][0] == share:
            await self._walk(share, window, listing, seen, first)
            return (share,)
        together = sum(size for _part, size in parts)
        if together != first.total:
            listing.note(f"The portal announces {first.total}, and {together} in the parts of the list.")
            listing.announced = max(together, first.total)
        for part, _size in parts:
            await self._walk(part, window, listing, seen, await self._page(part, 0))
        return tuple(part for part, _size in parts)

    async def _walk(self, share: Share, window: Window, listing: Listing, seen: set[str], page: Page) -> None:
        """All pages of one share. Behind the announced end one more is looked at while rows are missing."""
        size, number, before = self.portal.listing.page_size, 1, len(seen)
        total = page.total
        last = expected = max(1, ceil(total / size))
        while True:
            fresh = await self._take(page, window, listing, seen)
            _note_oddities(listing, page, fresh, number, expected)
            if number == last and fresh and len(seen) - before < total:
                last += 1
            if number >= last or number * size >= self.dataset.cap:
                return
            page = await self._page(share, number * size)
            number += 1

    async def _take(self, page: Page, window: Window, listing: Listing, seen: set[str]) -> list[dict[str, Any]]:
        """Take the rows of an answer into the listing, and return those that were not seen before."""
        await self._check_filters(page, window, listing)
        fresh = [row for row in _usable(page, listing) if native_id(row) not in seen]
        seen.update(native_id(row) for row in fresh)
        await self._sort_out(fresh, listing)
        return fresh

    async def _page(self, share: Share, offset: int) -> Page:
        size = min(self.portal.listing.page_size, self.dataset.cap - offset)
        return await self.dataset.page(Question(share.where, LISTED, KEY), offset=offset, limit=size)

    async def _check_filters(self, page: Page, window: Window, listing: Listing) -> None:
        """Rows that do not belong to the window mean that the portal ignored the filter: notice that at once."""
        for row in page.rows:
            check_row(row)
        today = self.portal.today(now())
        stranger = next((row for row in page.rows if outside(row, window, today)), None)
        if stranger is None:
            return
        if window.scope == "days":
            raise LayoutError(
                f"The portal ignored the date filter: asked for {window}, it lists {native_id(stranger)[:100]} of "
                f"{stranger['dateparution'][:40]}. It announces {page.total} in all."
            )
        everything = await self.dataset.count("", KEY)
        if page.total >= everything:
            raise LayoutError(
                f"The portal ignored the filter for open calls: it announces {page.total}, as many as without one, "
                f"and lists {native_id(stranger)[:100]}, which is not open."
            )
        listing.note(f"Rows are listed as open that are not, such as {native_id(stranger)[:100]}.")

    async def _check_nothing(self, window: Window) -> None:
        """A Sunday without notices is nothing unusual; a data set without any is."""
        if await self.dataset.count("", KEY) == 0:
            raise LayoutError(f"The portal announces no notice at all, not only for {window}: its data set is empty.")

    async def _sort_out(self, rows: list[dict[str, Any]], listing: Listing) -> None:
        """Tell rows that changed from those that are as they were."""
        known = await self.fingerprints([native_id(row) for row in rows])
        today = self.portal.today(now())
        for row in rows:
            key, printed = native_id(row), fingerprint(row, today)
            if known.get(key) == printed:
                listing.unchanged.add(key)
            else:
                listing.changed[key] = ListedNotice(key, printed, {})

    # --- the records ------------------------------------------------------------------------------------------------

    async def fetch(self, listed: ListedNotice) -> RawNotice:
        """The whole record of a row, from the answer that was asked for it and the rows after it."""
        key = listed.native_id
        if key not in self._units:
            await self._load(key)
        unit = self._units.pop(key, None)
        if unit is None:
            raise CrawlError(f"The portal lists {key} and does not hand it out.")
        return RawNotice(
            portal=self.portal.key,
            native_id=key,
            fingerprint=listed.fingerprint,
            payload=unit,
            url=self.portal.url_of(key),
            listed_at=now(),
        )

    async def _load(self, key: str) -> None:
        """Ask for a record and those after it; for fewer when they are too large together."""
        start = self._order.index(key)
        while True:
            keys = self._order[start : start + self._batch]
            question = Question(one_of(KEY, keys), order_by=KEY)
            try:
                page = await self.dataset.page(question)
                break
            except TooLarge:
                if self._batch == 1:
                    raise
                self._batch //= 2
        for row in page.rows:
            check_row(row)
        strangers = {native_id(row) for row in page.rows} - set(keys)
        if strangers:
            raise LayoutError(
                f"The portal ignored the filter by key: asked for {len(keys)} notices, it hands out {min(strangers)}."
            )
        roots = await self.roots.of(page.rows)
        self._units = {native_id(row): _unit(row, roots.get(native_id(row))) for row in page.rows}


def _unit(record: dict[str, Any], root: dict[str, Any] | None) -> bytes:
    unit = {"record": record} if root is None else {"record": record, "root": root}
    return json.dumps(unit, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _usable(page: Page, listing: Listing) -> list[dict[str, Any]]:
    """The rows that can be fetched and kept. Others stay announced and unlisted, so the window misses them."""
    for row in page.rows:
        if not has_usable_id(row):
            key = native_id(row)
            listing.note(
                f"A record of {row['dateparution'][:10]} is left out: its {KEY}, {key[:40]!r} ({len(key)} "
                "characters), is no identifier."
            )
    return [row for row in page.rows if has_usable_id(row)]


def _note_oddities(listing: Listing, page: Page, fresh: list[dict[str, Any]], number: int, expected: int) -> None:
    if page.rows and not fresh:
        listing.note(f"Page {number} repeats what was listed before.")
    elif not page.rows and number <= expected and page.total:
        listing.note(f"Page {number} is empty.")

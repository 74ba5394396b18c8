"""The spider of the Moroccan Atexo portals: the list of what is open, then the pages of what is new or changed.

The list is one serial chain in one session: the results by GET, the page size raised by postback, the further pages by
postback. Pages of consultations need no session and are asked without cookies. One raw notice is
`{"organisation": …, "number": …, "row": "<tr>…", "detail": "<html>…", "lots": "<html>…"}`, texts as they were sent.
Of a consultation that left the list before its deadline the page is read once more; what the list alone had said of it
then stands under `listed` in place of a row.

`portal.yml` names the lists as routes (`paths`: list, detail, lots and, where the list is filtered, everything).
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from typing import Any

from core.clock import now
from core.errors import ConfigurationError
from crawlers.contract import CrawlError, LayoutError, PortalDown, RawNotice, Window
from crawlers.engines.asking import NoSuchThing
from crawlers.engines.atexo_ma import detail, lots
from crawlers.engines.atexo_ma.call_memory import CallMemory
from crawlers.engines.atexo_ma.consultation import Consultation
from crawlers.engines.atexo_ma.listing import HOLDS, ListedPage, is_past, walk_list
from crawlers.engines.atexo_ma.open_list import AT_MOST, LEFT, OpenList, Remembered, remembered
from crawlers.engines.atexo_ma.options import options_of
from crawlers.engines.atexo_ma.rejections import Rejections
from crawlers.engines.atexo_ma.rows import Row
from crawlers.engines.pages import Moved, PageService, RequestRejected
from crawlers.engines.partial import PartialNotices
from crawlers.engines.prado import read_list_page
from crawlers.engines.window_spider import ListedNotice, Listing, WindowSpider

SATURDAY = 5
PASSES = 3
"""How often a list is walked at most while the portal's total keeps moving."""


class PortalSpider(WindowSpider):
    """Crawls the open consultations of one instance; which list, the chosen route of `portal.yml` says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.portal_settings.route or next(iter(self.portal.routes))
        if name not in self.portal.routes:
            known = ", ".join(self.portal.routes)
            raise ConfigurationError(f"{self.portal.key} has no route {name}; there are: {known}.")
        self.route = self.portal.routes[name]
        self.portal = self.portal.at(self.base_url or self.route.base_url)
        self.options = options_of(self.portal)
        self.service = PageService(self)
        self._rejections = Rejections(self.service)
        self._partial = PartialNotices(Listing())
        self._fresh_calls: dict[str, Consultation] = {}

    # --- the list ---------------------------------------------------------------------------------------------------

    async def list_window(self, window: Window, listing: Listing) -> None:
        """Walk the list until a walk sees as many rows as the portal announces, from its beginning to its end."""
        if window.scope != "open":
            raise CrawlError(
                f"{self.portal.key} can only be asked for what is open now: its filters by day do not hold."
            )
        self._partial = PartialNotices(listing)
        for _ in range(PASSES):
            listing.begin()
            try:
                rows = await self._walk(listing)
            finally:
                CallMemory(self.portal.key, self.notebook).note(self._fresh_calls, self.portal.today(now()))
            if listing.announced == listing.second_count == listing.distinct:
                await self._look_at_those_that_left(rows, listing)
                return
        if listing.announced != listing.second_count:
            listing.note(f"The portal's total kept moving over {PASSES} walks.")

    async def _walk(self, listing: Listing) -> dict[str, Remembered]:
        """Walk the list once; what is worth remembering of its rows."""
        seen: set[str] = set()
        listed_now: dict[str, Remembered] = {}
        left_out: Counter[str] = Counter()
        size = self.portal.listing.page_size
        pages = walk_list(
            self.service, self._url("list"), page_size=size, controls=self.options.controls, note=listing.note
        )
        async for listed in pages:
            if listing.announced is None:
                listing.announced = listed.page.total
                self._check_length(listed)
            # The portal says its count on every page: the last one is its second answer.
            listing.second_count = listed.page.total
            await self._check_open(listed, listing)
            if listed.without_key:
                listing.note(f"{listed.without_key} rows are left out: they have no refCons or orgCons.")
            fresh = [row for row in listed.rows if row.key not in seen]
            seen.update(row.key for row in fresh)
            listing.distinct = len(seen)
            wanted = self._wanted(fresh, left_out)
            listed_now |= remembered(wanted)
            await self._sort_out(wanted, listing)
        for organisation, rows in sorted(left_out.items()):
            listing.note(f"{rows} rows of {organisation} are left out: this organisation holds tests, not calls.")
        return listed_now

    def _check_length(self, listed: ListedPage) -> None:
        longest = self.portal.listing.longest
        if "everything" in self.route.paths and listed.page.total > longest:
            raise LayoutError(
                f"The portal announces {listed.page.total:,} open consultations, and there were never more than "
                f"{longest:,}: it may have ignored the filter of what is open."
            )

    async def _check_open(self, listed: ListedPage, listing: Listing) -> None:
        """A filter that is ignored shows in rows whose deadline is over, and in a total as large as without it."""
        today = self.portal.today(now())
        past = [row for row in listed.rows if is_past(row, today)]
        if not past or "everything" not in self.route.paths:
            return
        page = await self.service.get(self._url("everything"), holds=HOLDS)
        if listed.page.total >= read_list_page(page, self.options.controls).total:
            raise LayoutError(
                f"The portal ignored the filter of what is open: it announces {listed.page.total}, as many as without "
                f"one, and lists {past[0].key}, whose deadline was {past[0].printed.deadline}."
            )
        listing.note(f"{len(past)} of the rows listed as open have a deadline that is over, such as {past[0].key}.")

    def _wanted(self, rows: list[Row], left_out: Counter[str]) -> list[Row]:
        """Rows of organisations that hold no real calls are counted, told and not fetched."""
        left_out.update(row.organisation for row in rows if row.organisation in self.options.left_out)
        return [row for row in rows if row.organisation not in self.options.left_out]

    async def _sort_out(self, rows: list[Row], listing: Listing) -> None:
        """Tell rows that changed from those that are as they were."""
        known = await self.fingerprints([row.key for row in rows])
        for row in rows:
            printed = row.fingerprint
            if known.get(row.key) == printed:
                listing.unchanged.add(row.key)
                self._rejections.witness(self._url("detail", organisation=row.organisation, number=row.number))
            else:
                self._fresh_calls[row.key] = row.printed
                kept = {"organisation": row.organisation, "number": row.number, "html": row.html}
                kept["allotted"] = "yes" if row.printed.allotted else ""
                listing.changed[row.key] = ListedNotice(row.key, printed, dict(kept))

    async def _look_at_those_that_left(self, listed: dict[str, Remembered], listing: Listing) -> None:
        """The pages of consultations that left the open list before their deadline: cancelled, or closed early."""
        if "everything" not in self.route.paths:
            return  # a list of another kind
        memory = OpenList(self.portal.key, self.notebook)
        news_on = memory.last_news(listed, self.portal.today(now()))
        left = memory.left_early(listed, now())
        read = await self.fingerprints(list(left))
        waiting = [key for key in left if read.get(key) != LEFT]
        if len(waiting) > AT_MOST:
            listing.note(f"{len(waiting)} consultations left the open list early; {AT_MOST} are looked at in one run.")
        for key in waiting[:AT_MOST]:
            before = left[key]
            unit: dict[str, Any] = before.unit
            try:
                complete = await self._add_pages(unit, allotted=bool(before.allotted))
            except PortalDown:
                raise
            except CrawlError as error:
                listing.note(f"{key} left the open list before its deadline, and why is not known: {error}")
                continue
            listing.changed[key] = ListedNotice(key, LEFT if complete else "", {"unit": unit})
        memory.remember(listed, left)
        self._check_news(news_on)

    def _check_news(self, news_on: date) -> None:
        """A list on which nothing new appears for days is an old copy, however well its numbers agree."""
        allowed = self.options.working_days_without_news
        days = [news_on + timedelta(days=number) for number in range(1, (self.portal.today(now()) - news_on).days)]
        holidays = self.portal.expectations.holidays
        working = [day for day in days if day.weekday() < SATURDAY and not holidays.includes(day)]
        if allowed is not None and len(working) >= allowed:
            raise CrawlError(
                f"The portal has listed no new consultation since {news_on}, for {len(working)} working days: it may "
                "be serving an old list."
            )

    def _url(self, path: str, **values: str) -> str:
        return self.portal.base_url + self.route.path(path, **values)

    # --- one consultation -------------------------------------------------------------------------------------------

    async def fetch(self, listed: ListedNotice) -> RawNotice:
        """The page behind a row and, where it has lots, their popup.

        A page that is gone, or that the firewall refuses, is handed out with its row alone and asked for again.
        """
        row = listed.row
        if "unit" in row:
            return self._raw(listed, row["unit"], complete=bool(listed.fingerprint))
        unit: dict[str, Any] = {"organisation": row["organisation"], "number": row["number"], "row": row["html"]}
        try:
            complete = await self._add_pages(unit, allotted=bool(row["allotted"]))
        except (NoSuchThing, Moved, RequestRejected) as error:
            if isinstance(error, RequestRejected):
                await self._rejections.count(error)
            complete = False
            unit["problem"] = f"Only the portal's list says something of this consultation. {error}"
            self._partial.add(listed.native_id, str(error))
        return self._raw(listed, unit, complete=complete)

    def _raw(self, listed: ListedNotice, unit: dict[str, Any], *, complete: bool) -> RawNotice:
        return RawNotice(
            portal=self.portal.key,
            native_id=listed.native_id,
            fingerprint=listed.fingerprint if complete else None,
            payload=json.dumps(unit, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"),
            url=self._url("detail", organisation=unit["organisation"], number=unit["number"]),
            listed_at=now(),
        )

    async def _add_pages(self, unit: dict[str, Any], *, allotted: bool) -> bool:
        """Add the page and, where there are lots, the popup; whether all of it could be had."""
        url = self._url("detail", organisation=unit["organisation"], number=unit["number"])
        unit["detail"] = await self._detail(url, unit["number"])
        self._rejections.witness(url)
        return await self._add_lots(unit) if allotted or has_lots(unit["detail"]) else True

    async def _detail(self, url: str, number: str) -> str:
        page = await self.service.get(url, holds=detail.RECAP)
        numbers = detail.numbers_of(page.text)
        if numbers and number not in numbers:
            raise LayoutError(f"{page.asked} answers another consultation: {', '.join(sorted(numbers))[:200]}.")
        return page.text

    async def _add_lots(self, unit: dict[str, Any]) -> bool:
        """The popup of the lots. One that cannot be had does not keep the consultation back, and is asked for again."""
        url = self._url("lots", organisation=unit["organisation"], number=unit["number"])
        try:
            unit["lots"] = (await self.service.get(url, holds=lots.MARK)).text
        except PortalDown:
            raise
        except (NoSuchThing, Moved, RequestRejected, LayoutError) as error:
            unit["lots_problem"] = f"The lots could not be read. {error}"
            self._partial.add(f"{unit['organisation']}-{unit['number']}", unit["lots_problem"], minor=True)
            return False
        return True


def has_lots(page: str) -> bool:
    """Whether a consultation's page says that it has lots, whatever the list showed."""
    return detail.LOTS.search(page) is not None

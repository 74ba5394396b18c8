"""The spider of every Atexo MPE platform.

The list of all open consultations is walked by postback, in one session, page after page; the page of a consultation
and of its lots is fetched only when its row is new or changed. One raw notice is `{"row": …, "detail": …, "lots": …}`,
each the markup as it came.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from core.clock import now
from crawlers.contract import CrawlError, LayoutError, PortalDown, RawNotice, Window
from crawlers.engines.asking import NoSuchThing
from crawlers.engines.atexo_fr.detail import RECAPITULATION
from crawlers.engines.atexo_fr.links import path_of
from crawlers.engines.atexo_fr.listing import PageOfRows, ends_early, read_rows
from crawlers.engines.atexo_fr.markup import day_of
from crawlers.engines.atexo_fr.options import options_of
from crawlers.engines.atexo_fr.parse import unit
from crawlers.engines.atexo_fr.row import Row
from crawlers.engines.pages import LoginAsked, Moved, Page, PageService
from crawlers.engines.prado import ListControls, ListPage, PradoList
from crawlers.engines.window_spider import ListedNotice, Listing, WindowSpider

PASSES = 2
"""How often a list is walked at most while it moves under our feet."""
CONTROLS = ListControls(kept=("listePageSizeTop", "numPageTop"))
EVERY_LIST = "ctl0_CONTENU_PAGE_resultSearch_"
"""What a page of the list always holds, with rows or without."""
_LOGIN = ("connexion", "login", "authentification")
SECOND_READING = 3
"""Days after publication from which a consultation is read once more: its page gets the address of the notice on BOAMP
or TED, and more documents, days after it appeared, and the list tells nothing of that."""


class PortalSpider(WindowSpider):
    """Crawls the open consultations of one platform."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = options_of(self.portal)
        self.pages = PageService(self)
        # A pop-up is a fragment on some platforms: that it ends with </html> is not known.
        self.popups = PageService(self, end=None)
        self._last_read: tuple[Page, PageOfRows] | None = None

    # --- the list ---------------------------------------------------------------------------------------------------

    async def list_window(self, window: Window, listing: Listing) -> None:
        """Walk the list; where it moved meanwhile, or a page was lost, walk it once more."""
        for _ in range(PASSES):
            listing.begin()
            rows, total, last_total = await self._walk(listing)
            self._count(listing, rows, total, last_total)
            if total == last_total == len(rows):
                return

    async def _walk(self, listing: Listing) -> tuple[dict[str, Row], int, int]:
        """The rows of one walk by key, and the portal's count on the first and on the last page of it."""
        walk = PradoList(
            self.pages,
            self.portal.base_url + path_of(self.portal, "list"),
            controls=CONTROLS,
            page_size=self.options.page_size,
            holds=EVERY_LIST,
            note=listing.note,
        )
        rows: dict[str, Row] = {}
        first: ListPage | None = None
        last: ListPage | None = None
        async for page in walk.walk(lambda page: self._rows_of(page.page).keys):
            first, last = first or page, page
            if page is first:
                self._check_first(page, listing)
            fresh = self._rows_of(page.page)
            self._check_rows(fresh, listing)
            await self._sort_out(fresh, rows, listing)
            rows.update((row.native_id, row) for row in fresh.rows)
            self._count_so_far(listing, rows, first.total)
        if last is not None and (early := ends_early(last)) is not None:
            listing.note(early)
        return rows, 0 if first is None else first.total, 0 if last is None else last.total

    def _rows_of(self, page: Page) -> PageOfRows:
        """The rows of a page, read once: the walk asks for their keys, too."""
        if self._last_read is None or self._last_read[0] is not page:
            self._last_read = page, read_rows(page)
        return self._last_read[1]

    def _check_first(self, page: ListPage, listing: Listing) -> None:
        """A list that announces rows and shows none is none; one that cannot hold what it announces is capped."""
        if page.total and not self._rows_of(page.page).found:
            raise LayoutError(
                f"{page.page.asked} announces {page.total} consultations and lists none: its rows may look different."
            )
        if page.total > self.portal.listing.longest:
            listing.note(f"The list of {page.total} is longer than what the portal is known to serve.")

    def _check_rows(self, page: PageOfRows, listing: Listing) -> None:
        """Tell rows without a key. Closed consultations on the list of open ones are an ignored filter."""
        for problem in page.problems:
            listing.note(problem)
        closed = [row for row in page.rows if self._is_over(row)]
        if closed and len(closed) * 2 >= len(page.rows):
            raise LayoutError(
                f"The portal ignored the filter for open consultations: it lists {closed[0].native_id}, "
                f"which closed on {closed[0].deadline}."
            )
        if closed:
            listing.note(f"Consultations that are over are listed as open, such as {closed[0].native_id}.")

    def _is_over(self, row: Row) -> bool:
        """Whether the deadline was before yesterday: one of yesterday may still be on the list."""
        day = day_of(row.deadline)
        return day is not None and day < self.portal.today(now()) - timedelta(days=1)

    async def _sort_out(self, page: PageOfRows, seen: dict[str, Row], listing: Listing) -> None:
        """Tell rows that changed from those that are as they were; rows of other organisations are left out."""
        mine = [(row, markup) for row, markup in page.with_markup if row.native_id not in seen and self._follows(row)]
        known = await self.fingerprints([row.native_id for row, _markup in mine])
        for row, markup in mine:
            key, printed = row.native_id, self._fingerprint(row)
            if known.get(key) == printed:
                listing.unchanged.add(key)
                listing.changed.pop(key, None)
            else:
                listing.unchanged.discard(key)
                listing.changed[key] = ListedNotice(key, printed, {"markup": markup, "row": row})

    def _fingerprint(self, row: Row) -> str:
        """What the row prints, and whether it is old enough for its second reading."""
        day = day_of(row.published)
        settled = day is None or (self.portal.today(now()) - day).days >= SECOND_READING
        return row.fingerprint if settled else f"{row.fingerprint}-new"

    def _follows(self, row: Row) -> bool:
        return self.options.organisation in (None, row.organisation)

    def _count_so_far(self, listing: Listing, rows: dict[str, Row], total: int) -> None:
        """What is known while the walk lasts, for a walk that breaks off."""
        mine = sum(self._follows(row) for row in rows.values())
        listing.announced = total if self.options.organisation is None else mine
        listing.distinct = mine

    def _count(self, listing: Listing, rows: dict[str, Row], total: int, last_total: int) -> None:
        """What was announced. Of one organisation no count is printed: rows that are missing count as its own."""
        if self.options.organisation is None:
            listing.announced, listing.second_count, listing.distinct = total, last_total, len(rows)
            return
        if not max(total, last_total):
            raise CrawlError("The platform announces no consultation at all, of any organisation: that is no answer.")
        mine = sum(self._follows(row) for row in rows.values())
        missing = max(total, last_total) - len(rows)
        listing.announced, listing.distinct = mine + max(0, missing), mine
        if missing > 0:
            listing.note(
                f"{len(rows)} of the {max(total, last_total)} consultations of all organisations were listed; "
                f"{mine} are of {self.options.organisation}, and those that are missing may be."
            )

    # --- one notice -------------------------------------------------------------------------------------------------

    async def fetch(self, listed: ListedNotice) -> RawNotice:
        """The page behind a row, and its lots. One that is gone (404) is handed out with its row alone."""
        row: Row = listed.row["row"]
        url = self._url("detail", row)
        problems: list[str] = []
        detail = await self._detail(url, row, problems)
        lots = await self._lots(row, detail, problems)
        return RawNotice(
            portal=self.portal.key,
            native_id=listed.native_id,
            # What is not whole is asked for again next time.
            fingerprint=None if problems else listed.fingerprint,
            payload=unit(listed.row["markup"], detail, lots, problems),
            url=url,
            listed_at=now(),
        )

    async def _detail(self, url: str, row: Row, problems: list[str]) -> str | None:
        try:
            return (await self._page(url, row)).text
        except NoSuchThing as error:
            problems.append(str(error))
        except (Moved, LayoutError) as error:
            if not self._has_closed(row):
                raise
            problems.append(f"The consultation has closed. {error}")
        return None

    async def _page(self, url: str, row: Row) -> Page:
        """The page of a consultation. One redirect to another spelling of its own address is followed."""
        try:
            return await self.pages.get(url, holds=RECAPITULATION)
        except Moved as moved:
            location = urljoin(url, moved.location)
            if any(word in location.lower() for word in _LOGIN):
                raise LoginAsked(f"{moved} It asks for an account.") from moved
            same_host = urlsplit(location).netloc == urlsplit(url).netloc
            if not same_host or f"consultation/{row.consultation}" not in location or location == url:
                raise
            return await self.pages.get(location, holds=RECAPITULATION)

    async def _lots(self, row: Row, detail: str | None, problems: list[str]) -> str | None:
        """The page of the lots, where row or page announce any. A notice without it is better than none."""
        announced = row.lots or (detail is not None and "PopUpDetailLots" in detail)
        if not self.options.lots_popup or detail is None or not announced:
            return None
        try:
            page = await self.popups.get(self._url("lots", row))
        except PortalDown:
            raise
        except CrawlError as error:
            problems.append(f"The lots could not be fetched. {error}")
            return None
        return page.text

    def _url(self, name: str, row: Row) -> str:
        return self.portal.base_url + path_of(self.portal, name, row.organisation, row.consultation)

    def _has_closed(self, row: Row) -> bool:
        """Whether the deadline of a row has passed by now."""
        day = day_of(row.deadline)
        if day is None:
            return False
        hour, _, minute = row.deadline_time.partition(":")
        clock = time(int(hour) % 24, int(minute) % 60) if hour.isdigit() and minute.isdigit() else time(23, 59)
        return datetime.combine(day, clock, tzinfo=self.portal.clock) < now()

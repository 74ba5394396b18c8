"""The spider of achatpublic.com: the list of open consultations page by page, then the page of each new one.

The portal is opened in a browser (`transport: browser`): its list is built by script. The same requests go over plain
HTTP where an operator sets `transport: http` and the portal answers with cards.

One raw notice is `{"native_id", "card", "page"}`, both HTML.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from core.clock import now
from crawlers.contract import LayoutError, RawNotice, Window
from crawlers.engines.asking import NoSuchThing
from crawlers.engines.browser import Visit
from crawlers.engines.pages import Page, PageService, Session, instead_of, selector
from crawlers.engines.window_spider import ListedNotice, Listing, WindowSpider
from crawlers.portals.fr_achatpublic.dates import moment
from crawlers.portals.fr_achatpublic.list_page import ANSWERED, ListedCard, ListPage

PASSES = 3
"""How often the list is walked at most while its length keeps moving."""
LIST = Visit(until=ANSWERED)
FICHE = Visit(until="main")


class PortalSpider(WindowSpider):
    """Crawls fr_achatpublic."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pages = PageService(self)
        self.route = self.portal.routes["site"]
        self._session = Session()

    # --- the list ---------------------------------------------------------------------------------------------------

    async def list_window(self, window: Window, listing: Listing) -> None:
        """Walk the list until a walk ends with as many pages as it began with, and nothing on it closed meanwhile."""
        for _ in range(PASSES):
            listing.begin()
            self._session, began = Session(), now()
            pages, cards = await self._walk(listing)
            again = await self._page(1)
            announced = listing.announced or 0
            if again.position[1] != pages:
                listing.note("The number of pages of the list moved while it was walked.")
                moved = (again.position[1] - pages) * self.portal.listing.page_size
                listing.second_count = again.total if again.total is not None else max(0, announced + moved)
            elif closed := _closed_between(cards, began, now()):
                listing.note(f"{closed} closed while the list was walked, so that the rows behind it moved up.")
                listing.second_count = max(0, announced - 1)
            else:
                listing.second_count = again.total if again.total is not None else announced
                break
        self._check_open(cards, listing)
        await self._sort_out(cards, listing)

    async def _walk(self, listing: Listing) -> tuple[int, dict[str, ListedCard]]:
        """All pages of the list. Announced is what its head says; without one, full pages and what the last one has."""
        found: dict[str, ListedCard] = {}
        number, pages, size, on_last, total = 1, 1, self.portal.listing.page_size, 0, None
        try:
            while number <= pages:
                page = await self._page_at(number, listing)
                pages = page.position[1]
                total = page.total if page.total is not None else total
                self._take(page, number, found, listing)
                on_last = len(page.cards)
                number += 1
        finally:
            listing.distinct = len(found)
        listing.announced = total if total is not None else (pages - 1) * size + on_last
        if pages * size >= self.portal.listing.longest:
            listing.note(f"The list has {pages} pages: that is as long as a list of the portal was ever seen.")
        return pages, found

    async def _page_at(self, number: int, listing: Listing) -> ListPage:
        """A page of the list. A session that lost its search shows the first one instead: it is begun anew, once."""
        page = await self._page(number)
        if page.position[0] == number or not page.cards:
            return page
        self._session = Session()
        await self._page(1)
        page = await self._page(number)
        if page.position[0] != number and page.cards:
            listing.note(f"Page {number} of the list says that it is page {page.position[0]}: the session was lost.")
        return page

    def _check_open(self, cards: dict[str, ListedCard], listing: Listing) -> None:
        """Only what is due from today on was asked for: closed consultations are an ignored filter."""
        limit = now() - timedelta(days=1)
        late = [key for key, card in cards.items() if (due := _due(card)) is not None and due < limit]
        if late and len(late) * 2 >= len(cards):
            raise LayoutError(
                f"The portal ignored the filter for open consultations: {len(late)} of {len(cards)} listed are over, "
                f"such as {late[0]}."
            )
        if late:
            listing.note(f"{len(late)} of the consultations listed as open are over, such as {late[0]}.")

    def _take(self, page: ListPage, number: int, found: dict[str, ListedCard], listing: Listing) -> None:
        fresh = {}
        for listed in page.cards:
            if listed.card.native_id is None:
                listing.note(f"A card names no consultation: {listed.card.title[:80]!r}.")
            elif listed.card.native_id not in found:
                fresh[listed.card.native_id] = listed
        if not fresh and not page.says_none:
            listing.note(f"Page {number} repeats what was listed before." if page.cards else f"Page {number} is empty.")
        found.update(fresh)

    async def _page(self, number: int) -> ListPage:
        """One page of the list; the portal counts them from 0. The first one begins the search."""
        url = self.portal.base_url + self.route.path("search")
        today = self.portal.today(now())
        form = {
            "searchCslBean.intitule": "",
            "searchCslBean.procedure": "-1",
            "searchCslBean.dlrpStart": f"{today:%d/%m/%Y}",
        }
        if number == 1:
            form["searchCslBean.initial"] = "0"
        else:
            form["searchCslBean.page"] = str(number - 1)
        if not self._session.cookies:
            await self.pages.get(self.portal.base_url + self.route.path("home"), session=self._session)
        page = await self.pages.post(url, form, session=self._session, visit=LIST)
        read = ListPage(selector(text_of(page)))
        if not read.cards and not read.says_none and number == 1:
            raise _nothing_shown(page)
        return read

    async def _sort_out(self, cards: dict[str, ListedCard], listing: Listing) -> None:
        """Tell cards that changed from those that are as they were."""
        known = await self.fingerprints(list(cards))
        for key, listed in cards.items():
            printed = listed.card.fingerprint
            if known.get(key) == printed:
                listing.unchanged.add(key)
            else:
                listing.changed[key] = ListedNotice(key, printed, {"native_id": key, "card": listed.html})

    # --- one notice -------------------------------------------------------------------------------------------------

    async def fetch(self, listed: ListedNotice) -> RawNotice:
        """The page of a consultation. One that is not there (404) is handed out with its card alone."""
        url = self.portal.base_url + self.route.path("notice", native_id=listed.native_id)
        unit: dict[str, Any] = dict(listed.row)
        known: str | None = listed.fingerprint
        try:
            page = await self.pages.get(url, visit=FICHE)
            words = text_of(page)
            if listed.native_id not in words:
                raise instead_of(page, f"consultation {listed.native_id}")
            unit["page"] = words
        except NoSuchThing:
            known = None  # asked for again next time
        return RawNotice(
            portal=self.portal.key,
            native_id=listed.native_id,
            fingerprint=known,
            payload=json.dumps(unit, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"),
            url=url,
            listed_at=now(),
        )


def _due(listed: ListedCard) -> datetime | None:
    found = moment(listed.card.deadline)
    return None if found is None else found.at


def _closed_between(cards: dict[str, ListedCard], began: datetime, ended: datetime) -> str | None:
    """A listed consultation whose deadline passed between two instants: it left the list, and all behind it moved."""
    return next((key for key, card in cards.items() if (due := _due(card)) is not None and began <= due <= ended), None)


def text_of(page: Page) -> str:
    """The page's text: in ISO-8859-15 where it says so (there an œ is what elsewhere is a ½), else as all portals."""
    if "iso-8859-15" in page.headers.get("content-type", "").lower():
        return page.body.decode("iso-8859-15").replace("\x00", "")
    return page.text


def _nothing_shown(page: Page) -> Exception:
    """The error for a list without a card that does not say either that it is empty."""
    if "sdmListResult" in page.text:
        return LayoutError(
            f"{page.asked} shows the frame of the list and no card: its script did not fill it, or the layout changed."
        )
    return instead_of(page, "list of consultations")

"""The spider of AWS-Achat: searches in one session, split by département, nature and procedure until they are listed.

One raw notice is `{"native_id", "listed_as", "nature", "row", "detail"}`: the row of the list and the page of the
notice, both as HTML. `detail` is missing where the page is not there, or on another host (`moved`).
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from pydantic import Field

from core.clock import now
from crawlers.contract import LayoutError, RawNotice, Window
from crawlers.engines.asking import NoSuchThing
from crawlers.engines.pages import Moved, PageService
from crawlers.engines.window_spider import ListedNotice, Listing, WindowSpider
from crawlers.portals.definition import Part as Checked
from crawlers.portals.fr_aws import values
from crawlers.portals.fr_aws.list_page import ListedRow
from crawlers.portals.fr_aws.searches import ALL, Asked, Search, searches
from crawlers.portals.fr_aws.walk import Walk

EXPIRED = "A"
"""The list of calls whose deadline is over."""


class Options(Checked):
    """What portal.yml says under `options`."""

    lists_of_a_day: tuple[str, ...] = Field(default=("EC", "AAA"), min_length=1)


class PortalSpider(WindowSpider):
    """Crawls fr_aws."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = Options.model_validate(self.portal.options)
        self.pages = PageService(self)

    # --- the list ---------------------------------------------------------------------------------------------------

    async def list_window(self, window: Window, listing: Listing) -> None:
        """Walk the searches of a window. What several of them list is one notice."""
        listing.begin()
        asked = searches(window, self.portal.today(now()), self.options.lists_of_a_day)
        walk = Walk(self.pages, self.portal, listing.note)
        found: dict[str, tuple[ListedRow, Search]] = {}
        try:
            for search in asked.searches:
                await walk.all_of(search)
            await walk.prove()
        finally:
            # What was listed before a walk broke off is kept.
            for part in walk.parts:
                found.update({key: (listed, part.search) for key, listed in part.rows.items() if key not in found})
            kept = self._of_window(found, window, asked, listing)
            await self._sort_out(kept, listing)
            listing.distinct = len(kept)
        missing = sum(part.missing for part in walk.parts)
        listing.announced = len(kept) + missing
        listing.second_count = await self._again(walk, asked, listing.announced)

    async def _again(self, walk: Walk, asked: Asked, announced: int) -> int | None:
        """The count asked again: of a single search by repeating it, of many as their last pages had it."""
        if len(walk.parts) == 1 and len(asked.searches) == 1 and asked.first is None:
            return await walk.count_of(asked.searches[0])
        return announced + sum(part.last_count - part.first_count for part in walk.parts)

    def _of_window(
        self, found: dict[str, tuple[ListedRow, Search]], window: Window, asked: Asked, listing: Listing
    ) -> dict[str, tuple[ListedRow, Search]]:
        """The rows of the window's days. A list that shows other days than were asked for is not trusted."""
        if asked.first is None or asked.last is None or window.start is None or window.end is None:
            self._check_open(found, listing)
            return found
        if EXPIRED not in self.options.lists_of_a_day and window.start < self.portal.today(now()) - timedelta(days=1):
            listing.note(
                f"Calls of {window} that have closed since are on the list of expired ones, which is not read."
            )
        kept = {}
        for key, (listed, search) in found.items():
            published = values.day(listed.row.dates.partition("Date limite")[0])
            day = published.at.date() if published else None
            if day is None:
                listing.note(f"The row of {key} shows no day of publication: {listed.row.dates[:80]!r}.")
            elif not asked.first <= day <= asked.last:
                raise LayoutError(
                    f"The portal ignored the date filter: asked for {search}, it lists {key} of {day:%Y-%m-%d}."
                )
            elif not window.start <= day < window.end:
                continue
            kept[key] = (listed, search)
        return kept

    def _check_open(self, found: dict[str, tuple[ListedRow, Search]], listing: Listing) -> None:
        """Calls whose deadline is over since yesterday do not belong on the list of open ones."""
        limit = self.portal.today(now()) - timedelta(days=1)
        late = [key for key, (listed, _search) in found.items() if (day := _deadline(listed)) and day < limit]
        if len(late) * 2 > len(found):
            raise LayoutError(
                f"The portal ignored the filter for open calls: {len(late)} of {len(found)} listed are over, such as "
                f"{late[0]}."
            )
        if late:
            listing.note(f"{len(late)} of the rows listed as open are over, such as {late[0]}.")

    async def _sort_out(self, found: dict[str, tuple[ListedRow, Search]], listing: Listing) -> None:
        """Tell rows that changed from those that are as they were."""
        known = await self.fingerprints(list(found))
        for key, (listed, search) in found.items():
            printed = listed.row.fingerprint
            if known.get(key) == printed:
                listing.unchanged.add(key)
            else:
                listing.changed[key] = ListedNotice(key, printed, _unit(key, listed, search))

    # --- one notice -------------------------------------------------------------------------------------------------

    async def fetch(self, listed: ListedNotice) -> RawNotice:
        """The page of a notice. One that is not there (404), or lies on another host, is handed out with its row."""
        url = self.portal.base_url + self.portal.routes["site"].path("notice", native_id=listed.native_id)
        unit, known = dict(listed.row), listed.fingerprint
        again: str | None = known
        try:
            unit["detail"] = (await self.pages.get(url, holds="AAPCGenere")).text
        except NoSuchThing:
            again = None  # asked for again next time
        except Moved as moved:
            unit["moved"] = moved.location
        return RawNotice(
            portal=self.portal.key,
            native_id=listed.native_id,
            fingerprint=again,
            payload=json.dumps(unit, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"),
            url=url,
            listed_at=now(),
        )


def _unit(key: str, listed: ListedRow, search: Search) -> dict[str, Any]:
    unit: dict[str, Any] = {"native_id": key, "listed_as": search.listed_as, "row": listed.html}
    if search.nature != ALL:
        unit["nature"] = search.nature
    return unit


def _deadline(listed: ListedRow) -> date | None:
    found = values.deadline(listed.row.dates.partition("Date limite")[2])
    return found.at.date() if found else None

"""The spider of the notices of purchase orders.

The list by day of publication, or of what can still be answered (deadline from today on), pages of 50; the page of a
notice only when its card is new or changed. A notice that changes keeps its day of publication, so a crawl of today
looks at all that is open as well. One raw notice is `{"card": "<html>", "show": "<html>"}`. Cards do not
print the day of publication: whether the portal heeded that filter shows in its totals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from core.clock import now
from crawlers.contract import LayoutError, RawNotice, Window
from crawlers.engines.asking import NoSuchThing
from crawlers.engines.bdc.cards import card_of
from crawlers.engines.bdc.listing import ListPage
from crawlers.engines.bdc.spider import BdcSpider, Row
from crawlers.engines.pages import instead_of
from crawlers.engines.partial import PartialNotices
from crawlers.engines.window_spider import ListedNotice, Listing
from crawlers.portals.ma_bdc.card import read_notice_card

_BEFORE_ALL = date(2000, 1, 1)
_LOOKED: Final = "ma_bdc-looked-at-what-is-open"
_DAY = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_NOTICE = re.compile(r"avis\s+d(?:'|\u2019|&#0?39;|&apos;|&rsquo;)\s*achat", re.IGNORECASE)
"""What the page of a notice always speaks of."""


class PortalSpider(BdcSpider[Row]):
    """Crawls the avis d'achat."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._partial = PartialNotices(Listing())

    async def list_window(self, window: Window, listing: Listing) -> None:
        """The list of a window; with that of today, what is open and changed since it was published."""
        self._partial = PartialNotices(listing)
        await super().list_window(window, listing)
        if window.scope == "open":
            self._note_look()
        elif window.start and window.end and window.start <= self.portal.today(now()) < window.end and self._is_due():
            await self._look_again(listing)

    async def _look_again(self, listing: Listing) -> None:
        """What is new or changed in the list of what is open. Rows that it announces and does not show are missing."""
        opened = Listing()
        try:
            await super().list_window(Window.open_now(), opened)
        finally:
            for key, found in opened.changed.items():
                listing.unchanged.discard(key)
                listing.changed.setdefault(key, found)
            for problem in opened.problems:
                listing.note(f"What is open: {problem}")
        short = max(opened.announced or 0, opened.second_count or 0) - opened.distinct
        if short > 0:
            listing.note(f"{short} of the {opened.announced} notices that are open were not listed.")
            listing.announced = (listing.announced or 0) + short
            listing.second_count = (listing.second_count or 0) + short
        elif short == 0:
            self._note_look()

    def _is_due(self) -> bool:
        looked = self.notebook.read(_LOOKED)
        pause = timedelta(hours=0 if self.portal.simulated else self.options.look_again_hours)
        return looked is None or now() - looked[1] >= pause

    def _note_look(self) -> None:
        self.notebook.write(_LOOKED, b"looked")

    def filters(self, window: Window) -> dict[str, str]:
        """ISO days, both ends included."""
        if window.start is None or window.end is None:
            return {self.options.deadline_from or "": self.portal.today(now()).isoformat()}
        last = date.fromordinal(window.end.toordinal() - 1)
        return {self.options.published_from: window.start.isoformat(), self.options.published_to: last.isoformat()}

    def read_rows(self, page: ListPage, window: Window, listing: Listing) -> list[Row]:
        """Cards by the id of their page; the mobile version of a card is the same card."""
        rows: dict[str, Row] = {}
        for element in page.cards:
            html = element.get()
            card = read_notice_card(card_of(html))
            if len(card.show_ids) != 1:
                listing.note(
                    f"A card is left out: it leads to {len(card.show_ids)} pages of notices "
                    f"(reference {card.fields.values.get('reference', 'unknown')[:80]!r})."
                )
                continue
            key = card.show_ids[0]
            outside = _past(card.fields.values.get("deadline"), window, self.portal.today(now()))
            rows.setdefault(key, Row(key, card.fingerprint, html, outside=outside))
        return list(rows.values())

    async def check_filters(self, rows: Sequence[Row], total: int, window: Window, listing: Listing) -> None:
        """A filter that the portal ignores brings the whole list, of hundreds of thousands of notices."""
        strangers = [row for row in rows if row.outside]
        if window.scope == "open" and not strangers:
            return
        if total and total >= await self.everything() and (strangers or await self._ignores_days()):
            told = f", and lists {strangers[0].key} with the deadline {strangers[0].outside}" if strangers else ""
            raise LayoutError(
                f"The portal ignored the filter: asked for {window}, it announces {total}, as many as without one"
                f"{told}."
            )
        if strangers:
            listing.note(f"{len(strangers)} of the cards listed as open show a deadline that is over.")

    async def _ignores_days(self) -> bool:
        """Whether the portal lists anything for a day on which nothing can have been published."""
        day = _BEFORE_ALL.isoformat()
        return await self.count({self.options.published_from: day, self.options.published_to: day}) > 0

    async def sort_out(self, rows: Sequence[Row], listing: Listing) -> None:
        """Compare with the stored fingerprints."""
        known = await self.fingerprints([row.key for row in rows])
        for row in rows:
            if known.get(row.key) == row.fingerprint:
                listing.unchanged.add(row.key)
            else:
                listing.unchanged.discard(row.key)
                listing.changed[row.key] = ListedNotice(row.key, row.fingerprint, {"card": row.html})

    async def fetch(self, listed: ListedNotice) -> RawNotice:
        """The page of a notice beside its card. One that is not there (404) is handed out with its card alone."""
        url = self.portal.base_url + self.route.path("show", native_id=listed.native_id)
        known: str | None = listed.fingerprint
        show: str | None = None
        try:
            page = await self.pages.get(url)
            if _NOTICE.search(page.text) is None:
                raise instead_of(page, "avis d'achat")
            show = page.text
        except NoSuchThing as error:
            known = None  # asked again next time
            self._partial.add(listed.native_id, str(error))
        unit = {"card": listed.row["card"], "show": show, "id": listed.native_id}
        return RawNotice(
            portal=self.portal.key,
            native_id=listed.native_id,
            fingerprint=known,
            payload=json.dumps(unit, ensure_ascii=False).encode("utf-8", "surrogatepass"),
            url=self.portal.url_of(listed.native_id),
            listed_at=now(),
        )


def _past(printed: str | None, window: Window, today: date) -> str | None:
    """The deadline of a card that is no open call's: over since yesterday at least."""
    found = _DAY.search(printed or "")
    if window.scope != "open" or found is None:
        return None
    try:
        day = date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None
    return found[0] if day < today else None

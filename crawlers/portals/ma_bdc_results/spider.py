"""The spider of the results of purchase orders.

The list by day of publication of the result, pages of 50; everything stands on the cards, so no other page is asked
for. One raw notice is `{"card": "<html>", "twin": false}`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta

from core.clock import now
from crawlers.contract import CrawlError, LayoutError, RawNotice, Window
from crawlers.engines.bdc.cards import card_of, fingerprint
from crawlers.engines.bdc.listing import ListPage
from crawlers.engines.bdc.spider import BdcSpider, Row
from crawlers.engines.window_spider import ListedNotice, Listing
from crawlers.portals.ma_bdc_results.card import ResultCard, native_id, read_result_card
from notices.values.dates import CASABLANCA, parse_day_first


class ResultRow(Row):
    """A card of a result, read. Its key is its whole content: cards that differ are told apart by `sort_out`."""

    __slots__ = ("card",)

    def __init__(self, card: ResultCard, html: str, *, outside: str | None) -> None:
        content = fingerprint(card.content)
        super().__init__(content, content, html, outside=outside)
        self.card = card


class PortalSpider(BdcSpider[ResultRow]):
    """Crawls the results of purchase orders."""

    def filters(self, window: Window) -> dict[str, str]:
        """ISO days, both ends included."""
        if window.start is None or window.end is None:
            raise CrawlError("Results have no open window: they are asked for by day of publication.")
        last = window.end - timedelta(days=1)
        return {self.options.published_from: window.start.isoformat(), self.options.published_to: last.isoformat()}

    def read_rows(self, page: ListPage, window: Window, listing: Listing) -> list[ResultRow]:
        """Cards that have a key, each once."""
        rows: dict[str, ResultRow] = {}
        for element in page.cards:
            html = element.get()
            card = read_result_card(card_of(html))
            if native_id(card) is None or not card.value("published"):
                listing.note(
                    "A card is left out: without reference, buyer and instant of publication it has no key "
                    f"(reference {card.value('reference')[:80]!r})."
                )
                continue
            row = ResultRow(card, html, outside=_outside(card, window))
            rows.setdefault(row.key, row)
        return list(rows.values())

    async def check_filters(self, rows: Sequence[ResultRow], total: int, window: Window, listing: Listing) -> None:
        """Every card prints its day."""
        strangers = [row for row in rows if row.outside]
        if strangers:
            raise LayoutError(
                f"The portal ignored the filter: asked for {window}, it lists a result of {strangers[0].outside}. "
                f"It announces {total} in all."
            )

    async def sort_out(self, rows: Sequence[ResultRow], listing: Listing) -> None:
        """Give each card its key, twins their own, and compare with the stored fingerprints."""
        keyed = _keyed(rows, listing)
        known = await self.fingerprints(list(keyed))
        for key, (row, twin) in keyed.items():
            if known.get(key) == row.fingerprint:
                listing.unchanged.add(key)
            else:
                listing.unchanged.discard(key)
                listing.changed[key] = ListedNotice(key, row.fingerprint, {"card": row.html, "twin": twin})

    async def fetch(self, listed: ListedNotice) -> RawNotice:
        """The card is all there is; nothing is asked for."""
        return RawNotice(
            portal=self.portal.key,
            native_id=listed.native_id,
            fingerprint=listed.fingerprint,
            payload=json.dumps(listed.row, ensure_ascii=False).encode("utf-8", "surrogatepass"),
            url=self.portal.url_of(listed.native_id),
            listed_at=now(),
        )


def _keyed(rows: Sequence[ResultRow], listing: Listing) -> dict[str, tuple[ResultRow, bool]]:
    """Rows by key. Of several with one key the first by content keeps it, the others get a longer digest."""
    keyed: dict[str, tuple[ResultRow, bool]] = {}
    for row in sorted(rows, key=lambda row: row.card.content):
        key, twin = native_id(row.card) or "", False
        if key in keyed:
            key, twin = native_id(row.card, twin=True) or "", True
            listing.note(f"Two results share reference, buyer and instant ({row.card.value('reference')[:60]!r}).")
        keyed.setdefault(key, (row, twin))
    return keyed


def _outside(card: ResultCard, window: Window) -> str | None:
    """The printed day of a card that is not of the window."""
    read = parse_day_first(card.value("published"), CASABLANCA)
    day: date | None = None if read is None else read.at.date()
    if day is None or window.start is None or window.end is None or window.start <= day < window.end:
        return None
    return card.value("published")

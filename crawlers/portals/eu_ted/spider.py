"""The spider of TED: the search API lists the notices of a day, the package of the issue brings their documents.

The list is walked by iteration tokens; where the tokens fail, by page numbers, split until each part is below the cap.
One raw notice is `{"row": …, "xml": …}`, or `{"row": …, "problem": …}` where the document could not be had: it is
stored from its row, and asked for again.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
from math import ceil
from typing import Any

from core.clock import now
from crawlers.contract import CrawlError, LayoutError, RawNotice, Window
from crawlers.engines.json_api import JsonService
from crawlers.engines.window_spider import ListedNotice, Listing, WindowSpider
from crawlers.politeness import back_off, effective_delay
from crawlers.portals.eu_ted.documents import Documents, NoDocument
from crawlers.portals.eu_ted.options import options_of
from crawlers.portals.eu_ted.search import (
    ITERATES,
    ITERATION,
    PAGE_NUMBER,
    IterationLost,
    Page,
    PastTheCap,
    Query,
    SearchService,
    fingerprint,
    is_closed,
    native_id,
    outside,
    package_of,
    query_of,
    read_page,
)

logger = logging.getLogger(__name__)

PASSES = 3
"""How often a list is walked at most while its total keeps moving."""
BEYOND = 4
"""Pages that a list may go on beyond what was announced when it began."""
TRIES_OF_A_PART = 4
"""How often a page is asked for that TED could not finish in its own time (`timedOut`)."""
MISSING = "Documents are missing and asked for again next time"
_UTF8 = (b"utf-8", b"utf8")


class PortalSpider(WindowSpider):
    """Crawls eu_ted."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = options_of(self.portal)
        self.service = SearchService(self)
        search, files = self.portal.routes["search"], self.portal.routes["files"]
        self.search_url = (self.base_url or search.base_url or self.portal.base_url) + search.path("search")
        self.documents = Documents(
            JsonService(self),
            self.base_url or files.base_url or self.portal.base_url,
            files,
            self.options,
            pause=0.0 if self.portal.simulated else self.options.document_pause,
            largest=self.crawl_settings.max_payload_bytes,
        )
        self.listing = Listing()

    # --- the list ---------------------------------------------------------------------------------------------------

    async def list_window(self, window: Window, listing: Listing) -> None:
        """Walk the list until a walk begins and ends with the same total, told in two ways."""
        self.listing = listing
        scopes = (self.options.scope_of_days, self.options.scope_of_open)
        query = query_of(window, self.options.countries, scopes, self.portal.today(now()))
        try:
            await self._walk_until_still(query, listing)
        finally:
            self._order(listing)
        if listing.announced == 0:
            await self._explain_nothing(query, listing)

    async def _walk_until_still(self, query: Query, listing: Listing) -> None:
        for _ in range(PASSES):
            listing.begin()
            seen: set[str] = set()
            await self._walk(query, listing, seen)
            listing.distinct = len(seen)
            listing.second_count = await self._count(query.other_words, query.scope)
            if listing.second_count == listing.announced:
                return
        listing.note(f"TED's total kept moving over {PASSES} walks.")

    async def _walk(self, query: Query, listing: Listing, seen: set[str]) -> None:
        try:
            await self._walk_by_tokens(query, listing, seen)
        except IterationLost as error:
            listing.note(f"{error} The list is walked by page numbers.")
        if listing.announced is None:
            listing.announced = await self._count(query.text, query.scope)
        if len(seen) < listing.announced:
            await self._walk_by_numbers(query, listing, seen)

    async def _walk_by_tokens(self, query: Query, listing: Listing, seen: set[str]) -> None:
        """The end is a page without token, or an empty one that still carries a token."""
        token: str | None = None
        number = 0
        while True:
            number += 1
            page = await self._page(query, mode=ITERATION, token=token)
            if listing.announced is None:
                listing.announced = page.total
            if not page.rows:
                return
            if not await self._take(page, query, listing, seen):
                raise IterationLost(f"Page {number} repeats what was listed before.")
            if page.token is None:
                return
            if len(seen) > listing.announced + BEYOND * self.portal.listing.page_size:
                raise LayoutError(f"TED announces {listing.announced} and lists more and more: {len(seen)} so far.")
            token = page.token

    async def _walk_by_numbers(self, query: Query, listing: Listing, seen: set[str]) -> None:
        """Below the cap, page by page; above it, in halves that each are below."""
        total, longest = await self._count(query.text, query.scope), self.portal.listing.longest
        if total <= longest:
            try:
                await self._pages(query, total, listing, seen)
                return
            except PastTheCap as error:
                logger.warning("%s", error)
        parts = query.halves()
        if not parts:
            raise LayoutError(f"TED lists at most {longest} of the {total} notices of {query.text}.")
        for part in parts:
            await self._walk_by_numbers(part, listing, seen)

    async def _pages(self, query: Query, total: int, listing: Listing, seen: set[str]) -> None:
        size = self.portal.listing.page_size
        number, last = 1, ceil(total / size)
        while number <= last:
            page = await self._page(query, mode=PAGE_NUMBER, number=number)
            if number == 1 and page.rows:
                last = ceil(total / len(page.rows))  # TED may serve shorter pages than asked for
            if not page.rows:
                listing.note(f"Page {number} is empty.")
            elif not await self._take(page, query, listing, seen) and len(seen) < (listing.announced or 0):
                listing.note(f"Page {number} brings nothing new.")
            number += 1

    async def _page(self, query: Query, *, mode: str, token: str | None = None, number: int | None = None) -> Page:
        where: dict[str, Any] = {} if number is None else {"page": number}
        if token is not None:
            where["iterationNextToken"] = token
        size = self.portal.listing.page_size
        return await self._search(query.text, query.scope, {"paginationMode": mode, "limit": size, **where})

    async def _count(self, text: str, scope: str) -> int:
        return (await self._search(text, scope, {"paginationMode": PAGE_NUMBER, "page": 1, "limit": 1})).total

    async def _search(self, text: str, scope: str, paging: dict[str, Any]) -> Page:
        """One page that is whole: TED answers 200 with a part of it where its own time ran out."""
        body = {
            "query": text,
            "fields": list(self.options.fields),
            "scope": scope,
            "onlyLatestVersions": self.options.only_latest_versions,
            "checkQuerySyntax": False,
            **paging,
        }
        meta = {ITERATES: True} if "iterationNextToken" in paging else {}
        delay = effective_delay(self.portal, self.crawl_settings)
        for tries in range(1, TRIES_OF_A_PART + 1):
            page = read_page((await self.service.post(self.search_url, body, **meta))[0])
            if not page.timed_out:
                return page
            await asyncio.sleep(back_off(tries, delay))
        raise CrawlError("TED could not finish the search in its own time and answers a part of the page (timedOut).")

    async def _take(self, page: Page, query: Query, listing: Listing, seen: set[str]) -> int:
        """Sort the rows of a page out; how many were new."""
        await self._check_filters(page, query, listing)
        fresh = {number: row for row in page.rows if (number := native_id(row)) not in seen}
        seen.update(fresh)
        known = await self.fingerprints(list(fresh))
        for number, row in fresh.items():
            printed = fingerprint(row)
            if known.get(number) == printed:
                listing.unchanged.add(number)
            else:
                listing.changed[number] = ListedNotice(number, printed, row)
        return len(fresh)

    async def _check_filters(self, page: Page, query: Query, listing: Listing) -> None:
        for row in page.rows:
            if ignored := outside(row, query):
                raise LayoutError(
                    f"TED ignored the filter by {ignored} ({native_id(row)}, asked for {query.text}). "
                    f"It announces {page.total} in all."
                )
        today = query.open_on
        closed = [row for row in page.rows if is_closed(row, today)] if today else []
        if not closed:
            return
        everything = await self._count(query.all_deadlines, query.scope)
        if page.total >= everything:
            raise LayoutError(
                f"TED ignored the filter for open calls: it announces {page.total}, as many as without one, "
                f"and lists {native_id(closed[0])}, which is not open."
            )
        listing.note(f"{len(closed)} of the rows listed as open show no open deadline.")

    async def _explain_nothing(self, query: Query, listing: Listing) -> None:
        """Nothing announced is normal only where nobody in Europe published: there was no issue."""
        if query.open_on is not None:
            return
        everywhere = await self._count(query.all_countries, query.scope)
        if everywhere:
            raise LayoutError(
                f"TED announces no notice of {', '.join(query.countries)}, and {everywhere} of all countries "
                f"({query.all_countries}): the filter by country finds nothing."
            )
        listing.note("TED says that nobody published: the Official Journal had no issue.")

    def _order(self, listing: Listing) -> None:
        """Issue by issue, because one package is held at a time."""
        ordered = sorted(listing.changed.values(), key=lambda item: (package_of(item.row) or "", item.native_id))
        listing.changed = {item.native_id: item for item in ordered}
        self.documents.expect((package_of(item.row), item.native_id) for item in ordered)

    # --- one notice -------------------------------------------------------------------------------------------------

    async def fetch(self, listed: ListedNotice) -> RawNotice:
        """The document behind a row. A notice whose document cannot be had is handed out with its row alone."""
        known: str | None = listed.fingerprint
        document, problem = None, None
        try:
            document = await self.documents.find(package_of(listed.row), listed.native_id)
        except NoDocument as error:
            known, problem = None, str(error)  # asked again next time
            self.listing.partial.add(listed.native_id)
            self._tell_missing(problem)
        return RawNotice(
            portal=self.portal.key,
            native_id=listed.native_id,
            fingerprint=known,
            payload=_unit(listed.row, document, problem),
            url=self.portal.url_of(listed.native_id),
            listed_at=now(),
        )

    def _tell_missing(self, problem: str) -> None:
        """Told once per window: every notice says for itself why it is partial."""
        if not any(told.startswith(MISSING) for told in self.listing.problems):
            self.listing.note(f"{MISSING}: {problem}")


def _unit(row: dict[str, Any], document: bytes | None, problem: str | None) -> bytes:
    unit: dict[str, Any] = {"row": row}
    if document is not None:
        unit |= _as_text(document)
    if problem is not None:
        unit["problem"] = problem
    return json.dumps(unit, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _as_text(document: bytes) -> dict[str, str]:
    """UTF-8 as it is; other encodings, which no notice was seen in, byte for byte in base 64."""
    declaration = document[:200].partition(b"?>")[0].lower()
    if b"encoding" not in declaration or any(name in declaration for name in _UTF8):
        with contextlib.suppress(UnicodeDecodeError):  # then it is kept byte for byte, and its reader says why
            return {"xml": document.decode("utf-8")}
    return {"xml_base64": base64.b64encode(document).decode("ascii")}

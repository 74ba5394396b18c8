"""The spider of the Belgian federal platform.

Search by publication day, newest first, pages of 100; the workspace of a row only when the row changed; the buyer's
row of the organisation table beside it. One raw notice is `{"row": …, "workspace": …, "organisation": …}`.
"""

from __future__ import annotations

import json
from math import ceil
from typing import TYPE_CHECKING, Any

from core.clock import now
from core.errors import ConfigurationError
from crawlers.contract import LayoutError, RawNotice, Window
from crawlers.engines.asking import NoSuchThing, TooLarge
from crawlers.engines.json_api import JsonService, need
from crawlers.engines.window_spider import ListedNotice, Listing, WindowSpider
from crawlers.portals.be_bda.listing import (
    Page,
    belongs_to_next_day,
    deadline_is_past,
    filters,
    fingerprint,
    has_usable_id,
    native_id,
    outside,
    read_page,
)
from crawlers.portals.be_bda.organisations import Organisations
from crawlers.portals.be_bda.shown import ShownAnswers
from crawlers.portals.be_bda.tokens import ANONYMOUS, TokenMiddleware, TokenProvider

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

PASSES = 3
"""How often a list is walked at most while the portal's total keeps moving."""


class PortalSpider(WindowSpider):
    """Crawls be_bda by either route: the portal's public client, or the official gateway."""

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Called by Scrapy: every request passes the middleware of tokens and trace ids."""
        super().update_settings(settings)
        settings.set_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", TokenMiddleware, 560)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.portal_settings.route or ANONYMOUS
        if name not in self.portal.routes:
            raise ConfigurationError(f"be_bda has no route {name}; there are: {', '.join(self.portal.routes)}.")
        self.route = self.portal.routes[name]
        self.portal = self.portal.at(self.base_url or self.route.base_url)
        shown = (self.portal_settings.transport or self.portal.transport) == "browser"
        self.service = ShownAnswers(self) if shown else JsonService(self)
        self.tokens = TokenProvider(self.service, self.portal, self.route, self.portal_settings)
        table = None if shown else self.portal.base_url + self.route.path("organisations")
        self.organisations = Organisations(self.service, self.notebook, table)

    # --- the list ---------------------------------------------------------------------------------------------------

    async def list_window(self, window: Window, listing: Listing) -> None:
        """Walk the list until a walk begins and ends with the same total: it may grow or shrink under our feet."""
        for _ in range(PASSES):
            listing.begin()
            seen: set[str] = set()
            await self._walk(window, listing, seen)
            listing.distinct = len(seen)
            listing.second_count = (await self._search(filters(window), page=1, size=1)).total
            if listing.second_count == listing.announced:
                return
        listing.note(f"The portal's total kept moving over {PASSES} walks.")

    async def _walk(self, window: Window, listing: Listing, seen: set[str]) -> None:
        size = self.portal.listing.page_size
        number, last, expected = 1, 1, 1
        while number <= last:
            page = await self._search(filters(window), page=number, size=size)
            if number == 1:
                listing.announced = page.total
                # The portal may serve shorter pages than asked for.
                last = expected = ceil(page.total / (len(page.rows) or size))
                if page.total > self.portal.listing.longest:
                    listing.note(f"The list of {page.total} is longer than what the portal is known to serve.")
            await self._check_filters(page, window, listing)
            fresh = [row for row in _usable(page, listing) if native_id(row) not in seen]
            _note_oddities(listing, page, fresh, number, expected)
            seen.update(native_id(row) for row in fresh)
            await self._sort_out(fresh, listing)
            if number == last and fresh and len(seen) < (listing.announced or 0):
                last += 1  # rows are missing: look behind the end
            number += 1

    async def _search(self, wanted: dict[str, Any], *, page: int, size: int) -> Page:
        body = {"includeOrganisationChildren": True, "page": page, "pageSize": size, **wanted}
        answer, _ = await self.service.post(self.portal.base_url + self.route.path("search"), body)
        return read_page(answer)

    async def _check_filters(self, page: Page, window: Window, listing: Listing) -> None:
        """The portal ignores filters it does not know and answers with everything: notice that before paging on."""
        stranger = next((row for row in page.rows if outside(row, window)), None)
        if stranger is not None:
            raise LayoutError(
                f"The portal ignored the date filter: asked for {window}, it lists {native_id(stranger)[:100]} of "
                f"{stranger['publicationDate'][:40]}. It announces {page.total} in all."
            )
        if any(belongs_to_next_day(row, window) for row in page.rows):
            listing.note("The portal's list includes the day on which the window ends.")
        if window.scope == "open":
            await self._check_open(page, listing)

    async def _check_open(self, page: Page, listing: Listing) -> None:
        today = self.portal.today(now())
        strangers = [row for row in page.rows if not row.get("vaultSubmissionDeadline") or deadline_is_past(row, today)]
        if not strangers:
            return
        everything = (await self._search({}, page=1, size=1)).total
        if page.total >= everything:
            raise LayoutError(
                f"The portal ignored the filter for open calls: it announces {page.total}, as many as without one, "
                f"and lists {native_id(strangers[0])[:100]}, which is not open."
            )
        listing.note(f"{len(strangers)} of the rows listed as open show no open deadline.")

    async def _sort_out(self, rows: list[dict[str, Any]], listing: Listing) -> None:
        """Tell rows that changed from those that are as they were."""
        known = await self.fingerprints([native_id(row) for row in rows])
        for row in rows:
            key, printed = native_id(row), fingerprint(row)
            if known.get(key) == printed:
                listing.unchanged.add(key)
            else:
                listing.changed[key] = ListedNotice(key, printed, row)

    # --- one notice -------------------------------------------------------------------------------------------------

    async def fetch(self, listed: ListedNotice) -> RawNotice:
        """The workspace behind a row. A dossier that is not there (404) is handed out with its row alone."""
        url = self.portal.base_url + self.route.path("workspace", native_id=listed.native_id)
        organisation = await self.organisations.find((listed.row.get("organisation") or {}).get("organisationId"))
        known: str | None = listed.fingerprint
        problem = None
        workspace = b"null"
        try:
            answer, workspace = await self.service.get(url)
            if need(answer, "id", str, "The workspace") != listed.native_id:
                raise LayoutError(f"GET {url} answers another workspace: {answer['id']}.")
        except NoSuchThing:
            known = None  # asked again next time
        except TooLarge as error:
            problem = str(error)
        return RawNotice(
            portal=self.portal.key,
            native_id=listed.native_id,
            fingerprint=known,
            payload=_unit(listed.row, workspace, organisation, problem),
            url=url,
            listed_at=now(),
        )


def _unit(row: dict[str, Any], workspace: bytes, organisation: dict[str, Any] | None, problem: str | None) -> bytes:
    """One raw notice; the workspace is kept byte for byte. `problem` says why it could not be taken."""
    told = b"" if problem is None else b',"problem":' + _json(problem)
    return b'{"row":%s,"workspace":%s,"organisation":%s%s}' % (_json(row), workspace.strip(), _json(organisation), told)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _usable(page: Page, listing: Listing) -> list[dict[str, Any]]:
    """The rows that can be fetched and kept. Others stay announced and unlisted, so the window misses them."""
    usable = [row for row in page.rows if has_usable_id(row)]
    for row in page.rows:
        if not has_usable_id(row):
            key = native_id(row)
            listing.note(
                f"A row of {row['publicationDate'][:10]} is left out: its publicationWorkspaceId, {key[:40]!r} "
                f"({len(key)} characters), is no identifier."
            )
    return usable


def _note_oddities(listing: Listing, page: Page, fresh: list[dict[str, Any]], number: int, expected: int) -> None:
    if page.rows and not fresh:
        listing.note(f"Page {number} repeats what was listed before.")
    elif not page.rows and number <= expected:
        listing.note(f"Page {number} is empty.")

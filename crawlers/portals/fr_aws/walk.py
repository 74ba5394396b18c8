"""Walks the lists of AWS: one search after the other in one session, split where the portal asks to narrow it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from crawlers.contract import CrawlError, LayoutError
from crawlers.engines.pages import Moved, Page, PageService, Session, instead_of
from crawlers.portals.fr_aws.list_page import ListedRow, ListPage, PageKind
from crawlers.portals.fr_aws.searches import Search

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawlers.portals.definition import Portal

logger = logging.getLogger(__name__)

PASSES = 3
"""How often one search is walked at most while its count moves or its session gets lost."""
TOO_ALIKE = 3
"""Two different searches with the same rows, at least so many, were not told apart by the portal."""


class SessionLost(CrawlError):
    """The portal answers its search form in place of a page of the list: it forgot the search."""


@dataclass
class Part:
    """What one search listed."""

    search: Search
    first_count: int = 0
    last_count: int = 0
    rows: dict[str, ListedRow] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """How many more the portal announced than it listed; negative when it listed more."""
        return self.first_count - len(self.rows)


class Walk:
    """One walk of the searches of a window. `note` takes oddities, as sentences."""

    def __init__(self, pages: PageService, portal: Portal, note: Callable[[str], None]) -> None:
        self._pages = pages
        self._portal = portal
        self._route = portal.routes["site"]
        self._note = note
        self._session: Session | None = None
        self._regions: tuple[tuple[str, ...], ...] = ()
        self.parts: list[Part] = []

    async def all_of(self, search: Search) -> None:
        """List everything that a search finds, in as many narrower ones as it takes."""
        waiting = [search]
        while waiting:
            asked = waiting.pop(0)
            part = await self._list(asked)
            if part is None:
                waiting[:0] = await self._narrower(asked)
                continue
            self._check_told_apart(part)
            self.parts.append(part)

    async def prove(self) -> None:
        """Empty lists look like a portal that lost us: have it list something that it listed before, or anything."""
        filled = [number for number, part in enumerate(self.parts) if part.first_count]
        if filled and filled[-1] == len(self.parts) - 1:
            return
        witness = self.parts[filled[-1]].search if filled else Search("EC")
        kind = ListPage((await self._submit(witness)).selector).kind
        if kind is PageKind.FORM:
            raise CrawlError(
                f"The portal answers its search form to every search, to the one for {witness} too: it lost our "
                "session, or does not list anything now."
            )

    async def count_of(self, search: Search) -> int | None:
        """The count of a search, asked again."""
        page = ListPage((await self._submit(search)).selector)
        return 0 if page.kind is PageKind.FORM else page.count

    async def _narrower(self, search: Search) -> tuple[Search, ...]:
        if not self._regions:
            await self._begin_session()
        narrower = search.narrower(self._regions)
        if not narrower:
            raise LayoutError(f"The portal asks to narrow the search for {search}, and there is nothing narrower.")
        # A search that is refused has no number, so its parts cannot be added up against it.
        self._note(
            f"Searches were too wide and were split by {narrower[0].split_by}: a notice that the portal files under "
            "none of those is on no list."
        )
        return narrower

    # --- one search -------------------------------------------------------------------------------------------------

    async def _list(self, search: Search) -> Part | None:
        """The rows of a search, or None when it is too wide."""
        lost: SessionLost | None = None
        part: Part | None = None
        for _ in range(PASSES):
            try:
                part = await self._pass(search)
            except SessionLost as error:
                lost, self._session = error, None
                continue
            if part is None or part.first_count == part.last_count:
                return part
        if part is None and lost is not None:
            raise lost
        self._note(f"The count of the search for {search} kept moving over {PASSES} walks.")
        return part

    async def _pass(self, search: Search) -> Part | None:
        page = self._read(await self._submit(search))
        if page.kind is PageKind.TOO_WIDE:
            return None
        part = Part(search)
        if page.kind is PageKind.FORM:
            return part
        part.first_count = part.last_count = _count(page, search)
        self._take(part, page, 1)
        last = max(page.last_page, ceil(part.first_count / max(1, len(page.rows))))
        number = 2
        while number <= last:
            page = await self._page(search, number)
            part.last_count = _count(page, search)
            self._take(part, page, number)
            last = max(last, page.last_page)
            number += 1
        return part

    def _take(self, part: Part, page: ListPage, number: int) -> None:
        """Fold the rows of a page into those there are: a notice pinned on every page is one notice."""
        fresh = {}
        for listed in page.rows:
            if listed.row.native_id is None:
                self._note(f"A row of the search for {part.search} names no notice: {listed.row.title[:80]!r}.")
            elif listed.row.native_id not in part.rows:
                fresh[listed.row.native_id] = listed
        if not page.rows:
            self._note(f"Page {number} of the search for {part.search} is empty.")
        elif not fresh:
            self._note(f"Page {number} of the search for {part.search} repeats what was listed before.")
        part.rows.update(fresh)

    def _check_told_apart(self, part: Part) -> None:
        """A portal that ignores a filter lists the same under each of its values."""
        if len(part.rows) < TOO_ALIKE or not self.parts:
            return
        before = self.parts[-1]
        if part.search.listed_as == before.search.listed_as and part.rows.keys() == before.rows.keys():
            raise LayoutError(
                f"The portal ignored a filter: the searches for {before.search} and for {part.search} list the same "
                f"{len(part.rows)} notices."
            )

    # --- one page ---------------------------------------------------------------------------------------------------

    async def _page(self, search: Search, number: int) -> ListPage:
        """A further page of the search that the session holds. One without a row is asked for twice."""
        for _ in range(2):
            url = self._portal.base_url + self._route.path("page", number=str(number))
            page = self._read(await self._pages.get(url, session=self._session))
            if page.kind is not PageKind.RESULTS:
                raise SessionLost(
                    f"The portal answers its search form in place of page {number} of the search for {search}: it lost "
                    "our session."
                )
            if page.rows:
                break
        return page

    async def _submit(self, search: Search) -> Page:
        """The answer to a search. Where a session began anew under us, the search is sent once more."""
        for _ in range(2):
            session = self._session or await self._begin_session()
            before = session.cookies
            url = self._portal.base_url + self._route.path("search")
            try:
                page = await self._pages.post(url, search.form(), session=session)
            except Moved as moved:
                page = await self._follow(url, moved, session)
            if not any(session.cookies.get(name, value) != value for name, value in before.items()):
                break
            logger.info("The portal began another session; the search for %s is sent again", search)
        return page

    async def _follow(self, url: str, moved: Moved, session: Session) -> Page:
        """The page that an answer sends us to, on the portal's own host only."""
        target = urljoin(url, moved.location)
        if urlsplit(target).netloc != urlsplit(url).netloc:
            raise LayoutError(f"{moved} That is another host.")
        return await self._pages.get(target, session=session)

    async def _begin_session(self) -> Session:
        """A visit to the form, which gives the session's cookies and the regions."""
        session = Session()
        url = self._portal.base_url + self._route.path("form")
        page = await self._pages.get(url, session=session)
        regions = ListPage(page.selector).regions
        if not regions:
            raise instead_of(page, "search form with its départements")
        self._session, self._regions = session, regions
        return session

    def _read(self, page: Page) -> ListPage:
        found = ListPage(page.selector)
        if found.kind is PageKind.OTHER:
            raise instead_of(page, "search form and no list")
        return found


def _count(page: ListPage, search: Search) -> int:
    if page.count is None:
        raise LayoutError(f"The list of the search for {search} does not say how many notices it has (nbResultAvis).")
    return page.count

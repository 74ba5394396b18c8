"""Result lists of PRADO portals (Atexo MPE), walked by postback in one session.

The state of a list lives in the hidden field `PRADO_PAGESTATE` and on the server: each postback must carry the state of
the page just received, with the cookies of the page that began the chain. A server that lost the state answers 200 and
repeats a page; the walk notices it, begins again with a fresh session and jumps to the page that it wants.

The names of the controls are parameters (`ListControls`), since skins differ. Only the fields named here are posted,
never the form as a page holds it: two of its textareas, posted as a parser reads them, empty the list.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from crawlers.contract import CrawlError, EnoughListed, LayoutError, PortalDown
from crawlers.engines.pages import Page, PageService, Session

logger = logging.getLogger(__name__)

STATE = "PRADO_PAGESTATE"
TARGET = "PRADO_POSTBACK_TARGET"
PARAMETER = "PRADO_POSTBACK_PARAMETER"
FRESH_STARTS = 3
"""How often one walk begins again after the portal lost its state."""
DRIFT = 50
DRIFT_SHARE = 0.05
"""So many rows, or this share of them, a list may grow or shrink while it is walked; more, and it is another list."""


@dataclass(frozen=True)
class ListControls:
    """The names of a result list's controls, after `prefix`; in ids `_` stands for `$`."""

    prefix: str = "ctl0$CONTENU_PAGE$resultSearch$"
    page_size: str = "listePageSizeTop"
    page_number: str = "numPageTop"
    page_count: str = "nombrePageTop"
    total: str = "nombreElement"
    pager: str = "PagerTop"
    jump: str = "DefaultButtonTop"
    nothing: str = "panelNoElementFound"
    next_words: str = "Aller à la page suivante"
    """`alt` of the picture, or `title`, inside the link to the next page: the link's own number differs by page."""
    kept: tuple[str, ...] = ("listePageSizeTop",)
    """Controls whose present value goes with every postback."""
    turns_by_number: bool = False
    """Whether a page without a link to the next one is left by number, where it says that more follow."""

    def name(self, control: str) -> str:
        """A control's name, as forms send it."""
        return self.prefix + control

    def id(self, control: str) -> str:
        """A control's id, as pages print it."""
        return self.name(control).replace("$", "_")


@dataclass(frozen=True)
class ListPage:
    """One page of a result list, with what its pager says. `None` where the page does not say it."""

    page: Page
    state: str
    total: int
    pages: int | None
    number: int | None
    size: int | None
    sizes: tuple[int, ...]
    next_target: str | None
    """Name of the control that leads to the next page; None on the last one."""

    @property
    def is_last(self) -> bool:
        """Whether no page follows."""
        return self.next_target is None or (self.pages is not None and self.number == self.pages)


@dataclass(frozen=True)
class Search:
    """What is filled in where the address answers a form and no list yet: the button's name, and changed fields.

    Fields that are not named keep the values that the form's state holds.
    """

    target: str
    fields: Mapping[str, str]


def state_of(page: Page) -> str:
    """The state that a page carries; `LayoutError` where it has none."""
    state = page.selector.xpath("//*[@name=$name]/@value", name=STATE).get()
    if not state:
        raise LayoutError(f"{page.asked} answers a page without {STATE}.")
    return state


def read_list_page(page: Page, controls: ListControls | None = None) -> ListPage:
    """What a list page says of itself. `LayoutError` names what is missing."""
    names = controls or ListControls()
    size = names.id(names.page_size)
    return ListPage(
        page=page,
        state=state_of(page),
        total=_total(page, names),
        pages=_whole(_text_of(page, names.id(names.page_count))),
        number=_whole(page.selector.xpath("//*[@id=$id]/@value", id=names.id(names.page_number)).get()),
        size=_whole(page.selector.xpath("//*[@id=$id]/option[@selected][1]/@value", id=size).get()),
        sizes=tuple(
            number
            for value in page.selector.xpath("//*[@id=$id]/option/@value", id=size).getall()
            if (number := _whole(value)) is not None
        ),
        next_target=_next_target(page, names),
    )


def _total(page: Page, names: ListControls) -> int:
    total = _whole(_text_of(page, names.id(names.total)))
    if total is not None:
        return total
    if page.selector.xpath("//*[@id=$id]", id=names.id(names.nothing)):
        return 0
    raise LayoutError(f"{page.asked} answers a page that says neither {names.total} nor {names.nothing}.")


def _next_target(page: Page, names: ListControls) -> str | None:
    found = page.selector.xpath(
        "//*[@id=$pager]//a[.//@alt=$words or .//@title=$words or @title=$words]/@id",
        pager=names.id(names.pager),
        words=names.next_words,
    ).get()
    # The pager's own name is known; only the number of the link is read, since a `_` may belong to a name.
    start = names.id(names.pager) + "_"
    if found is None or not found.startswith(start):
        return None
    return names.name(f"{names.pager}${found.removeprefix(start).replace('_', '$')}")


def _text_of(page: Page, element: str) -> str | None:
    return page.selector.xpath("string(//*[@id=$id])", id=element).get()


def _whole(text: str | None) -> int | None:
    digits = re.sub(r"\s", "", text or "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None


class PradoList:
    """One result list of a portal: opened by GET, then walked by postbacks, one at a time.

    `url` is requested literally. `holds` is a text that every page of the list holds (see `PageService.ask`).
    """

    def __init__(
        self,
        service: PageService,
        url: str,
        *,
        controls: ListControls | None = None,
        page_size: int | None = None,
        holds: str | None = None,
        search: Search | None = None,
        note: Callable[[str], None] = logger.warning,
    ) -> None:
        """`page_size` is asked for when the portal offers it, else its largest; `note` is told oddities.

        With `search` the address answers a form, which is sent once to come to the list.
        """
        self.controls = controls or ListControls()
        self._service = service
        self._url = url
        self._page_size = page_size
        self._holds = holds
        self._search = search
        self._note = note
        self._session = Session()
        self._fresh_starts = 0
        self._total: int | None = None
        """What the page announced with which the list was opened last."""

    async def open(self) -> ListPage:
        """The first page, in a new session, with the page size that was asked for."""
        self._session = Session()
        page = self._read(await self._first())
        size = self._wanted_size(page)
        return page if size is None else await self.resize(page, size)

    async def _first(self) -> Page:
        if self._search is None:
            return await self._service.get(self._url, session=self._session, holds=self._holds)
        form = await self._service.get(self._url, session=self._session, holds=STATE)
        fields = {STATE: state_of(form), TARGET: self._search.target, PARAMETER: "", **self._search.fields}
        return await self._service.post(self._url, fields, session=self._session, holds=self._holds)

    async def resize(self, page: ListPage, size: int) -> ListPage:
        """The list from its first page on, so many rows a page. Told when the portal does not obey."""
        control = self.controls.name(self.controls.page_size)
        resized = await self.postback(page, control, {control: str(size)})
        self._total = page.total
        if not self._is_same_list(resized):
            raise LayoutError(
                f"The list announced {page.total} rows, and {resized.total} when {size} rows a page were asked for: "
                "the portal lost what was searched."
            )
        if resized.size not in (None, size):
            self._note(f"Asked for {size} rows a page, the portal serves {resized.size}.")
        return resized

    async def next(self, page: ListPage) -> ListPage:
        """The page after this one: by its link, else by its number, which is told."""
        if page.next_target is not None:
            return await self.postback(page, page.next_target)
        if page.number is None:
            raise LayoutError(f"A page of the list has neither a number nor a link to a next page ({page.page.asked}).")
        self._note(
            f'The list\'s pages have no link "{self.controls.next_words}" any more: they are asked for by number.'
        )
        return await self.jump(page, page.number + 1)

    async def jump(self, page: ListPage, number: int) -> ListPage:
        """A page by its number."""
        names = self.controls
        return await self.postback(page, names.name(names.jump), {names.name(names.page_number): str(number)})

    async def postback(self, page: ListPage, target: str, fields: Mapping[str, str] | None = None) -> ListPage:
        """The page answered to an event of a control, with the state of `page`."""
        form = {STATE: page.state, TARGET: target, PARAMETER: "", **self._kept(page), **(fields or {})}
        return self._read(await self._service.post(self._url, form, session=self._session, holds=self._holds))

    async def walk(self, keys: Callable[[ListPage], Sequence[str]]) -> AsyncIterator[ListPage]:
        """All pages, in order. `keys` gives the rows' keys of a page, by which a repeated page is known.

        A page that repeats the one before it, or a postback that fails, means that the portal lost the list's state:
        the list is opened again and the page is jumped to. Where that does not help the page is left out and told.
        """
        page = await self._begin()
        seen = tuple(keys(page))
        yield page
        position = 1
        while not self._ends_with(page):
            position += 1
            page, rows = await self._advance(page, position, seen, keys)
            if rows:
                seen = rows
                yield page
            elif page.number not in (None, position):
                return  # the portal does not get past this page: what is missing is seen in the counts

    async def _begin(self) -> ListPage:
        """Open the list, and keep in mind how long it is: a server that lost what was searched shows another one."""
        page = await self.open()
        self._total = page.total
        return page

    def _is_same_list(self, page: ListPage) -> bool:
        """Whether a page announces about as much as the page with which the list was opened."""
        before = page.total if self._total is None else self._total
        return abs(page.total - before) <= max(DRIFT, before * DRIFT_SHARE)

    async def _advance(
        self, page: ListPage, position: int, seen: Sequence[str], keys: Callable[[ListPage], Sequence[str]]
    ) -> tuple[ListPage, tuple[str, ...]]:
        """The page at `position` with its rows' keys; without any where they are those of the page before it."""
        try:
            following = await self.next(page)
            rows = tuple(keys(following))
            problem = f"Page {position} repeats what was listed before."
            if not self._is_same_list(following):
                problem = (
                    f"Page {position} announces {following.total} rows, and the list began with {self._total}: the "
                    "portal lost what was searched."
                )
            elif self._is_fresh(following, position, rows, seen):
                return following, rows
        except (PortalDown, EnoughListed):
            raise
        except CrawlError as error:
            problem = f"Page {position} was not answered: {error}"
        if self._fresh_starts >= FRESH_STARTS:
            raise LayoutError(f"{problem} The list was begun anew {FRESH_STARTS} times, in vain.")
        self._fresh_starts += 1
        logger.warning("%s The list is opened again", problem)
        following = await self.jump(await self._begin(), position)
        if not self._is_same_list(following):
            raise LayoutError(f"{problem} So it does in a new session.")
        rows = tuple(keys(following))
        if self._is_fresh(following, position, rows, seen):
            return following, rows
        self._note(f"Page {position} repeats what was listed before." if rows else f"Page {position} is empty.")
        return following, ()

    def _ends_with(self, page: ListPage) -> bool:
        if self.controls.turns_by_number and page.number is not None and page.pages is not None:
            return page.number >= page.pages
        return page.is_last

    @staticmethod
    def _is_fresh(page: ListPage, position: int, rows: Sequence[str], seen: Sequence[str]) -> bool:
        """Whether a page is the one at `position`: its number says so, and it does not show the page before."""
        if page.number is not None and page.number != position:
            return False
        return bool(rows) and tuple(rows) != tuple(seen)

    def _read(self, page: Page) -> ListPage:
        return read_list_page(page, self.controls)

    def _kept(self, page: ListPage) -> dict[str, str]:
        known = {self.controls.page_size: page.size, self.controls.page_number: page.number}
        values = ((control, known.get(control)) for control in self.controls.kept)
        return {self.controls.name(control): str(value) for control, value in values if value is not None}

    def _wanted_size(self, page: ListPage) -> int | None:
        """The page size to ask for, or None when the first page will do."""
        if self._page_size is None or page.size == self._page_size or self._ends_with(page):
            return None
        if page.sizes and self._page_size not in page.sizes:
            largest = max(page.sizes)
            self._note(f"The portal offers no {self._page_size} rows a page any more; {largest} are asked for.")
            return None if largest == page.size else largest
        return self._page_size

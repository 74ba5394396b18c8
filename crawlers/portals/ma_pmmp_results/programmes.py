"""The list of forecast programmes (`ListePPs`): one row is one file of one buyer, never a project of its own.

What is known comes from two clients (one of August 2026): the cells by their `headers`, the button of the search, the
link `javascript:popUp('…PopupListePPsDownloadFile&id=…&org=…')`, newest first. How the list is paged was never seen.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lxml import etree
from parsel import Selector

from crawlers.contract import LayoutError
from crawlers.engines.atexo_ma import markup
from crawlers.engines.atexo_ma.printed import day as day_of
from crawlers.engines.pages import Page, PageService, Session
from crawlers.engines.prado import PARAMETER, STATE, TARGET, ListControls, ListPage, read_list_page
from crawlers.portals.ma_pmmp_results.forms import read_form
from crawlers.portals.ma_pmmp_results.listing import Announced, AnnouncementList

_ROWS: Final = etree.XPath('//tr[td[@headers="nomFichier"]]')
_LINK: Final = re.compile(r"id=(\d{1,12})&(?:amp;)?org=([0-9A-Za-z_]{1,20})")
CELLS: Final = ("nomFichier", "PathService", "annee", "datePublication")


@dataclass(frozen=True)
class Programme:
    """What a row says."""

    number: str | None
    organisation: str | None
    file: str | None
    buyer: str | None
    year: str | None
    published_on: str | None
    unread: tuple[tuple[str, str], ...] = ()

    @property
    def native_id(self) -> str | None:
        """`<organisation>-<number>-programme`."""
        return f"{self.organisation}-{self.number}-programme" if self.organisation and self.number else None


def programme_rows(page: Selector) -> list[etree._Element]:
    """The rows of a page, or of a row's own markup."""
    found = _ROWS(page.root) if isinstance(page.root, etree._Element) else []
    return [item for item in found if isinstance(item, etree._Element)] if isinstance(found, list) else []


def read_programme(row: etree._Element) -> Programme:
    """Read a row by what heads its cells."""
    cells = {(cell.get("headers") or ""): cell for cell in row.iter("td")}
    link = markup.first(cells.get("nomFichier"), "a")
    key = _LINK.search(link.get("href") or "") if link is not None else None
    return Programme(
        number=key[1] if key else None,
        organisation=key[2] if key else None,
        file=markup.line(link),
        buyer=markup.line(cells.get("PathService")),
        year=markup.line(cells.get("annee")),
        published_on=markup.line(cells.get("datePublication")),
        unread=tuple(
            (name or "(no heading)", words)
            for name, cell in cells.items()
            if name not in CELLS and (words := markup.line(cell))
        ),
    )


def listed_programmes(page: ListPage) -> tuple[list[Announced], int]:
    """The rows of a page, and how many have no key."""
    rows, without_key = [], 0
    for element in programme_rows(page.page.selector):
        read = read_programme(element)
        published = day_of((read.published_on or "").split(" ")[0] or None)
        if read.native_id is None or read.organisation is None or read.number is None:
            without_key += 1
            continue
        said = "\n".join(str(part) for part in (read.file, read.buyer, read.year, read.published_on))
        rows.append(
            Announced(
                key=f"{read.organisation}-{read.number}",
                organisation=read.organisation,
                number=read.number,
                day=published[0] if published else None,
                fingerprint=hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest(),
                html=str(etree.tostring(element, encoding="unicode", method="html", with_tail=False)),
            )
        )
    return rows, without_key


class ProgrammeList(AnnouncementList):
    """The list, reached by pressing the button of its form. Without a count of its own it is as long as its page."""

    def __init__(
        self,
        service: PageService,
        url: str,
        *,
        button: str,
        controls: ListControls,
        page_size: int,
        note: Callable[[str], None],
    ) -> None:
        super().__init__(
            service,
            url,
            criteria={},
            form_prefix="",
            controls=controls,
            page_size=page_size,
            note=note,
            rows=listed_programmes,
        )
        self._holds = None
        self._button = button

    async def open(self) -> ListPage:
        """The first page, in a new session."""
        self._session = Session()
        page = await self._service.get(self._form_url, session=self._session, holds=STATE)
        form = read_form(page, "")
        if not page.selector.xpath("//*[@name=$name]", name=self._button):
            raise LayoutError(f"{page.asked} answers a page without the button {self._button} of the programmes.")
        self._url = form.action
        pressed = {**form.fields, self._button: "Lancer la recherche", TARGET: "", PARAMETER: ""}
        answer = await self._service.post(form.action, pressed, session=self._session, holds=STATE)
        found = self._read(answer)
        size = self._wanted_size(found) if found.sizes else None
        return found if size is None else await self.resize(found, size)

    def _read(self, page: Page) -> ListPage:
        rows = len(programme_rows(page.selector))
        if page.selector.xpath("//*[@id=$id]", id=self.controls.id(self.controls.total)):
            return read_list_page(page, self.controls)
        state = page.selector.xpath("//*[@name=$name]/@value", name=STATE).get() or ""
        return ListPage(page, state, rows, None, None, None, (), None)

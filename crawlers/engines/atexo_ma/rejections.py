"""Pages that the firewall refuses: those of some consultations always, or every page, when it refuses us."""

from __future__ import annotations

from crawlers.contract import CrawlError
from crawlers.engines.pages import PageService, RequestRejected

IN_A_ROW = 3
"""After so many pages in a row that the firewall refuses, a page that it gave before is asked for."""


class Rejections:
    """Tells pages that are refused from a firewall that refuses everything.

    A second crawl asks for few pages, and those that are always refused are among them, one after the other: their
    number alone says nothing. What tells is a page that came before.
    """

    def __init__(self, service: PageService) -> None:
        self._service = service
        self._witness: str | None = None
        self._in_a_row = 0

    def witness(self, url: str) -> None:
        """A page that the portal gave, now or on an earlier crawl."""
        self._witness = url
        self._in_a_row = 0

    async def count(self, error: RequestRejected) -> None:
        """One page more that was refused. Raises `error` where the page that came before is refused too."""
        self._in_a_row += 1
        if self._in_a_row < IN_A_ROW:
            return
        if self._witness is None:
            raise error
        try:
            await self._service.get(self._witness)
        except CrawlError:
            raise error from None
        self._in_a_row = 0

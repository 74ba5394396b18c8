"""The Belgian platform by its own pages: the browser opens them, and we read the answers that they receive.

For an operator who prefers not to use the portal's public client: no token is asked for by us, the portal's own script
does that. Search and workspaces come as the same JSON; the table of organisations is not fetched, so KBO numbers come
from the notices. Which fields of the search the page's address may carry was never tried on the live portal beyond
page, itemsPerPage, includeOrganisationChildren and formTypes: one that is ignored is noticed as ever, by the rows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

from scrapy import Request

from crawlers.contract import LayoutError
from crawlers.engines.browser import VISIT, Visit
from crawlers.engines.json_api import JsonService

if TYPE_CHECKING:
    from scrapy import Spider

SEARCH_PAGE = "/bda"
WORKSPACE_PAGE = "/publication-workspaces/{native_id}/general"
RENAMED = {"pageSize": "itemsPerPage"}
"""Names that the address of the search page has for fields of the search."""

_WORKSPACE = re.compile(r"/publication-workspaces/([0-9A-Za-z_-]{1,100})$")


class ShownAnswers(JsonService):
    """Opens the page that a person would open, and hands out what the page got."""

    def __init__(self, spider: Spider) -> None:
        super().__init__(spider)

    async def post(self, url: str, body: dict[str, Any], **meta: Any) -> tuple[Any, bytes]:
        """A search: its page, with the fields of the search in its address."""
        fields = {RENAMED.get(name, name): _in_address(value) for name, value in body.items()}
        address = urljoin(url, SEARCH_PAGE) + "?" + urlencode(fields)
        return await self._shown(address, urlsplit(url).path)

    async def get(self, url: str, **meta: Any) -> tuple[Any, bytes]:
        """A workspace: its page."""
        path = urlsplit(url).path
        found = _WORKSPACE.search(path)
        if found is None:
            raise LayoutError(f"No page of the portal shows {path}.")
        return await self._shown(urljoin(url, WORKSPACE_PAGE.format(native_id=found[1])), path)

    async def _shown(self, address: str, receives: str) -> tuple[Any, bytes]:
        return await self.ask(Request(address, meta={"plain": True, VISIT: Visit(receives=receives)}))


def _in_address(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
